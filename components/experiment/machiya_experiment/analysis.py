"""From numbers of users to what they say of each variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from machiya_experiment.arrays import Integers
from machiya_experiment.conversions import Counts
from machiya_experiment.errors import SettingError
from machiya_experiment.mismatch import sample_ratio_p_value
from machiya_experiment.posterior import (
    Posterior,
    compare,
    intervals,
    lift_interval,
    posterior,
)
from machiya_experiment.shares import check_shares, control_first


class VariantResult(NamedTuple):
    """One row of the analysis; None is what cannot be known."""

    variant: str
    users: int
    expected_share: float | None = None
    converted: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    probability_best: float | None = None
    expected_loss: float | None = None


@dataclass(frozen=True)
class Analysis:
    """The variants, the control first, and the p-value of the sample ratio (None if it was not checked)."""

    variants: tuple[VariantResult, ...]
    ratio_p_value: float | None


def analyze(counts: Counts, control: str, shares: Mapping[str, float], confidence: float) -> Analysis:
    """Rates with intervals, lifts over the control, probabilities to be the best, and expected losses.

    A variant without users has no rate, and where there is one, or no second variant, nothing is compared.

    Args:
        counts: Users and conversions.
        control: The variant that the others are compared with.
        shares: What share of the users each variant should have; empty for no check of it.
        confidence: Mass of the intervals.

    Raises:
        SettingError: The control is none of the variants, or the shares do not fit them.
    """
    if shares:
        check_shares(shares, counts.variants)
    names = control_first({*counts.variants, *shares}, control)
    if len(names) > 1 and control not in names:
        raise SettingError(f"control: there is no variant {control!r}.", f"Variants here: {', '.join(names)}.")
    users = _in_order(counts.users, counts.variants, names)
    results = [VariantResult(name, int(number), shares.get(name)) for name, number in zip(names, users, strict=True)]
    if counts.converted is not None:
        converted = _in_order(counts.converted, counts.variants, names)
        results = _rated(results, converted, posterior(converted, users), confidence)
    checked = len(names) > 1 and bool(shares) and users.any()
    p_value = sample_ratio_p_value(users, np.array([shares[name] for name in names])) if checked else None
    return Analysis(tuple(results), p_value)


def _in_order(values: Integers, variants: tuple[str, ...], names: tuple[str, ...]) -> Integers:
    """The values of `variants` in the order of `names`, 0 for those that are new: int64, shape (n_names,)."""
    known = dict(zip(variants, values.tolist(), strict=True))
    return np.array([known.get(name, 0) for name in names], np.int64)


def _rated(
    results: list[VariantResult], converted: Integers, rates: Posterior, confidence: float
) -> list[VariantResult]:
    low, high = intervals(rates, confidence)
    rated = [
        result._replace(
            converted=int(converted[row]),
            rate=int(converted[row]) / result.users,
            low=float(low[row]),
            high=float(high[row]),
        )
        if result.users
        else result._replace(converted=0)
        for row, result in enumerate(results)
    ]
    comparable = len(rated) > 1 and all(result.users for result in rated)
    return _compared(rated, rates, confidence) if comparable else rated


def _compared(results: list[VariantResult], rates: Posterior, confidence: float) -> list[VariantResult]:
    best, loss = compare(rates)
    compared = [
        result._replace(probability_best=float(best[row]), expected_loss=float(loss[row]))
        for row, result in enumerate(results)
    ]
    control, *others = compared
    if not control.rate:  # nothing to divide by
        return compared
    return [control, *(_lifted(other, control.rate, rates, row, confidence) for row, other in enumerate(others, 1))]


def _lifted(result: VariantResult, base: float, rates: Posterior, row: int, confidence: float) -> VariantResult:
    low, high = lift_interval(rates, row, 0, confidence)
    return result._replace(lift=(result.rate or 0) / base - 1, lift_low=low, lift_high=high)
