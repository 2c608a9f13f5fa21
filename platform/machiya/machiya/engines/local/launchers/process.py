"""Runs components that are installed in this environment, each as a process group of its own."""

import asyncio
import importlib.metadata
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.model import Specification, Template
from machiya.engines.local.launchers.child import Child
from machiya.engines.local.launchers.logs import StepLog
from machiya.engines.local.launchers.memory_watch import MemoryWatch
from machiya.engines.local.launchers.process_step import DATA, ProcessStep, is_local, local_path
from machiya.engines.local.launchers.processes import end_group, end_marked, start_time
from machiya.engines.local.launchers.protocol import LaunchError, Workspace
from machiya.engines.local.launchers.secrets import secret_values, without_secrets
from machiya.engines.local.launchers.working_copy import GROUP, read_working_copy
from machiya_component.findings import Finding

COMPONENT, VERSION = "machiya/component", "machiya/version"
MARK = "MACHIYA_STEP"
_DOCKER = "Use --launcher docker."


class ProcessLauncher:
    """Implements `machiya.engines.local.launchers.Launcher`.

    `working_copies` are folders of components, by name, that are run as they are: whatever their version, and whether
    or not (another copy of) the component is installed. `program` runs a component by its name, and `version_of` says
    which version of one is installed.
    """

    name = "process"

    def __init__(
        self,
        working_copies: Mapping[str, Path] | None = None,
        *,
        program: Sequence[str] = (sys.executable, "-m", "machiya_component"),
        version_of: Callable[[str], str | None] | None = None,
    ) -> None:
        self._working_copies = dict(working_copies or {})
        self._program = tuple(program)
        self._version_of = version_of or installed_version
        self._watch = MemoryWatch()

    def check(self, specification: Specification) -> Sequence[Finding]:
        """Every program must be a component that is there in the manifest's version, and its files below /data."""
        return [
            Finding("engine.process", message, remedy, f"templates.{template.name}", "", template.line)
            for template in specification.templates.values()
            if template.container is not None
            for message, remedy in self._problems(template)
        ]

    def _problems(self, template: Template) -> Iterator[tuple[str, str]]:
        problem = self._component_problem(template.labels.get(COMPONENT, ""), template.labels.get(VERSION, ""))
        if problem is not None:
            yield problem
            return
        for path in dict.fromkeys(_paths(template)):
            if "{{" not in path and not is_local(path):
                yield f"the process launcher has no place for {path}.", f"Use a path below {DATA}. {_DOCKER}"

    def _component_problem(self, name: str, version: str) -> tuple[str, str] | None:
        if not name:
            return "the process launcher runs components alone, and this program is none.", _DOCKER
        if name in self._working_copies:
            return self._working_copy_problem(name)
        installed = self._version_of(name)
        if installed is None:
            install = f"Install it (pip install machiya-{name}=={version}), or use --launcher docker."
            return f"the component {name} is not installed in this environment.", install
        if installed != version and version:
            remedy = (
                f"Install {version} (pip install machiya-{name}=={version}), run the pinned image (--launcher docker), "
                f"or run what is installed on purpose (--with {name}=FOLDER)."
            )
            return f"the manifest wants {name} {version}, and {installed} is installed.", remedy
        return None

    def _working_copy_problem(self, name: str) -> tuple[str, str] | None:
        try:
            read_working_copy(name, self._working_copies[name])
        except LaunchError as error:
            return error.message, error.remedy
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
        for path in (one.path for outputs in (spec.output_parameters, spec.output_artifacts) for one in outputs):
            local_path(workspace, path)
        environment = self._environment(name, spec, workspace)
        log = StepLog(workspace.log)
        try:
            step = await _started((*self._program, name, *spec.args), environment, workspace, log)
        except OSError as error:
            log.close()
            raise LaunchError(f"{name} could not be started: {error}", "Look at the limits of this machine.") from error
        if spec.memory_limit is not None:
            step.watched = self._watch.add(step.handle["pid"], spec.memory_limit)
        return step

    def _environment(self, name: str, spec: PodSpec, workspace: Workspace) -> dict[str, str]:
        temporary = workspace.folder / "tmp"
        for folder in (temporary, workspace.folder / "data" / "in", workspace.folder / "data" / "out"):
            folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **without_secrets(os.environ),
            **dict(spec.environment),
            **secret_values(spec.secrets, os.environ),
            "MACHIYA_DATA": str(workspace.folder / "data"),
            "TMPDIR": str(temporary),
            MARK: workspace.mark,
        }
        if name in self._working_copies:
            copy = read_working_copy(name, self._working_copies[name])
            paths = (copy.python_path(workspace.folder / "metadata"), environment.get("PYTHONPATH"))
            environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        return environment

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        """By the processes that are on record, and by the mark in the environment of others."""
        ended = sum(end_group(handle["pid"], signal.SIGKILL) for handle in handles if _is_same(handle))
        return ended + end_marked(MARK, f"{run}/")

    async def close(self) -> None:
        """Stop watching."""
        await asyncio.to_thread(self._watch.close)


async def _started(
    command: Sequence[str], environment: Mapping[str, str], workspace: Workspace, log: StepLog
) -> ProcessStep:
    (stdout, stdout_end), (stderr, stderr_end) = await _pipe(), await _pipe()
    try:
        process = Child(command, workspace.folder, environment, stdout_end, stderr_end)
    finally:
        os.close(stdout_end)
        os.close(stderr_end)
    return ProcessStep(process, workspace, log, ((stdout, True), (stderr, False)))


async def _pipe() -> tuple[asyncio.StreamReader, int]:
    """A pipe of our own: asyncio's would make the end of a process wait for whoever else holds its output."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    file = os.fdopen(reading, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader, writing


def _is_same(handle: Mapping[str, Any]) -> bool:
    return "pid" in handle and start_time(handle["pid"]) == handle["started"] != ""


def _paths(template: Template) -> Iterator[str]:
    """Where a template's files come and go."""
    for artifact in (*template.inputs.artifacts, *template.outputs.artifacts):
        if artifact.path:
            yield artifact.path
    for parameter in template.outputs.parameters:
        if parameter.value_from is not None and parameter.value_from.path:
            yield parameter.value_from.path


def installed_version(name: str) -> str | None:
    """The version of the distribution that provides a component; None if none does."""
    for entry in importlib.metadata.entry_points(group=GROUP, name=name):
        return entry.dist.version if entry.dist is not None else None
    return None
