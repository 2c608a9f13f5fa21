"""One step from its inputs to its outputs: linked from the store, run by a launcher, kept in the store."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from machiya.engines.local.argo.interpreter.commands import InputArtifact, OutputArtifact, OutputParameter, PodSpec
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outcome, Outputs, Phase
from machiya.engines.local.launchers import Exit, Launcher, RunningStep, Workspace
from machiya.engines.local.launchers.protocol import LaunchError
from machiya.engines.local.store import ArtifactStore
from machiya.errors import MachiyaError

PARAMETER_LIMIT = 256 * 1024
"""The most bytes an output parameter may have, as in Argo."""


class Step:
    """Runs one program; `stop` may be called at any time."""

    def __init__(self, spec: PodSpec, workspace: Workspace, launcher: Launcher, store: ArtifactStore) -> None:
        self.spec = spec
        self._workspace = workspace
        self._launcher = launcher
        self._store = store
        self._running: RunningStep | None = None
        self._stop: float | None = None
        self._given: dict[Path, tuple[int, int, int]] = {}
        self.waiting = True
        """Whether it has not been begun."""

    async def run(self, on_start: Callable[[Mapping[str, Any]], None]) -> Outcome:
        """The whole way. Whatever goes wrong is the outcome's message."""
        self.waiting = False
        try:
            await asyncio.to_thread(self._prepare)
            if self._stop is not None:
                return Outcome(Phase.FAILED, "stopped before it started")
            running = await self._launcher.start(self.spec, self._workspace)
        except MachiyaError as error:
            return Outcome(Phase.ERROR, f"{error.message} {error.remedy}".strip())
        except OSError as error:
            return Outcome(Phase.ERROR, f"the step could not be prepared: {error}")
        self._running = running
        on_start(running.handle)
        await self._catch_up(running)
        try:
            ending = await running.wait()
            return await self._outcome(running, ending)
        finally:
            await running.close()

    async def _catch_up(self, running: RunningStep) -> None:
        """It may have been stopped while it was being started."""
        if self._stop is not None:
            await running.stop(self._stop)

    async def stop(self, grace: float) -> None:
        """End it: SIGTERM, then after `grace` seconds SIGKILL; with 0 at once."""
        self._stop = grace
        if self._running is not None:
            await self._running.stop(grace)

    def clean(self) -> None:
        """Remove what it worked with; its log stays."""
        shutil.rmtree(self._workspace.folder, ignore_errors=True)

    def _prepare(self) -> None:
        shutil.rmtree(self._workspace.folder, ignore_errors=True)
        self._workspace.folder.mkdir(parents=True)
        log = self._workspace.log
        if log.exists():
            number = 1
            while (older := log.with_name(f"log-{number}.txt")).exists():
                number += 1
            log.rename(older)
        for artifact in self.spec.inputs:
            self._give(artifact)

    def _give(self, artifact: InputArtifact) -> None:
        value = artifact.value
        if ".." in PurePosixPath(artifact.path).parts:
            raise LaunchError(f"the path {artifact.path!r} climbs out of its folder.", "Give one without `..`.")
        target = self._launcher.place(self.spec, self._workspace, artifact.path)
        if value.raw is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(value.raw, "utf-8")
            target.chmod(0o644 if artifact.mode is None else artifact.mode)
        elif value.key:
            if artifact.optional and self._store.find(value.key) is None:
                return
            self._store.link(value.key, target, value.sub_path)
            if artifact.mode is not None and target.is_file():
                _own(target, artifact.mode)
            self._given |= {path: _stamp(path) for path in _files(target)}

    async def _outcome(self, running: RunningStep, ending: Exit) -> Outcome:
        succeeded = ending.code == 0
        result = running.result if self.spec.capture_result else None
        parameters: dict[str, str] = {}
        artifacts: dict[str, ArtifactValue] = {}
        problems: list[str] = []
        for parameter in self.spec.output_parameters:
            value = await self._parameter(running, parameter)
            if value is not None:
                parameters[parameter.name] = value
            elif succeeded:
                problems.append(f"the output parameter {parameter.name!r} is not there: no file {parameter.path}")
        paths = {artifact.name: await running.fetch(artifact.path) for artifact in self.spec.output_artifacts}
        try:
            kept = await asyncio.to_thread(self._keep, paths)
        except (MachiyaError, OSError) as error:
            problems.append(f"an output could not be kept: {getattr(error, 'message', error)}")
            kept = {}
        artifacts |= kept
        if succeeded:
            missing = [one for one in self.spec.output_artifacts if one.name not in artifacts and not one.optional]
            problems += (
                [] if problems else [f"the output {one.name!r} is not there: nothing at {one.path}" for one in missing]
            )
        problems += [
            f"the step wrote into its input {path.name}, and so harmed the stored artifact; run what made it again"
            for path, stamp in self._given.items()
            if _was_written_to(path, stamp)
        ][:1]
        outputs = Outputs(parameters, artifacts, result, ending.code)
        if not succeeded:
            return Outcome(Phase.FAILED, exit_message(ending), outputs)
        if problems:
            return Outcome(Phase.ERROR, "; ".join(problems), outputs)
        return Outcome(Phase.SUCCEEDED, "", outputs)

    async def _parameter(self, running: RunningStep, parameter: OutputParameter) -> str | None:
        path = await running.fetch(parameter.path)
        with suppress(OSError):
            if path is not None and not path.is_symlink():
                text = (await asyncio.to_thread(_beginning, path)).decode("utf-8", "replace")
                return text.removesuffix("\n")
        return parameter.default

    def _keep(self, paths: Mapping[str, Path | None]) -> dict[str, ArtifactValue]:
        kept = {}
        artifacts = [one for one in self.spec.output_artifacts if paths[one.name] is not None]
        for artifact in artifacts:
            source = paths[artifact.name]
            if source is None:
                continue
            if any(_overlap(artifact, other) for other in artifacts if other is not artifact):
                source = self._copied(artifact.name, source)
            reference = self._store.put(source, artifact.key)
            kept[artifact.name] = ArtifactValue(reference.key, digest=reference.digest)
        return kept

    def _copied(self, name: str, source: Path) -> Path:
        """A copy for the store to take, since another artifact holds the same files."""
        target = self._workspace.folder / "copies" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
        return target


def _overlap(one: OutputArtifact, other: OutputArtifact) -> bool:
    first, second = (PurePosixPath(os.path.normpath(artifact.path)) for artifact in (one, other))
    return first.is_relative_to(second) or second.is_relative_to(first)


def _files(path: Path) -> list[Path]:
    return [one for one in (path, *path.rglob("*")) if one.is_file() and not one.is_symlink()]


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written to: its content's number, its size, and when it was written."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _was_written_to(path: Path, stamp: tuple[int, int, int]) -> bool:
    """Whether the very file that was linked has been changed; another one in its place does no harm."""
    try:
        now = _stamp(path)
    except OSError:
        return False
    return now[0] == stamp[0] and now != stamp


def _own(path: Path, mode: int) -> None:
    """A copy with a mode of its own in place of the link, whose mode is the store's."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(PARAMETER_LIMIT)


def exit_message(ending: Exit) -> str:
    """As Argo says it."""
    if ending.out_of_memory:
        return f"OOMKilled (exit code {ending.code})"
    return f"Error (exit code {ending.code})"
