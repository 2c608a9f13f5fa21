"""Groups of users that are reported apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_evaluation.arrays import Integers
from machiya_evaluation.coding import ABSENT, as_strings
from machiya_evaluation.errors import InputError

EVERYBODY = "all"
UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class Segments:
    """A division of the users.

    Attributes:
        names: Names of the segments, in the order of reports.
        code: Position of each user's segment in `names`: int64, shape (n_users,).
    """

    names: tuple[str, ...]
    code: Integers


def everybody(n_users: int) -> Segments:
    """One segment, named `all`."""
    return Segments((EVERYBODY,), np.zeros(n_users, np.int64))


def segments_by_history(lengths: Integers, edges: Sequence[int]) -> Segments:
    """Divide users by the length of their history; an edge is the shortest length of the segment above it.

    Edges 1, 5, 20 give `history-0`, `history-1-4`, `history-5-19` and `history-20+`. No edges: one segment, `all`.

    Args:
        lengths: Number of items of each user in train, int64, shape (n_users,).
        edges: Positive and strictly increasing.
    """
    if not edges:
        return everybody(lengths.size)
    lowest = [0, *edges[:-1]]
    highest = [edge - 1 for edge in edges]
    spans = [f"{low}-{high}" if low < high else f"{low}" for low, high in zip(lowest, highest, strict=True)]
    names = tuple(f"history-{span}" for span in [*spans, f"{edges[-1]}+"])
    return Segments(names, np.searchsorted(np.asarray(edges), lengths, side="right").astype(np.int64))


def segments_of_table(table: pa.Table, users: pa.Array) -> Segments:
    """Divide users as a table with user_id (unique) and segment says; whom it does not name is `unassigned`.

    Raises:
        InputError: A segment has the name `all` or `unassigned`, or no user of `users` is in the table.
    """
    segment = as_strings(table["segment"])
    names = pc.unique(segment)
    names = names.take(pc.sort_indices(names))
    _check_names(names)
    row = pc.index_in(users, value_set=as_strings(table["user_id"]))
    named = pc.is_valid(row).to_numpy(zero_copy_only=False)
    if not named.any():
        raise InputError(
            "segments: no user of the recommendations is in it.",
            "Check that both tables write user_id in the same way.",
        )
    code = np.full(len(users), ABSENT, np.int64)
    code[named] = pc.index_in(segment, value_set=names).to_numpy()[row.drop_null().to_numpy()]
    if (code != ABSENT).all():
        return Segments(tuple(names.to_pylist()), code)
    code[code == ABSENT] = len(names)
    return Segments((*names.to_pylist(), UNASSIGNED), code)


def _check_names(names: pa.Array) -> None:
    for reserved in (EVERYBODY, UNASSIGNED):
        if reserved in names.to_pylist():
            raise InputError(
                f"segments: {reserved!r} cannot be the name of a segment, it is used in the results.",
                "Give the segment another name.",
            )
