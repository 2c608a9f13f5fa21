"""Training: our alternating least squares against that of the library implicit, from the same factors.

What is measured is all of a training but reading: confidences, the transposed matrix, the iterations, and in ours the
loss after each (implicit is not asked for any). Both use every CPU; BLAS has one thread, as implicit advises.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, load_npz, save_npz

from tests.benchmarks.harness import Case, Measurement, Row, Scale, at_most, measure

Factors = tuple[NDArray[np.float32], NDArray[np.float32]]

REGULARIZATION, ALPHA, SEED = 0.05, 1.0, 20261125
HELD_OUT, JUDGED, CUT = 0.1, 3000, 20
"""The share of pairs that are not trained on; how many users are judged by them; and by how long a list."""


@dataclass(frozen=True)
class Training:
    """What both are asked for."""

    factors: int
    iterations: int
    exact: bool = False


def ours(weights: csr_matrix, training: Training) -> Factors:
    """The component's training, with the loss of each iteration."""
    from machiya_component.machine import available_cpus
    from machiya_recommender.machine import single_threaded_blas

    with single_threaded_blas():
        trainer = _trainer(weights, training, available_cpus())
        factors = trainer.start()
        for iteration in range(1, training.iterations + 1):
            trainer.step(factors, iteration)
    return factors.users, factors.items


def implicits(weights: csr_matrix, training: Training) -> Factors:
    """The library's."""
    from implicit.cpu.als import AlternatingLeastSquares

    from machiya_component.machine import available_cpus

    start = _trainer(weights, training, 1).start()
    model = AlternatingLeastSquares(
        factors=training.factors,
        regularization=REGULARIZATION,
        alpha=1.0,
        iterations=training.iterations,
        num_threads=available_cpus(),
        use_cg=not training.exact,
    )
    model.user_factors, model.item_factors = start.users, start.items
    model.fit(_confidences(weights), show_progress=False)
    return model.user_factors, model.item_factors


def _trainer(weights: csr_matrix, training: Training, threads: int) -> Any:
    from machiya_recommender.als import AlsTrainer

    solver: Any = "cholesky" if training.exact else "conjugate-gradient"
    return AlsTrainer(weights, training.factors, REGULARIZATION, ALPHA, SEED, threads, solver)


def _confidences(weights: csr_matrix) -> csr_matrix:
    return csr_matrix((1 + np.float32(ALPHA) * weights.data, weights.indices, weights.indptr), shape=weights.shape)


def read(folder: Path, training: Training) -> csr_matrix:
    """The pairs to train on. What is compiled at the first call is called, on a few users."""
    weights = _pairs(folder, "train")
    few = Training(training.factors, 1, training.exact)
    ours(weights[:50], few)
    implicits(weights[:50], few)
    return weights


def _pairs(folder: Path, name: str) -> csr_matrix:
    return csr_matrix(load_npz(folder / f"{name}.npz"))


def split(events: Path, folder: Path) -> None:
    """Events -> weights of pairs, how often each came (at most 5 times); a tenth of the pairs is held out."""
    import pyarrow.parquet as pq

    table = pq.read_table(events, columns=["user_id", "item_id"])
    users, items = (np.unique(column.to_numpy(), return_inverse=True)[1] for column in table.columns)
    pairs = csr_matrix((np.ones(len(users), np.float32), (users, items)))
    pairs.sum_duplicates()
    pairs.data = np.minimum(pairs.data, 5)
    held = np.random.default_rng(SEED).random(pairs.nnz) < HELD_OUT
    for name, kept in (("train", ~held), ("test", held)):
        part = csr_matrix((pairs.data * kept, pairs.indices, pairs.indptr), shape=pairs.shape, copy=True)
        part.eliminate_zeros()
        save_npz(folder / f"{name}.npz", part, compressed=False)


def loss(weights: csr_matrix, factors: Factors) -> float:
    """Equation 3 of Hu, Koren and Volinsky 2008, divided by the sum of confidences; float64."""
    users, items = (side.astype(np.float64) for side in factors)
    total = ((users.T @ users) * (items.T @ items)).sum() + REGULARIZATION * ((users**2).sum() + (items**2).sum())
    confidences = _confidences(weights)
    for first in range(0, len(users), 4096):
        rows = confidences[first : first + 4096]
        row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        for part in range(0, rows.nnz, 1 << 18):
            taken = slice(part, part + (1 << 18))
            score = np.einsum("pf,pf->p", users[first + row[taken]], items[rows.indices[taken]])
            total += (rows.data[taken] * (1 - score) ** 2 - score**2).sum()
    return float(total / (np.prod(weights.shape) + ALPHA * weights.data.sum(dtype=np.float64)))


def recall(weights: csr_matrix, test: csr_matrix, factors: Factors) -> float:
    """Recall@20 on the pairs held out, over users who have some; what was trained on is left out."""
    users = np.flatnonzero(np.diff(test.indptr))
    users = np.random.default_rng(SEED).permutation(users)[:JUDGED]
    shares = []
    for user in users:
        scores = factors[1] @ factors[0][user]
        scores[weights.indices[weights.indptr[user] : weights.indptr[user + 1]]] = -np.inf
        wanted = test.indices[test.indptr[user] : test.indptr[user + 1]]
        best = np.argpartition(-scores, CUT)[:CUT]
        shares.append(np.isin(best, wanted).sum() / min(CUT, len(wanted)))
    return float(np.mean(shares))


def rows(scale: Scale) -> list[Row]:
    """Each number of factors and solver, then what they were asked for: the same loss, the same quality."""
    folder = scale.made("als", partial(split, scale.events()))
    iterations = 15 if scale.share < 0.1 else 5
    asked = {
        f"train, ALS, 64 factors, {iterations} iterations": (Training(64, iterations), 0.42),
        f"train, ALS, 128 factors, {iterations} iterations": (Training(128, iterations), 0.6),
        "train, ALS, 64 factors, exact, 1 iteration": (Training(64, 1, exact=True), 0.25),
    }
    return [
        row for stage, (training, limit) in asked.items() for row in _compared(scale, folder, stage, training, limit)
    ]


def _compared(scale: Scale, folder: Path, stage: str, training: Training, limit: float) -> list[Row]:
    environment = {"OPENBLAS_NUM_THREADS": "1"}
    prepare = partial(read, folder, training)
    cases = {"ours": Case(ours, (training,), prepare, environment=environment)}
    cases["implicit"] = Case(implicits, (training,), prepare, environment=environment)
    found = measure(cases, scale.repeat)
    one, two = found["ours"], found["implicit"]
    others = f"wall {one.ratio(two, 'wall'):.2f} x, memory {one.ratio(two, 'peak'):.2f} x"
    note = f"{one.cpu:.1f} s of {two.cpu:.1f} s; {others}"
    return [at_most(stage, "implicit, CPU", one.ratio(two), limit, note=note), *_quality(folder, stage, one, two)]


def _quality(folder: Path, stage: str, one: Measurement, two: Measurement) -> list[Row]:
    """How far the losses are apart, relatively, and how far recall falls short."""
    weights, test = _pairs(folder, "train"), _pairs(folder, "test")
    losses = [loss(weights, found.value) for found in (one, two)]
    recalls = [recall(weights, test, found.value) for found in (one, two)]
    told = f"recall@{CUT} {recalls[0]:.4f} and {recalls[1]:.4f}"
    return [
        at_most(stage, "implicit, loss", losses[0] / losses[1] - 1, 1e-4, unit="more", note=f"{losses[0]:.6f}"),
        at_most(stage, "implicit, quality", recalls[1] - recalls[0], 0.002, unit="less", note=told),
    ]
