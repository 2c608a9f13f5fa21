"""``split``: interactions -> training and test interactions."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from machiya_component import ArgumentsError, DataError
from machiya_preprocess import split_masks
from machiya_preprocess.columns import as_text, encode
from machiya_preprocess.times import NAT, SECOND, Micros, to_micros

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


@dataclass(frozen=True)
class Split:
    """Training and test rows, both sorted by user and item with all columns of the interactions, and metrics."""

    train: pa.Table
    test: pa.Table
    metrics: dict[str, float]


def moment(text: str) -> int:
    """``cut_time`` as microseconds, ``NAT`` for none; times without an offset are in UTC, as the interactions are."""
    if not text:
        return NAT
    micros = int(to_micros(pa.chunked_array([[text]]), "iso", "UTC")[0])
    if micros == NAT:
        raise ArgumentsError(f"cut_time {text!r} is not a time.", "Example: 2026-11-01 or 2026-11-01T09:00:00+09:00.")
    return micros


def split(interactions: pa.Table, plan: Plan, rng: np.random.Generator) -> Split:
    """Split a table of interactions (columns ``user_id``, ``item_id``, ``time``). The order of its rows does not
    matter.

    Raises ``DataError`` if nothing would be left for training or for the test.
    """
    table, user, item = _sorted(interactions)
    micros = to_micros(table["time"], "iso", "UTC")
    test = _test_rows(plan, user, micros, rng)
    known_user, known_item = split_masks.in_training(user, test), split_masks.in_training(item, test)
    dropped = test & ~((known_user | plan.keep_new_users) & (known_item | plan.keep_new_items))
    kept_test = test & ~dropped
    if not kept_test.any() or test.all():
        raise _nothing_left(plan, micros, test, kept_test)
    metrics = {
        "rows": len(test),
        "train_rows": int((~test).sum()),
        "test_rows": int(kept_test.sum()),
        "dropped_rows": int(dropped.sum()),
        "test_share": float(kept_test.mean()),
        "train_users": _distinct(user[~test]),
        "train_items": _distinct(item[~test]),
        "test_users": _distinct(user[kept_test]),
        "test_items": _distinct(item[kept_test]),
        "new_test_users": _distinct(user[kept_test & ~known_user]),
        "new_test_items": _distinct(item[kept_test & ~known_item]),
    }
    if plan.method == "time":
        metrics["cut_time"] = float(micros[test].min()) / SECOND
    return Split(table.filter(pa.array(~test)), table.filter(pa.array(kept_test)), metrics)


def _sorted(table: pa.Table) -> tuple[pa.Table, NDArray[np.int32], NDArray[np.int32]]:
    """The table by user, then item, with the codes of both."""
    user, item = encode(as_text(table["user_id"])).codes, encode(as_text(table["item_id"])).codes
    order = np.lexsort((item, user))
    return table.take(pa.array(order)), user[order], item[order]


def _test_rows(plan: Plan, user: NDArray[np.int32], micros: Micros, rng: np.random.Generator) -> NDArray[np.bool_]:
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


def _distinct(codes: NDArray[np.int32]) -> int:
    return len(np.unique(codes))


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
