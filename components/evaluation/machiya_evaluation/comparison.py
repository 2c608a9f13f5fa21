"""From two sets of recommendations to what would change: for each user, for each item, and in all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from machiya_evaluation import similarity
from machiya_evaluation.arrays import Booleans, Floats, Integers, count
from machiya_evaluation.coding import encode, vocabulary
from machiya_evaluation.errors import InputError
from machiya_evaluation.exposure import exposure
from machiya_evaluation.lists import RankedLists, ranked_lists
from machiya_evaluation.segments import Segments, everybody, segments_by_history, segments_of_table
from machiya_evaluation.verdict import Observation


@dataclass(frozen=True)
class UserChanges:
    """What differs for each user who is on both sides, in the first k places of the lists.

    Attributes:
        user: Ids, large_string, ascending, length n.
        segment: Names, large_string, length n.
        overlap: See `similarity.overlap`: float64, shape (n,).
        rbo: See `similarity.rank_biased_overlap`: float64, shape (n,).
        kendall_tau: See `similarity.kendall_tau`: float64, shape (n,); NaN with fewer than two shared items.
        entered: Items of the candidate that the base does not have: int64, shape (n,).
        left: Items of the base that the candidate does not have: int64, shape (n,).
        changed: Whether the lists differ in an item or its place: bool, shape (n,).
    """

    user: pa.Array
    segment: pa.Array
    overlap: Floats
    rbo: Floats
    kendall_tau: Floats
    entered: Integers
    left: Integers
    changed: Booleans


@dataclass(frozen=True)
class ItemChanges:
    """To how many of the users on both sides each item is shown, for the items that either side shows.

    Attributes:
        item: Ids, large_string, ascending, length m.
        base: int64, shape (m,); 0 for an item that only the candidate shows.
        candidate: int64, shape (m,); 0 for an item that only the base shows.
    """

    item: pa.Array
    base: Integers
    candidate: Integers


@dataclass(frozen=True)
class Comparison:
    """What differs, and how many users have a list on one side alone."""

    users: UserChanges
    items: ItemChanges
    base_only: int
    candidate_only: int
    segments: tuple[str, ...]


def compare(
    base: pa.Table,
    candidate: pa.Table,
    segments: pa.Table | None,
    train: pa.Table | None,
    *,
    k: int,
    p: float,
    segment_edges: Sequence[int],
) -> Comparison:
    """Compare the first k places of two sets of lists.

    Args:
        base: What is recommended now: user_id, item_id, rank.
        candidate: What would be recommended: the same columns.
        segments: user_id and segment. Without it the history in `train` makes the segments; without both there is one.
        train: user_id and item_id of the history.
        k: Depth to which lists are compared, at least 1.
        p: Persistence of rank-biased overlap, between 0 and 1 exclusive.
        segment_edges: See `segments.segments_by_history`.

    Raises:
        InputError: The lists are not rankings, or no user is on both sides.
    """
    users = vocabulary(base["user_id"], candidate["user_id"])
    items = vocabulary(base["item_id"], candidate["item_id"])
    before = ranked_lists(base, users, items, "base").top(k)
    after = ranked_lists(candidate, users, items, "candidate").top(k)
    in_base, in_candidate = before.lengths() > 0, after.lengths() > 0
    both = in_base & in_candidate
    if not both.any():
        raise InputError(
            "base and candidate have no user in common.",
            "Compare recommendations that were made for the same users.",
        )
    before, after = before.where(both[before.user]), after.where(both[after.user])
    division = divide_users(segments, train, users, segment_edges)
    return Comparison(
        _user_changes(before, after, users, division, both, p),
        _item_changes(before, after, items, k),
        int(np.count_nonzero(in_base & ~in_candidate)),
        int(np.count_nonzero(in_candidate & ~in_base)),
        division.names,
    )


def user_statistics(changes: UserChanges, segment: str | None = None) -> dict[str, Observation]:
    """Means over the users of a segment (None: all users); a mean of nothing is NaN with 0 users."""
    rows = np.ones(len(changes.user), np.bool_) if segment is None else _equal(changes.segment, segment)
    columns: dict[str, Floats | Integers | Booleans] = {
        "overlap": changes.overlap,
        "rbo": changes.rbo,
        "kendall_tau": changes.kendall_tau,
        "changed_share": changes.changed,
        "entered": changes.entered,
        "left": changes.left,
    }
    return {name: _mean(values[rows].astype(np.float64)) for name, values in columns.items()}


def total_statistics(comparison: Comparison) -> dict[str, Observation]:
    """Shares that belong to the whole: users of the base who lose their list, items of the base that vanish."""
    users, items = len(comparison.users.user), comparison.items
    base_users = users + comparison.base_only
    vanished = int(np.count_nonzero((items.base > 0) & (items.candidate == 0)))
    return {
        "lost_users_share": Observation(comparison.base_only / base_users, base_users),
        "left_items_share": Observation(vanished / int(np.count_nonzero(items.base)), users),
    }


def counts(comparison: Comparison) -> dict[str, int]:
    """Numbers of users and items on both sides, and on one alone."""
    items = comparison.items
    return {
        "users": len(comparison.users.user),
        "users_only_in_base": comparison.base_only,
        "users_only_in_candidate": comparison.candidate_only,
        "items_on_both_sides": int(np.count_nonzero((items.base > 0) & (items.candidate > 0))),
        "items_entered": int(np.count_nonzero(items.base == 0)),
        "items_left": int(np.count_nonzero(items.candidate == 0)),
    }


def _user_changes(
    before: RankedLists, after: RankedLists, users: pa.Array, division: Segments, both: Booleans, p: float
) -> UserChanges:
    pairing = similarity.pair(before, after)
    shared = pairing.common()
    return UserChanges(
        users.filter(pa.array(both)),
        pa.array(division.names, pa.large_string()).take(pa.array(division.code[both])),
        similarity.overlap(pairing)[both],
        similarity.rank_biased_overlap(pairing, p)[both],
        similarity.kendall_tau(pairing)[both],
        (pairing.candidate_length - shared)[both],
        (pairing.base_length - shared)[both],
        ~similarity.identical(pairing)[both],
    )


def _item_changes(before: RankedLists, after: RankedLists, items: pa.Array, k: int) -> ItemChanges:
    base, candidate = exposure(before, k), exposure(after, k)
    shown = (base > 0) | (candidate > 0)
    return ItemChanges(items.filter(pa.array(shown)), base[shown], candidate[shown])


def divide_users(segments: pa.Table | None, train: pa.Table | None, users: pa.Array, edges: Sequence[int]) -> Segments:
    """By the table of segments; without it by the history in train; without both, everybody together."""
    if segments is not None:
        return segments_of_table(segments, users)
    if train is None:
        return everybody(len(users))
    known = encode(train["user_id"], users)
    return segments_by_history(count(known[known >= 0], len(users)), edges)


def _equal(names: pa.Array, name: str) -> Booleans:
    mask: Booleans = np.asarray(names.to_numpy(zero_copy_only=False) == name)
    return mask


def _mean(values: Floats) -> Observation:
    known = values[~np.isnan(values)]
    return Observation(float(known.mean()) if known.size else float("nan"), known.size)
