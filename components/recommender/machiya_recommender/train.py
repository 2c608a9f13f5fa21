"""From interactions to a model, by any of the algorithms."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from machiya_recommender.interactions import Interactions
from machiya_recommender.item_knn import Similarity
from machiya_recommender.model import Algorithm, Model
from machiya_recommender.training import FactorTrainer, TrainingState, train_factors

if TYPE_CHECKING:
    from machiya_recommender.als_side import Solver

PAIRS_PER_THREAD = 50_000
"""With less work than this, threads cost more than they bring: they are started anew for every half step."""


@dataclass(frozen=True)
class TrainParameters:
    """What the contract calls by the same names."""

    algorithm: Algorithm
    factors: int
    iterations: int
    regularization: float
    alpha: float
    learning_rate: float
    neighbours: int
    similarity: Similarity
    seed: int
    solver: "Solver" = "conjugate-gradient"
    regularization_exponent: float = 0.0


class Monitor(Protocol):
    """Whoever watches a training, and keeps its state for the case that it is stopped."""

    def start(self) -> TrainingState | None:
        """Called before the first iteration; the state kept by an earlier call that was stopped, or None."""
        ...

    def iteration_done(self, state: TrainingState) -> None:
        """Called after each iteration. The factors in the state change with the next one."""
        ...


_USED = {
    "als": ("factors", "iterations", "regularization", "regularization_exponent", "alpha", "solver", "seed"),
    "bpr": ("factors", "iterations", "regularization", "learning_rate", "seed"),
    "item-knn": ("neighbours", "similarity"),
    "popularity": (),
}


def train_model(
    data: Interactions, parameters: TrainParameters, monitor: Monitor, threads: int
) -> tuple[Model, dict[str, float]]:
    """The model and its metrics. To be used inside ``single_threaded_blas``. Raises InvalidInputError on divergence.

    threads: at most so many; the result does not depend on it.
    """
    threads = max(1, min(threads, data.weights.nnz // PAIRS_PER_THREAD))
    users, items = data.weights.shape
    metrics: dict[str, float] = {"users": users, "items": items, "interactions": data.weights.nnz}
    factors = neighbours = None
    if parameters.algorithm in ("als", "bpr"):
        state = _fit_factors(_trainer(data, parameters, threads), parameters.iterations, monitor)
        factors = state.factors
        metrics |= _curve_metrics(state)
    elif parameters.algorithm == "item-knn":
        from machiya_recommender.item_knn import item_neighbours

        neighbours = item_neighbours(data.weights, parameters.neighbours, parameters.similarity, threads)
        metrics["neighbours"] = neighbours.nnz / items
    known = asdict(parameters)
    model = Model(
        algorithm=parameters.algorithm,
        parameters={name: known[name] for name in _USED[parameters.algorithm]},
        users=data.users,
        items=data.items,
        popularity=np.bincount(data.weights.indices, minlength=items).astype(np.int64),
        factors=factors,
        neighbours=neighbours,
    )
    return model, metrics


def _trainer(data: Interactions, parameters: TrainParameters, threads: int) -> FactorTrainer:
    if parameters.algorithm == "als":
        from machiya_recommender.als import AlsTrainer

        return AlsTrainer(
            data.weights,
            parameters.factors,
            parameters.regularization,
            parameters.alpha,
            parameters.seed,
            threads,
            parameters.solver,
            parameters.regularization_exponent,
        )
    from machiya_recommender.bpr import BprTrainer

    return BprTrainer(
        data.weights, parameters.factors, parameters.learning_rate, parameters.regularization, parameters.seed
    )


def _fit_factors(trainer: FactorTrainer, iterations: int, monitor: Monitor) -> TrainingState:
    state = monitor.start() or TrainingState(trainer.start())
    for state in train_factors(trainer, iterations, state):  # noqa: B020  (the last one counts; none if all is done)
        monitor.iteration_done(state)
    return state


def _curve_metrics(state: TrainingState) -> dict[str, float]:
    """The last value of each curve under its name, and every value of the loss as loss/001, loss/002, ..."""
    digits = max(3, len(str(state.iterations)))
    metrics = {name: curve[-1] for name, curve in state.curves.items()}
    metrics |= {f"loss/{step:0{digits}d}": value for step, value in enumerate(state.curves["loss"], start=1)}
    return metrics
