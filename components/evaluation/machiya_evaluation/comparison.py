"""From two sets of recommendations to what would change: for each user, for each item, and in all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from machiya_evaluation import similarity
from machiya_evaluation.arrays import Booleans, Floats, Integers
from machiya_evaluation.coding import Vocabulary, ascending, count_words, extended, present, rows_of
from machiya_evaluation.errors import InputError
from machiya_evaluation.exposure import exposure
from machiya_evaluation.lists import RankedLists, read_lists
from machiya_evaluation.segments import Segments, everybody, segments_by_history, segments_of_table
from machiya_evaluation.sources import Source
from machiya_evaluation.verdict import Observation

USERS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Sides:
    """Two sets of lists, whole, by the codes of one vocabulary of users and one of items."""

    users: Vocabulary
    items: Vocabulary
    base: RankedLists
    candidate: RankedLists


def read_sides(base: Source, candidate: Source) -> Sides:
    """Read both sets: user_id, item_id, rank.

    Raises:
        InputError: The lists are not rankings.
    """
    users, items = Vocabulary(), Vocabulary()
    return Sides(users, items, read_lists(base, users, items, "base"), read_lists(candidate, users, items, "candidate"))


@dataclass(frozen=True)
class UserChanges:
    """What differs for each user who is on both sides, in the first k places of the lists.

    Attributes:
        user: Ids, large_string, ascending, length n.
        segment: Position of each user's segment in `Comparison.segments`: int64, shape (n,).
        overlap: See `similarity.overlap`: float64, shape (n,).
        rbo: See `similarity.rank_biased_overlap`: float64, shape (n,).
        kendall_tau: See `similarity.kendall_tau`: float64, shape (n,); NaN with fewer than two shared items.
        entered: Items of the candidate that the base does not have: int64, shape (n,).
        left: Items of the base that the candidate does not have: int64, shape (n,).
        changed: Whether the lists differ in an item or its place: bool, shape (n,).
    """

    user: pa.Array
    segment: Integers
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
    sides: Sides,
    segments: pa.Table | None,
    train: Source | None,
    *,
    k: int,
    p: float,
    segment_edges: Sequence[int],
) -> Comparison:
    """Compare the first k places of two sets of lists.

    Args:
        sides: What is recommended now, and what would be.
        segments: user_id and segment. Without it the history in `train` makes the segments; without both there is one.
        train: user_id of the history.
        k: Depth to which lists are compared, at least 1.
        p: Persistence of rank-biased overlap, between 0 and 1 exclusive.
        segment_edges: See `segments.segments_by_history`.

    Raises:
        InputError: No user is on both sides.
    """
    words = sides.users.words()
    users = ascending(words, present(sides.base.length, sides.candidate.length))
    in_base, in_candidate = (extended(one.length, len(words))[users] > 0 for one in (sides.base, sides.candidate))
    both = in_base & in_candidate
    if not both.any():
        raise InputError(
            "base and candidate have no user in common.",
            "Compare recommendations that were made for the same users.",
        )
    division = divide_users(segments, train, words.take(users), segment_edges)
    shared = users[both]
    return Comparison(
        _user_changes(sides, shared, words.take(shared), division.code[both], k, p),
        _item_changes(sides, shared, k),
        int(np.count_nonzero(in_base & ~in_candidate)),
        int(np.count_nonzero(in_candidate & ~in_base)),
        division.names,
    )


def user_statistics(changes: UserChanges, segment: int | None = None) -> dict[str, Observation]:
    """Means over the users of a segment (None: all users); a mean of nothing is NaN with 0 users."""
    rows = slice(None) if segment is None else changes.segment == segment
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


def _user_changes(sides: Sides, shared: Integers, names: pa.Array, segment: Integers, k: int, p: float) -> UserChanges:
    """Of the users on both sides, by their codes; what the measures need meanwhile is a hundred bytes a user."""
    overlap, rbo, tau = (np.empty(shared.size) for _ in range(3))
    entered, left = (np.empty(shared.size, np.int64) for _ in range(2))
    changed = np.empty(shared.size, np.bool_)
    for begin in range(0, shared.size, USERS_AT_ONCE):
        some = slice(begin, begin + USERS_AT_ONCE)
        before, after = (one.of_users(shared[some]).top(k) for one in (sides.base, sides.candidate))
        measures = _measures(similarity.pair(before, after, p))
        for column, values in zip((overlap, rbo, tau, entered, left, changed), measures, strict=True):
            column[some] = values
    return UserChanges(names, segment, overlap, rbo, tau, entered, left, changed)


def _measures(pairing: similarity.Pairing) -> tuple[Floats, Floats, Floats, Integers, Integers, Booleans]:
    return (
        similarity.overlap(pairing),
        similarity.rank_biased_overlap(pairing),
        similarity.kendall_tau(pairing),
        pairing.candidate_length - pairing.shared,
        pairing.base_length - pairing.shared,
        ~similarity.identical(pairing),
    )


def _item_changes(sides: Sides, shared: Integers, k: int) -> ItemChanges:
    words = sides.items.words()
    base, candidate = (extended(exposure(one, [k], shared)[0], len(words)) for one in (sides.base, sides.candidate))
    shown = ascending(words, (base > 0) | (candidate > 0))
    return ItemChanges(words.take(shown), base[shown], candidate[shown])


def divide_users(segments: pa.Table | None, train: Source | None, users: pa.Array, edges: Sequence[int]) -> Segments:
    """By the table of segments; without it by the history in train; without both, everybody together."""
    if segments is not None:
        return segments_of_table(segments, users)
    if train is None:
        return everybody(len(users))
    history = Vocabulary()
    return segments_by_history(rows_of(users, history, count_words(train, "user_id", history)), edges)


def _mean(values: Floats) -> Observation:
    known = values[~np.isnan(values)]
    return Observation(float(known.mean()) if known.size else float("nan"), known.size)
