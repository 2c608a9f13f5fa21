"""The models, and what of them is tuned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.als import FoldIn, Training, implicit_als, our_als
from tests.benchmarks.quality.ease import Ease
from tests.benchmarks.quality.ranking import Scorer, Scores

Parameters = Mapping[str, float]
Fit = Callable[[Parameters], Scorer]

REFERENCE = "implicit ALS"
"""The model that the others are compared with."""


@dataclass(frozen=True)
class Model:
    """prepare: from a training matrix, CSR (users, items), to what fits the model, given a value for each parameter.

    space: name of a parameter -> the least and the greatest value that is tried. Both are positive: values are drawn
    on a scale of logarithms.
    """

    name: str
    prepare: Callable[[csr_matrix], Fit]
    space: Mapping[str, tuple[float, float]]
    memory: Callable[[csr_matrix], int] = lambda _: 0
    """Bytes that it takes beyond what all do, where that may be more than there is."""


def models(training: Training) -> tuple[Model, ...]:
    """In the order of the table. ``training`` is what both ALS share and what is not tuned.

    The ranges are wide for binary data of any size; the best values known for MovieLens-20M lie well inside.
    """
    space = {"alpha": (0.5, 50.0), "regularization": (1.0, 1000.0)}
    return (
        Model("popularity", lambda train: lambda _: Popularity(train), {}),
        Model(REFERENCE, partial(_als, implicit_als, training), space),
        Model(
            "ALS of recommender, frequency-scaled",
            partial(_als, our_als, training),
            space | {"regularization_exponent": (0.1, 1.0)},
        ),
        Model("EASE", _ease, {"l2": (10.0, 10000.0)}, Ease.memory),
    )


class Popularity:
    """The same for everybody: how many users of the training have the item."""

    def __init__(self, train: csr_matrix) -> None:
        self.counts: NDArray[np.float32] = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float32)

    def __call__(self, history: csr_matrix) -> Scores:
        """(users, items) float32."""
        return np.tile(self.counts, (history.shape[0], 1))


def _als(train_als: Callable[..., FoldIn], training: Training, train: csr_matrix) -> Fit:
    return lambda parameters: train_als(train, training, **parameters)


def _ease(train: csr_matrix) -> Fit:
    ease = Ease(train)
    return lambda parameters: ease.scorer(parameters["l2"])
