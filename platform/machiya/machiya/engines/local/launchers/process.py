"""Runs components that are installed in this environment, each as a process group of its own."""

import asyncio
import contextlib
import importlib.metadata
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.model import Specification, Template
from machiya.engines.local.launchers.logs import StepLog
from machiya.engines.local.launchers.processes import end_group, end_marked, start_time
from machiya.engines.local.launchers.protocol import Exit, LaunchError, Workspace
from machiya_component.findings import Finding

COMPONENT, VERSION = "machiya/component", "machiya/version"
MARK = "MACHIYA_STEP"
_DATA = "/data"
_DRAIN_SECONDS = 2.0
_DOCKER = "Use --launcher docker."


class ProcessStep:
    """Implements `machiya.engines.local.launchers.RunningStep`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        workspace: Workspace,
        log: StepLog,
        pipes: Sequence[tuple[asyncio.StreamReader, bool]],
    ) -> None:
        self._process = process
        self._workspace = workspace
        self._log = log
        self._ended = asyncio.Event()
        self._readers = [asyncio.create_task(self._read(pipe, stdout=stdout)) for pipe, stdout in pipes]
        self._handle = {"pid": process.pid, "started": start_time(process.pid)}

    @property
    def handle(self) -> Mapping[str, Any]:
        """The process, and when it began: a number is given to another one day."""
        return self._handle

    @property
    def result(self) -> str:
        """What it wrote to its standard output."""
        return self._log.result

    async def _read(self, stream: asyncio.StreamReader, *, stdout: bool) -> None:
        while data := await stream.read(1 << 16):
            self._log.write(data, stdout=stdout)

    async def wait(self) -> Exit:
        """Wait for its end, then end what it left running in its group."""
        code = await self._process.wait()
        self._ended.set()
        end_group(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                await asyncio.gather(*self._readers)
        for reader in self._readers:
            reader.cancel()
        self._log.close()
        return Exit(code if code >= 0 else 128 - code)

    async def stop(self, grace: float) -> None:
        """Tell the whole group."""
        if grace > 0 and not self._ended.is_set():
            end_group(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._ended.wait()
        if not self._ended.is_set():
            end_group(self._process.pid, signal.SIGKILL)

    async def fetch(self, path: str) -> Path | None:
        """The same file under the step's own folder."""
        found = local_path(self._workspace, path)
        return found if found.exists() or found.is_symlink() else None

    async def close(self) -> None:
        """There is nothing to free."""


class ProcessLauncher:
    """Implements `machiya.engines.local.launchers.Launcher`.

    The versions of `unpinned` components are not checked. `program` runs a component by its name, and `version_of`
    says which version of one is installed.
    """

    name = "process"

    def __init__(
        self,
        unpinned: frozenset[str] = frozenset(),
        *,
        program: Sequence[str] = (sys.executable, "-m", "machiya_component"),
        version_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self._unpinned = unpinned
        self._program = tuple(program)
        self._version_of = version_of or installed_version

    def check(self, specification: Specification) -> Sequence[Finding]:
        """Every program must be a component that is installed in the version that the manifest names."""
        findings = []
        for template in specification.templates.values():
            problem = self._problem(template) if template.container is not None else None
            if problem is not None:
                where = f"templates.{template.name}"
                findings.append(Finding("engine.process", problem[0], problem[1], where, "", template.line))
        return findings

    def _problem(self, template: Template) -> tuple[str, str] | None:
        return self._component_problem(template.labels.get(COMPONENT, ""), template.labels.get(VERSION, ""))

    def _component_problem(self, name: str, version: str) -> tuple[str, str] | None:
        if not name:
            return "the process launcher runs components alone, and this program is none.", _DOCKER
        installed = self._version_of(name)
        if installed is None:
            install = f"Install it (pip install machiya-{name}=={version}), or use --launcher docker."
            return f"the component {name} is not installed in this environment.", install
        if installed != version and version and name not in self._unpinned:
            remedy = (
                f"Install {version} (pip install machiya-{name}=={version}), run the pinned image (--launcher docker), "
                f"or run what is installed on purpose (--with {name}=FOLDER)."
            )
            return f"the manifest wants {name} {version}, and {installed} is installed.", remedy
        return None

    def place(self, spec: PodSpec, workspace: Workspace, path: str) -> Path:
        """Under the folder that MACHIYA_DATA names."""
        return local_path(workspace, path)

    async def start(self, spec: PodSpec, workspace: Workspace) -> ProcessStep:
        """``python -m machiya_component NAME ARGS`` with MACHIYA_DATA."""
        name = spec.labels.get(COMPONENT, "")
        problem = self._component_problem(name, spec.labels.get(VERSION, ""))
        if problem is not None:
            raise LaunchError(*problem)
        temporary = workspace.folder / "tmp"
        for folder in (temporary, workspace.folder / "data" / "in", workspace.folder / "data" / "out"):
            folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **dict(spec.environment),
            "MACHIYA_DATA": str(workspace.folder / "data"),
            "TMPDIR": str(temporary),
            MARK: workspace.mark,
        }
        command = (*self._program, name, *spec.args)
        log = StepLog(workspace.log)
        (stdout, stdout_end), (stderr, stderr_end) = await _pipe(), await _pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stdout_end,
                stderr=stderr_end,
                cwd=workspace.folder,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            log.close()
            raise LaunchError(f"{name} could not be started: {error}", "Look at the limits of this machine.") from error
        finally:
            os.close(stdout_end)
            os.close(stderr_end)
        return ProcessStep(process, workspace, log, ((stdout, True), (stderr, False)))

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        """By the processes that are on record, and by the mark in the environment of others."""
        ended = sum(end_group(handle["pid"], signal.SIGKILL) for handle in handles if _is_same(handle))
        return ended + end_marked(MARK, f"{run}/")

    async def close(self) -> None:
        """There is nothing to free."""


async def _pipe() -> tuple[asyncio.StreamReader, int]:
    """A pipe of our own: asyncio's would make the end of a process wait for whoever else holds its output."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    file = os.fdopen(reading, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader, writing


def _is_same(handle: Mapping[str, Any]) -> bool:
    return "pid" in handle and start_time(handle["pid"]) == handle["started"] != ""


def installed_version(name: str) -> str | None:
    """The version of the distribution that provides a component; None if none does."""
    for entry in importlib.metadata.entry_points(group="machiya.components", name=name):
        return entry.dist.version if entry.dist is not None else None
    return None


def local_path(workspace: Workspace, path: str) -> Path:
    """A path below /data, or below /tmp, as the step sees it.

    Raises:
        LaunchError: it is elsewhere, or climbs out.
    """
    normal = os.path.normpath(path)
    if ".." not in Path(path).parts and (normal == _DATA or normal.startswith(f"{_DATA}/")):
        return workspace.folder / "data" / os.path.relpath(normal, _DATA)
    remedy = f"Use a path below {_DATA}, or --launcher docker."
    raise LaunchError(f"the process launcher has no place for {path}.", remedy)
