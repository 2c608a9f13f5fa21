"""Shares of users: a number for each variant, adding up to 1."""

from collections.abc import Iterable, Mapping

import numpy as np

from machiya_experiment.arrays import Floats
from machiya_experiment.errors import SettingError

UNITS = 10_000
"""Shares are proposed in steps of 0.0001: they stand in a line that people read."""


def check_shares(shares: Mapping[str, float], variants: Iterable[str]) -> None:
    """Raise ``SettingError`` unless the shares add up to 1 and every variant has one."""
    total = sum(shares.values())
    if abs(total - 1) > 1e-6:
        raise SettingError(
            f"shares: they add up to {total:g}.", 'Make it 1. Example: {"control": 0.9, "candidate": 0.1}.'
        )
    if missing := sorted(set(variants) - shares.keys()):
        raise SettingError(
            f"shares: {', '.join(missing)} has none.", f"Give every variant its share. Given: {', '.join(shares)}."
        )


def control_first(variants: Iterable[str], control: str) -> tuple[str, ...]:
    """The names in ascending order, but for the control."""
    return tuple(sorted(variants, key=lambda name: (name != control, name)))


def step(current: Floats, target: Floats, most: float) -> Floats:
    """As far towards the target as no share moves more than `most`: shape of both."""
    furthest = float(np.abs(target - current).max())
    return target if furthest <= most else current + (target - current) * (most / furthest)


def rounded(shares: Floats) -> Floats:
    """Shares in steps of 1 / `UNITS` that still add up to 1: those with the largest remainders are rounded up."""
    exact = shares * UNITS
    whole = np.floor(exact)
    missing = round(UNITS - float(whole.sum()))
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    units: Floats = whole / UNITS
    return units
