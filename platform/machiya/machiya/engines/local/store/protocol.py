"""What the engine asks of an artifact store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from machiya.errors import MachiyaError


class StoreError(MachiyaError):
    """The artifact store cannot keep or give what it is asked for."""

    exit_code = 74


@dataclass(frozen=True)
class Reference:
    """An artifact in a store. ``digest`` is that of its content: equal content, equal digest. ``size`` is in bytes."""

    key: str
    digest: str
    size: int
    directory: bool


class ArtifactStore(Protocol):
    """Keeps files and folders under keys. All methods may be called from any thread."""

    def put(self, path: Path, key: str) -> Reference:
        """Keep a file or folder under `key`, whole or not at all; what was there before is replaced.

        The store takes the files over: it may move them away, so that nothing is copied.
        """

    def find(self, key: str) -> Reference | None:
        """What is kept under `key`; a key that others begin with (``key/...``) is a folder of those."""

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        """Make what is kept under `key` appear at `target`, read-only; of a folder, only `sub_path` if given.

        Raises:
            StoreError: it is not there.
        """

    def verify(self, key: str, digest: str) -> bool:
        """Whether the content under `key` is there, unharmed, and has this digest."""
