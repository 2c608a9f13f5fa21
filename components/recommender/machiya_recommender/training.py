"""The training of latent factors, iteration by iteration, so that it can be watched, stopped and resumed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from implicit.cpu.matrix_factorization_base import MatrixFactorizationBase
from implicit.recommender_base import ModelFitError
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands: the factors, and the curves (name -> a value per iteration that is done)."""

    factors: Factors
    curves: Mapping[str, list[float]] = field(default_factory=dict)

    @property
    def iterations(self) -> int:
        """How many iterations are done."""
        return max((len(curve) for curve in self.curves.values()), default=0)


class FactorTrainer(Protocol):
    """One algorithm. An iteration depends on the factors, its number and the seed alone, so it can be resumed."""

    def start(self) -> Factors:
        """The factors before the first iteration."""
        ...

    def step(self, factors: Factors, iteration: int) -> dict[str, float]:
        """Do one more iteration (1 = first) on the factors, in place; the values of the curves there, at least one.

        Raises InvalidInputError when the factors diverge.
        """
        ...


def train_factors(trainer: FactorTrainer, iterations: int, state: TrainingState) -> Iterator[TrainingState]:
    """Yield the state after each iteration that is still to be done. All states share one pair of factor arrays."""
    curves = {name: list(curve) for name, curve in state.curves.items()}
    for iteration in range(state.iterations + 1, iterations + 1):
        for name, value in trainer.step(state.factors, iteration).items():
            curves.setdefault(name, []).append(value)
        yield TrainingState(state.factors, curves)


def fit_in_place(model: MatrixFactorizationBase, factors: Factors, matrix: csr_matrix) -> None:
    """Let one of implicit's models go on from these factors, in place. Raises InvalidInputError when they diverge."""
    model.user_factors, model.item_factors = factors.users, factors.items
    with np.errstate(over="ignore", invalid="ignore"), suppress(ModelFitError):  # said better below
        model.fit(matrix, show_progress=False)
    require_finite(factors)


def require_finite(factors: Factors) -> None:
    """Raise InvalidInputError when a training has diverged."""
    if not (np.isfinite(factors.users).all() and np.isfinite(factors.items).all()):
        raise InvalidInputError(
            "The training diverged: some factors are not finite numbers.",
            "Lower the weights (or --alpha, or --learning_rate), or raise --regularization.",
        )


def save_state(state: TrainingState, path: Path) -> None:
    """Write the state as one uncompressed .npz file at exactly ``path``."""
    curves = {f"curve_{name}": np.array(curve, dtype=np.float64) for name, curve in state.curves.items()}
    factors = state.factors
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, users=factors.users, items=factors.items, bias=factors.bias, **curves)


def load_state(path: Path) -> TrainingState:
    """Read what ``save_state`` wrote."""
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        factors = Factors(file["users"], file["items"], bool(file["bias"]))
        names = [name for name in file.files if name.startswith("curve_")]
        return TrainingState(factors, {name.removeprefix("curve_"): file[name].tolist() for name in names})
