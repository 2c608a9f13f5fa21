"""What the engine asks of an artifact store."""

from collections.abc import Callable
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


@dataclass(frozen=True)
class Swept:
    """What a sweep removed (or would): records, contents and their bytes, leftovers of programs that died."""

    records: int = 0
    contents: int = 0
    leftovers: int = 0
    bytes: int = 0


class ArtifactStore(Protocol):
    """Keeps files and folders under keys. All methods may be called from any thread.

    Every method raises `StoreError` when the store cannot be reached, or its disk is full.
    """

    def put(self, path: Path, key: str) -> Reference:
        """Keep a file or folder under `key`, whole or not at all; what was there before is replaced.

        The store takes the files over: it may move them away, so that nothing is copied.
        """

    def add(self, path: Path, key: str, digest: str = "") -> Reference:
        """As `put`, but the files stay where they are, and are not linked: their owner may go on writing to them.

        Links in a folder are followed. Content that is in the store already is not copied. With a `digest`, nothing
        else is kept.

        Raises:
            StoreError: a file was written to while it was read, or the content has another digest than it should have.
        """

    def find(self, key: str) -> Reference | None:
        """What is kept under `key`; a key that others begin with (``key/...``) is a folder of those."""

    def link(self, key: str, target: Path, sub_path: str = "") -> Reference:
        """Make what is kept under `key` appear at `target`, read-only; of a folder, only `sub_path` if given.

        Raises:
            StoreError: it is not there.
        """

    def verify(self, key: str, digest: str) -> bool:
        """Whether the content under `key` is there, unharmed, and has this digest (if one is given).

        Content that is not what its own digest says leaves the store, so that whoever makes it again restores it.
        """

    def intact(self, key: str, digest: str) -> bool:
        """Whether `key` has this digest (if one is given), and all its content is there with the right size.

        Cheap: no content is read.
        """

    def sweep(self, keep: Callable[[str], bool], unused_since: float, *, dry_run: bool = False) -> Swept:
        """Remove records whose keys are not to be kept, then contents that no record names, and leftovers.

        What was kept or used after `unused_since` (seconds since 1970) stays in any case. A store that others share may
        keep things for longer.
        """
