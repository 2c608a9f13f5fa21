"""The files of one view, wherever fsspec finds them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Files:
    """A folder: a local path or any fsspec URL."""

    root: str

    def read(self, name: str) -> bytes:
        """A small file, whole; ``ViewError`` if it is not there."""
        raise NotImplementedError
