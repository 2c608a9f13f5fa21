"""The table that is printed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.quality.models import REFERENCE, Parameters
from tests.benchmarks.quality.ranking import CHOSEN_BY, METRICS, interval, resampled_means
from tests.benchmarks.quality.tuning import described

RESAMPLES = 1000


@dataclass(frozen=True)
class Result:
    """values: METRICS of each test user, (users, 3), with the parameters that were best in validation."""

    parameters: Parameters
    values: NDArray[np.float64]


def table(results: Mapping[str, Result], seed: int) -> str:
    """Markdown: a row for each model, means with 95% bootstrap intervals over users.

    The last column is the difference of nDCG@100 from the reference, of the same users in every resample.
    """
    head = ["model", "parameters", *METRICS, f"{METRICS[CHOSEN_BY]} - that of {REFERENCE}"]
    lines = [head, ["---"] * len(head)]
    resampled = {name: resampled_means(result.values, RESAMPLES, seed) for name, result in results.items()}
    for name, result in results.items():
        means, samples = result.values.mean(axis=0), resampled[name]
        cells = [with_interval(mean, samples[:, column]) for column, mean in enumerate(means)]
        difference = "-"
        if name != REFERENCE and REFERENCE in results:
            over = means[CHOSEN_BY] - results[REFERENCE].values[:, CHOSEN_BY].mean()
            difference = with_interval(over, (samples - resampled[REFERENCE])[:, CHOSEN_BY], sign="+")
        lines.append([name, described(result.parameters), *cells, difference])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def with_interval(mean: float, samples: NDArray[np.float64], sign: str = "") -> str:
    """'0.391 [0.388, 0.394]'."""
    low, high = interval(samples)
    return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
