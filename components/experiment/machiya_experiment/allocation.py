"""From rates to the next shares: Thompson sampling, and when to stop."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from machiya_experiment.arrays import Floats, Integers
from machiya_experiment.errors import SettingError
from machiya_experiment.evidence import always_valid_p_value
from machiya_experiment.posterior import compare, posterior
from machiya_experiment.shares import rounded, step

Decision = Literal["wait", "continue", "promote", "stop"]


@dataclass(frozen=True)
class Settings:
    """The rules of an experiment; component.yaml says what each means."""

    minimum_share: float = 0.05
    maximum_step: float = 0.2
    minimum_users: int = 100
    loss_threshold: float = 0.01
    false_stop_rate: float = 0.05
    plausible_lift: float = 0.2


@dataclass(frozen=True)
class Observed:
    """What was seen of the variants, in one order, the control first.

    Attributes:
        variants: Names, at least two.
        shares: Current shares: float64, shape (n,), adding up to 1.
        users: int64, shape (n,).
        converted: int64, shape (n,); None if nothing is known.
    """

    variants: tuple[str, ...]
    shares: Floats
    users: Integers
    converted: Integers | None


@dataclass(frozen=True)
class Standing:
    """What that says of the variants.

    Attributes:
        best: Position of the variant that is most probably the best.
        probability_best: float64, shape (n,).
        expected_loss: float64, shape (n,).
        relative_loss: Expected loss of the best as a part of its expected rate.
        p_value: That the best is no better than the others, for any number of looks.
    """

    best: int
    probability_best: Floats
    expected_loss: Floats
    relative_loss: float
    p_value: float


@dataclass(frozen=True)
class Proposal:
    """What to do and why, the next shares (float64, shape (n,)), and what it rests on (None if nothing is known)."""

    decision: Decision
    reason: str
    shares: Floats
    standing: Standing | None


def propose(observed: Observed, settings: Settings, mismatch: bool = False) -> Proposal:
    """The next shares by the probabilities to be the best, and whether the experiment can end.

    In Thompson sampling (Thompson 1933, Biometrika 25; Russo et al. 2018, "A Tutorial on Thompson Sampling") each user
    gets the variant whose rate is the highest in one draw from the posterior. So over many users variants are chosen
    with their probabilities to be the best, and these, computed without drawing, are the shares.

    Args:
        observed: Users, conversions and current shares.
        settings: The rules.
        mismatch: Whether the users are not divided by the shares; nothing is concluded then.

    Raises:
        SettingError: The minimum shares add up to more than 1.
    """
    n_variants = len(observed.variants)
    if settings.minimum_share * n_variants > 1:
        raise SettingError(
            f"minimum_share: {n_variants} variants cannot all have {settings.minimum_share:g}.",
            f"Give at most {1 / n_variants:.3g}.",
        )
    if observed.converted is None:
        return Proposal("wait", "Nothing is known of conversions.", observed.shares, None)
    now = standing(observed.users, observed.converted, settings.plausible_lift)
    if reason := _too_early(observed, settings, mismatch):
        return Proposal("wait", reason, observed.shares, now)
    target = settings.minimum_share + (1 - settings.minimum_share * n_variants) * now.probability_best
    shares = rounded(step(observed.shares, target, settings.maximum_step))
    return Proposal(*_judged(now, observed.variants, settings), shares, now)


def standing(users: Integers, converted: Integers, plausible_lift: float) -> Standing:
    """What users and conversions, shape (n_variants,) each, say of the variants."""
    rates = posterior(converted, users)
    probability, loss = compare(rates)
    best = int(np.argmax(probability))
    relative = float(loss[best] / rates.mean()[best])
    return Standing(best, probability, loss, relative, _p_value(best, users, converted, plausible_lift))


def _p_value(best: int, users: Integers, converted: Integers, plausible_lift: float) -> float:
    """The weakest comparison of the best with another, times the number of others (Bonferroni).

    If all variants are equal, the one that comes out best is either the first, and beats the second, or another, and
    beats the first: one event for each variant but the first.
    """
    others = [other for other in range(users.size) if other != best]
    pairs = [np.array([best, other]) for other in others]
    p_values = [always_valid_p_value(converted[pair], users[pair], plausible_lift) for pair in pairs]
    return min(1.0, max(p_values) * len(others))


def _too_early(observed: Observed, settings: Settings, mismatch: bool) -> str:
    if mismatch:
        return "The users are not divided by the shares (sample ratio mismatch). Find out why before anything else."
    fewest = int(np.argmin(observed.users))
    if observed.users[fewest] >= settings.minimum_users:
        return ""
    name, users = observed.variants[fewest], int(observed.users[fewest])
    return f"{name} has {users:,} users, fewer than {settings.minimum_users:,}."


def _judged(now: Standing, variants: tuple[str, ...], settings: Settings) -> tuple[Decision, str]:
    best = variants[now.best]
    loss = f"choosing {best} is expected to lose {now.relative_loss:.2%} of its conversions"
    noise = f"p = {now.p_value:.3g}"
    if now.relative_loss >= settings.loss_threshold:
        return "continue", f"Undecided: {loss}."
    if now.p_value > settings.false_stop_rate:
        return "continue", f"It may be noise ({noise}), though {loss}."
    return ("stop" if now.best == 0 else "promote"), f"{best} is the best ({noise}), and {loss}."
