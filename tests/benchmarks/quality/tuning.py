"""Parameters that do best on a validation set, for every model by the same means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.quality.models import Model, Parameters
from tests.benchmarks.quality.protocols import Stage
from tests.benchmarks.quality.ranking import CHOSEN_BY, METRICS, measure

ZOOM = 4
"""The second half of the trials looks at this part of each range, around the best of the first half."""

Space = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Trial:
    """Parameters that were tried, and the mean nDCG@100 of the validation users."""

    parameters: Parameters
    ndcg: float


def tune(model: Model, stage: Stage, trials: int, seed: int, say: Callable[[str], None]) -> Trial:
    """The best of ``trials`` for two parameters, half as many more or less for one more or less, one for none.

    Half of them are spread evenly over the whole space, on a scale of logarithms (Halton's sequence, scrambled by the
    seed), half over a smaller box around the best of these. Of equals the first is chosen.
    """
    fit = model.prepare(stage.train)
    count = max(2, trials * len(model.space) // 2) if model.space else 1
    done: list[Trial] = []
    space, rng = model.space, np.random.default_rng(seed)
    for size in (count - count // 2, count // 2):
        for parameters in spread(space, size, rng):
            ndcg = float(measure(fit(parameters), stage)[:, CHOSEN_BY].mean())
            done.append(Trial(parameters, ndcg))
            say(f"{model.name} {len(done)}/{count}: {described(parameters)} {METRICS[CHOSEN_BY]} {ndcg:.4f}")
        space = around(model.space, best(done).parameters)
    return best(done)


def best(trials: list[Trial]) -> Trial:
    """The first of those with the highest nDCG."""
    return max(trials, key=lambda trial: trial.ndcg)


def spread(space: Space, count: int, rng: np.random.Generator) -> list[dict[str, float]]:
    """``count`` points, even on a scale of logarithms, to three digits; the empty space has but one, ``{}``."""
    from scipy.stats import qmc

    if not space:
        return [{}] * count
    low, high = np.log(np.array(list(space.values()))).T
    points = np.exp(low + qmc.Halton(len(space), rng=rng).random(count) * (high - low))
    return [{name: float(f"{value:.3g}") for name, value in zip(space, point, strict=True)} for point in points]


def around(space: Space, centre: Parameters) -> Space:
    """The box of a ZOOMth of each range (of its logarithm) with the centre in the middle, moved into the space."""
    smaller = {}
    for name, (low, high) in space.items():
        width = (high / low) ** (1 / ZOOM)
        start = float(np.clip(centre[name] / width**0.5, low, high / width))
        smaller[name] = (start, start * width)
    return smaller


def described(parameters: Parameters) -> str:
    """As a person reads them; a dash where there are none."""
    return ", ".join(f"{name} {value:g}" for name, value in parameters.items()) or "-"
