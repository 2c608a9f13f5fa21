"""A table of recommendations as a serving copy: what a service looks users up in."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from machiya_publish.compact import ListsWriter
from machiya_publish.lists import read_lists
from machiya_publish.packed import PackedWriter
from machiya_publish.vocabulary import Vocabulary

MOST_ITEMS, MOST_SOURCES = (1 << 31) - 1, 256


@dataclass(frozen=True)
class Packed:
    """What was packed: users, rows of all lists, different items, and the length of the longest list."""

    users: int
    rows: int
    items: int
    longest: int

    def metrics(self) -> dict[str, float]:
        """The numbers by name."""
        return {name: float(value) for name, value in asdict(self).items()}


def pack(files: Iterable[Path], folder: Path, advance: Callable[[int], None] = lambda _: None) -> Packed:
    """Write `packed.bin`, `lists.parquet` and `items.parquet` into a folder, from the Parquet parts of a table.

    Memory: the ids of all items, about 131,072 rows (or the longest list, if it is longer), and of each row group of
    `lists.parquet` what its footer says of it; in the end the places of at most 4 million users, about 300 MB.
    `advance` is told of the rows that are written.

    Raises:
        DataError: the table is not sorted by user and rank, or holds what cannot be packed: a score that does not fit
            in 32 bits, more than `MOST_SOURCES` sources.
    """
    items, sources = Vocabulary("item_id", MOST_ITEMS), Vocabulary("source", MOST_SOURCES)
    longest = 0
    with PackedWriter(folder) as packed, ListsWriter(folder) as compact:
        for lists in read_lists(files, items, sources):
            packed.write(lists)
            compact.write(lists, sources.texts)
            longest = max(longest, lists.longest)
            advance(len(lists.items))
        compact.finish(items.texts, sources.texts)
        header = packed.finish(items.texts, sources.texts)
    return Packed(header.users, header.rows, header.items, longest)
