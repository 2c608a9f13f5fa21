"""The inputs of one step: linked from the store, and looked at in the end, for no step may change what is stored."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.local.argo.interpreter.commands import InputArtifact
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue
from machiya.engines.local.store import ArtifactStore
from machiya.errors import MachiyaError


@dataclass(frozen=True)
class _Stamp:
    """What changes when a file is written to: its content's number, its size, and when it was written."""

    inode: int
    size: int
    modified: int


class StepInputs:
    """Gives artifacts to a step."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._given: list[tuple[Path, _Stamp, ArtifactValue]] = []

    def give(self, artifact: InputArtifact, target: Path) -> None:
        """Make an artifact appear at `target`; an optional one that is not in the store is left out."""
        value = artifact.value
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
            self._given += [(path, _stamp(path), value) for path in _files(target)]

    def harmed(self) -> str:
        """What to say where the step wrote into an input; empty if it did not.

        The store is told to look at what was harmed, so that the damage does not stay.
        """
        harmed = [(path, value) for path, stamp, value in self._given if _was_written_to(path, stamp)]
        for key, digest in {(value.key, value.digest) for _, value in harmed}:
            with suppress(MachiyaError, OSError):
                self._store.verify(key, digest)
        if not harmed:
            return ""
        name = harmed[0][0].name
        return f"the step wrote into its input {name}, and so harmed the stored artifact; run what made it again"


def _files(path: Path) -> list[Path]:
    return [one for one in (path, *path.rglob("*")) if one.is_file() and not one.is_symlink()]


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return _Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _was_written_to(path: Path, stamp: _Stamp) -> bool:
    """Whether the very file that was linked has been changed; another one in its place does no harm."""
    try:
        now = _stamp(path)
    except OSError:
        return False
    return now.inode == stamp.inode and now != stamp


def _own(path: Path, mode: int) -> None:
    """A copy with a mode of its own in place of the link, whose mode is the store's."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)
