"""Two streams of rows, each sorted by user, as one."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from machiya_experiment.sides import Piece


def merged(left: Iterator[Piece], right: Iterator[Piece]) -> Iterator[Piece]:
    """The rows of both, sorted by user; no user may be in both. Holds one piece of each side at a time."""
    one, other = next(left, None), next(right, None)
    while one is not None and other is not None:
        # Nothing that is still to come is before the smaller of the two ends.
        bound = min(one.user[-1], other.user[-1])
        (done, one), (ready, other) = _cut(one, bound), _cut(other, bound)
        yield _interleaved(done, ready)
        one = one if one.user.size else next(left, None)
        other = other if other.user.size else next(right, None)
    for rest, stream in ((one, left), (other, right)):
        if rest is not None:
            yield rest
        yield from stream


def _cut(piece: Piece, bound: int) -> tuple[Piece, Piece]:
    """The rows of users up to the bound, and the others."""
    place = int(np.searchsorted(piece.user, bound, side="right"))
    return Piece(piece.user[:place], piece.rows[:place]), Piece(piece.user[place:], piece.rows[place:])


def _interleaved(one: Piece, other: Piece) -> Piece:
    if not one.user.size or not other.user.size:
        return one if one.user.size else other
    user = np.concatenate([one.user, other.user])
    order = np.argsort(user, kind="stable")
    return Piece(user[order], pa.concat_tables([one.rows, other.rows]).take(pa.array(order)))
