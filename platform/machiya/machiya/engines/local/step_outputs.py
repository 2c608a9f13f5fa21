"""The outputs of one step: read when its program has ended, and kept in the store."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from machiya.engines.local.argo.interpreter.commands import OutputArtifact, OutputParameter, PodSpec
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs, Usage
from machiya.engines.local.kept import is_kept_file
from machiya.engines.local.launchers import Exit, RunningStep, Workspace
from machiya.engines.local.paths import inside
from machiya.engines.local.store import ArtifactStore
from machiya.errors import MachiyaError, OutputError

PARAMETER_LIMIT = 256 * 1024
"""The most bytes an output parameter may have, as in Argo."""


class StepOutputs:
    """Collects what a program wrote.

    Of one that failed, what there is; it never replaces something in the store, but for what it has read itself under
    the same key: an attempt goes on from the checkpoint of the one before, and leaves a newer one. Files that outlive
    runs are kept of a success alone.
    """

    def __init__(self, spec: PodSpec, workspace: Workspace, store: ArtifactStore) -> None:
        self._spec = spec
        self._workspace = workspace
        self._store = store
        self._own = {one.value.key for one in spec.inputs}
        self._problems: list[str] = []
        self._absent: list[str] = []
        self._size: int | None = None

    async def collect(self, running: RunningStep, ending: Exit, seconds: float) -> tuple[Outputs, Sequence[str]]:
        """The outputs of a program that ran for so long, and what is wrong with them."""
        parameters = {}
        for parameter in self._spec.output_parameters:
            value = await self._parameter(running, parameter)
            if value is not None:
                parameters[parameter.name] = value
        artifacts = {}
        for artifact in self._spec.output_artifacts:
            kept = await self._artifact(running, artifact, replace=ending.code == 0)
            if kept is not None:
                artifacts[artifact.name] = kept
        result = running.result if self._spec.capture_result else None
        usage = Usage(seconds, ending.cpu_seconds, ending.peak_memory, self._size)
        return Outputs(parameters, artifacts, result, ending.code, usage), self._problems or self._absent

    async def _parameter(self, running: RunningStep, parameter: OutputParameter) -> str | None:
        what = f"the output parameter {parameter.name!r}"
        try:
            path = await self._found(running, parameter.path)
            if path is not None and not path.is_dir():
                text = (await asyncio.to_thread(_beginning, path)).decode("utf-8", "replace")
                return text.removesuffix("\n")
        except (MachiyaError, OSError) as error:
            self._problems.append(f"{what} cannot be read: {told(error)}")
            return None
        if parameter.default is None:
            self._problems.append(f"{what} is not there: no file {parameter.path}")
        return parameter.default

    async def _artifact(self, running: RunningStep, artifact: OutputArtifact, *, replace: bool) -> ArtifactValue | None:
        try:
            path = await self._found(running, artifact.path)
            if path is not None:
                return await asyncio.to_thread(self._keep, artifact, path, replace=replace)
        except (MachiyaError, OSError) as error:
            self._problems.append(f"the output {artifact.name!r} could not be kept: {told(error)}")
            return None
        if not artifact.optional:
            self._absent.append(f"the output {artifact.name!r} is not there: nothing at {artifact.path}")
        return None

    async def _found(self, running: RunningStep, path: str) -> Path | None:
        found = await running.fetch(path)
        found = None if found is None else inside(found, self._workspace.folder)
        if found is None or not found.exists():
            return None
        if not found.is_file() and not found.is_dir():
            raise OutputError(f"{path} is neither a file nor a folder.", "Write one.")
        return found

    def _keep(self, artifact: OutputArtifact, source: Path, *, replace: bool) -> ArtifactValue | None:
        if not replace and (is_kept_file(artifact.key) or not self._is_free(artifact.key)):
            return None
        if any(_overlap(artifact, other) for other in self._spec.output_artifacts if other is not artifact):
            source = self._copied(source)
        reference = self._store.put(source, artifact.key)
        self._size = (self._size or 0) + reference.size
        return ArtifactValue(reference.key, digest=reference.digest)

    def _is_free(self, key: str) -> bool:
        """Whether nothing is there that somebody else made."""
        return key in self._own or self._store.find(key) is None

    def _copied(self, source: Path) -> Path:
        """A copy for the store to take, since another artifact holds the same files."""
        folder = self._workspace.folder / "copies"
        folder.mkdir(exist_ok=True)
        target = folder / str(len(list(folder.iterdir())))
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
        return target


def told(error: MachiyaError | OSError) -> str:
    """An error in one sentence, and what to do."""
    if isinstance(error, MachiyaError):
        return f"{error.message} {error.remedy}".strip()
    return f"{error.strerror or error} ({error.filename})" if error.filename else str(error)


def _overlap(one: OutputArtifact, other: OutputArtifact) -> bool:
    first, second = (PurePosixPath(os.path.normpath(artifact.path)) for artifact in (one, other))
    return first.is_relative_to(second) or second.is_relative_to(first)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(PARAMETER_LIMIT)
