"""The long table of recommendations, read as lists: one for each user, many users at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from machiya_component import DataError
from numpy.typing import NDArray

from machiya_publish.vocabulary import Vocabulary

BATCH_ROWS = 1 << 17
TEXTS = ("user_id", "item_id", "source")
SORT = "Sort the table by user_id (in the order of UTF-8 bytes) and rank, as the component recommender writes it."


@dataclass(frozen=True)
class Lists:
    """The lists of some users, one after the other.

    users: string (users,), ascending by UTF-8 bytes. starts: int64 (users + 1,), where a list begins in the columns
    (rows,): items (uint32) and sources (uint8) by number, scores (float32), ranks (int64), best first.
    """

    users: pa.Array
    starts: NDArray[np.int64]
    items: NDArray[np.uint32]
    scores: NDArray[np.float32]
    sources: NDArray[np.uint8]
    ranks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)

    @property
    def longest(self) -> int:
        """Items in the longest list."""
        return int(np.diff(self.starts).max(initial=0))

    def part(self, first: int, end: int) -> "Lists":
        """The lists of the users from `first` to `end`."""
        rows = slice(self.starts[first], self.starts[end])
        starts = self.starts[first : end + 1] - self.starts[first]
        columns = (self.items[rows], self.scores[rows], self.sources[rows], self.ranks[rows])
        return Lists(self.users.slice(first, end - first), starts, *columns)

    def followed_by(self, other: "Lists") -> "Lists":
        """These lists and then the others; the last one here goes on there if its user is the first one there."""
        same = bool(len(self) and len(other) and self.users[-1] == other.users[0])
        starts = other.starts[1:] if same else other.starts
        return Lists(
            pa.concat_arrays([self.users, other.users.slice(int(same))]),
            np.concatenate([self.starts[:-1], starts + self.starts[-1]]),
            np.concatenate([self.items, other.items]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.sources, other.sources]),
            np.concatenate([self.ranks, other.ranks]),
        )


def read_lists(
    files: Iterable[Path], items: Vocabulary, sources: Vocabulary, batch_rows: int = BATCH_ROWS
) -> Iterator[Lists]:
    """The lists of a table with the columns user_id, item_id, rank, score and, if it has one, source.

    A list is never divided, so memory holds `batch_rows` and one list. Items and sources are numbered in
    the order in which they appear first.

    Raises:
        DataError: the rows are not sorted by user and rank, or a score is no number of 32 bits.
    """
    waiting: Lists | None = None
    for batch in _batches(files, batch_rows):
        found = _as_lists(batch, items, sources)
        if waiting is not None:
            found = waiting.followed_by(found)
        _require_order(found)
        last = len(found) - 1
        if last:
            yield found.part(0, last)
        waiting = found.part(last, last + 1)
    if waiting is not None:
        yield waiting


def _batches(files: Iterable[Path], batch_rows: int) -> Iterator[pa.RecordBatch]:
    for path in files:
        names = [name for name in (*TEXTS, "rank", "score") if name in pq.read_schema(path).names]
        with pq.ParquetFile(path, read_dictionary=[name for name in names if name in TEXTS]) as part:
            for batch in part.iter_batches(batch_rows, columns=names):
                if batch.num_rows:
                    yield batch


def _as_lists(batch: pa.RecordBatch, items: Vocabulary, sources: Vocabulary) -> Lists:
    users = _encoded(batch["user_id"])
    place = np.asarray(users.indices)
    heads = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    texts = users.dictionary.take(pa.array(place[heads])).cast(pa.string())
    source = _encoded(batch["source"]) if "source" in batch.schema.names else _without_source(batch.num_rows)
    return Lists(
        texts,
        np.append(heads, batch.num_rows),
        items.numbers(_encoded(batch["item_id"])),
        _scores(batch["score"]),
        sources.numbers(source).astype(np.uint8),
        np.asarray(batch["rank"].cast(pa.int64())),
    )


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Strings as numbers into a dictionary; what is absent is the empty string."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if column.null_count or column.dictionary.null_count:
        column = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
    return column


def _without_source(rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([""]))


def _scores(column: pa.Array) -> NDArray[np.float32]:
    """As float32, rounded to the nearest where they have more digits."""
    with np.errstate(over="ignore"):
        scores = np.asarray(column.cast(pa.float64(), safe=False)).astype(np.float32)
    if not np.isfinite(scores).all():
        raise DataError(
            "recommendations.score is not a number, or too large for 32 bits.", "Look at the step that made the table."
        )
    return scores


def _require_order(lists: Lists) -> None:
    """Each user once and after those before; each rank after the one before it in the list."""
    before, after = lists.users.slice(0, len(lists) - 1), lists.users.slice(1)
    wrong = np.flatnonzero(~np.asarray(pc.less(before, after)))
    if len(wrong):
        user, earlier = after[wrong[0]].as_py(), before[wrong[0]].as_py()
        raise DataError(f"recommendations: rows of user {user!r} come after those of {earlier!r}.", SORT)
    rising = lists.ranks[1:] > lists.ranks[:-1]
    rising[lists.starts[1:-1] - 1] = True
    if not rising.all():
        row = int(np.argmin(rising))
        user = lists.users[int(np.searchsorted(lists.starts, row, "right")) - 1].as_py()
        ranks = f"rank {lists.ranks[row + 1]} of user {user!r} comes after rank {lists.ranks[row]}"
        raise DataError(f"recommendations: {ranks}.", SORT)
