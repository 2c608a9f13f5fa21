"""``split``: interactions -> training and test interactions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import ArgumentsError, DataError
from machiya_preprocess import split_masks
from machiya_preprocess.columns import Codes
from machiya_preprocess.interactions import Interactions, read_interactions
from machiya_preprocess.split_masks import Mask
from machiya_preprocess.times import NAT, SECOND, Micros, to_micros
from machiya_preprocess.verdict import SLICE

Method = Literal["time", "last-n", "k-fold"]


@dataclass(frozen=True)
class Plan:
    """How to split.

    ``time`` needs ``cut_time`` (microseconds; ``NAT``: find one by ``test_share``), ``last-n`` needs ``test_items`` and
    ``min_train_items``, and ``k-fold`` needs ``folds`` and ``fold``.
    """

    method: Method
    test_share: float
    cut_time: int
    test_items: int
    min_train_items: int
    folds: int
    fold: int
    keep_new_users: bool
    keep_new_items: bool

    def __post_init__(self) -> None:
        if self.method == "k-fold" and self.fold >= self.folds:
            raise ArgumentsError(
                f"fold {self.fold} is not one of {self.folds} folds.", f"Folds are counted from 0 to {self.folds - 1}."
            )


Side = Literal["train", "test"]


@dataclass(frozen=True)
class Split:
    """Which rows of the interactions are on which side, bool, each of shape (rows,), and metrics."""

    interactions: Interactions
    masks: Mapping[Side, Mask]
    metrics: dict[str, float]

    def slices(self) -> Iterator[tuple[Side, pa.Table]]:
        """The rows of both sides, each sorted by user and item with all columns of the interactions, in tables of
        ``SLICE`` rows.
        """
        waiting: dict[Side, pa.Table] = {}
        begin = 0
        for rows in self.interactions.coded():
            end = begin + len(rows)
            for side, mask in self.masks.items():
                more = rows.filter(pa.array(mask[begin:end]))
                left = pa.concat_tables([waiting[side], more]) if side in waiting else more
                if len(left) >= SLICE:  # and less than two of them: more are not read at once
                    yield side, self.interactions.named(left.slice(0, SLICE))
                    left = left.slice(SLICE)
                waiting[side] = left
            begin = end
        for side, left in waiting.items():
            yield side, self.interactions.named(left)


def moment(text: str) -> int:
    """``cut_time`` as microseconds, ``NAT`` for none; times without an offset are in UTC, as the interactions are."""
    if not text:
        return NAT
    micros = int(to_micros(pa.chunked_array([[text]]), "iso", "UTC")[0])
    if micros == NAT:
        raise ArgumentsError(f"cut_time {text!r} is not a time.", "Example: 2026-11-01 or 2026-11-01T09:00:00+09:00.")
    return micros


def split(files: Sequence[Path], plan: Plan, rng: np.random.Generator) -> Split:
    """Split interactions, the Parquet parts of a table with the columns ``user_id``, ``item_id``, ``time``. The order
    of its rows does not matter.

    Raises ``DataError`` if nothing would be left for training or for the test.
    """
    rows = read_interactions(files)
    test = _test_rows(plan, rows.user.codes, rows.micros, rng)
    kept_test = _kept(plan, rows, test)
    if not kept_test.any() or test.all():
        raise _nothing_left(plan, rows.micros, test, kept_test)
    masks: dict[Side, Mask] = {"train": ~test, "test": kept_test}
    metrics = _metrics(rows, **masks)
    if plan.method == "time":
        metrics["cut_time"] = float(rows.micros[test].min()) / SECOND
    return Split(rows, masks, metrics)


def _kept(plan: Plan, rows: Interactions, test: Mask) -> Mask:
    """The test rows without those of new users and items that are not wanted."""
    kept = test.copy()
    for column, keep_new in ((rows.user, plan.keep_new_users), (rows.item, plan.keep_new_items)):
        if not keep_new:
            kept &= _occurring(column, ~test)[column.codes]
    return kept


def _metrics(rows: Interactions, train: Mask, test: Mask) -> dict[str, float]:
    train_users, train_items = (_occurring(column, train) for column in (rows.user, rows.item))
    test_users, test_items = (_occurring(column, test) for column in (rows.user, rows.item))
    return {
        "rows": len(test),
        "train_rows": _count(train),
        "test_rows": _count(test),
        "dropped_rows": len(test) - _count(train) - _count(test),
        "test_share": float(test.mean()),
        "train_users": _count(train_users),
        "train_items": _count(train_items),
        "test_users": _count(test_users),
        "test_items": _count(test_items),
        "new_test_users": _count(test_users & ~train_users),
        "new_test_items": _count(test_items & ~train_items),
    }


def _occurring(column: Codes, rows: Mask) -> Mask:
    """Which values some rows have."""
    return split_masks.occurring(column.codes[rows], len(column.values))


def _test_rows(plan: Plan, user: NDArray[np.int32], micros: Micros, rng: np.random.Generator) -> Mask:
    if plan.method == "last-n":
        return split_masks.last_of_each_user(user, micros, plan.test_items, plan.min_train_items, rng)
    if plan.method == "k-fold":
        in_fold: NDArray[np.bool_] = split_masks.folds(user, plan.folds, rng) == plan.fold
        return in_fold
    try:
        cut = split_masks.cut_for_share(micros, plan.test_share) if plan.cut_time == NAT else plan.cut_time
    except ValueError as error:
        raise DataError(f"{error}, so they cannot be split by time.", "Use --method k-fold.") from None
    late: NDArray[np.bool_] = micros >= cut
    return late


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _nothing_left(plan: Plan, micros: Micros, test: NDArray[np.bool_], kept_test: NDArray[np.bool_]) -> DataError:
    side = "training" if test.all() else "the test"
    if test.any() and not kept_test.any():
        return DataError(
            f"nothing is left for the test: all {test.sum():,} test rows are of users or items not in training.",
            "Set --keep_new_users true or --keep_new_items true, or cut at another time.",
        )
    first, last = (str(np.datetime64(int(moment), "us")) for moment in (micros.min(), micros.max()))
    remedy = {
        "time": f"Choose a --cut_time between {first} and {last} (UTC).",
        "last-n": "Lower --test_items or --min_train_items: no user has that many items.",
        "k-fold": "Lower --folds: there are too few rows for so many.",
    }[plan.method]
    return DataError(f"nothing is left for {side} of {len(test):,} interactions.", remedy)
