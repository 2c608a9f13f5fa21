"""recommender.predict: the top 100 of every user, seen items filtered, against libraries and against pure sgemm.

CPU seconds, with one BLAS thread for all (two make implicit slower). Every case gets the same factors and CSR matrix
and gives ids and scores; ours includes sorting the items. Pure sgemm is the product of users and items alone,
in tiles that stay in the cache, whose results nobody looks at.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import (
    BenchmarkError,
    Case,
    Measurement,
    Row,
    Scale,
    at_least,
    at_most,
    installed,
    measure,
    not_measured,
)
from tests.benchmarks.predict_data import Known, N, made

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TARGETS = {64: 4.0, 128: 2.4}
EVERY = 97
"""Of so many users one is compared: enough, and the answer of a process stays small."""
Lists = tuple[NDArray[np.integer[Any]], NDArray[np.float32]]
TILE = 512


def rows(scale: Scale) -> list[Row]:
    """At 64 and at 128 factors."""
    return [row for factors in TARGETS for row in _rows(scale, factors)]


def _rows(scale: Scale, factors: int) -> Iterator[Row]:
    folder = made(scale, factors)
    cases = {"ours": ours, "sgemm": sgemm, "implicit": by_implicit}
    measured = measure({name: _case(run, folder) for name, run in cases.items()}, scale.repeat)
    mine, stage = measured["ours"], f"predict, {factors} factors"
    yield at_most(stage, "pure sgemm, CPU", mine.ratio(measured["sgemm"]), 1.15, note=f"{mine.cpu:.2f} s")
    times = measured["implicit"].ratio(mine)
    yield at_least(
        stage, "implicit.recommend, CPU", times, TARGETS[factors], note=_agreement(mine, measured["implicit"])
    )
    slow = {"ours": ours, "GEMM and argpartition": by_argpartition, "faiss, seen items included": by_faiss}
    if not installed("faiss"):
        del slow["faiss, seen items included"]
        yield not_measured(stage, "faiss IndexFlatIP, CPU", ">= 1 x", "faiss-cpu is not installed")
    measured = measure({name: _case(run, folder) for name, run in slow.items()}, 1)
    for name, other in measured.items():
        if name != "ours":
            note = _agreement(mine, other) if name.startswith("GEMM") else ""
            yield at_least(stage, f"{name}, CPU", other.ratio(measured["ours"]), 1, note=note)


def _case(run: Any, folder: Path) -> Case:
    return Case(run, prepare=partial(_prepared, folder, run), environment=ONE_THREAD)


def _prepared(folder: Path, run: Any) -> Known:
    """The arrays; what compiles or loads has done so."""
    known = Known.load(folder)
    run(known.part(64))
    return known


def _agreement(mine: Measurement, other: Measurement) -> str:
    """How many of the ids are the same. Raises BenchmarkError where a difference is more than rounding."""
    (ids, scores), (other_ids, other_scores) = mine.value, other.value
    if not np.allclose(scores, other_scores, rtol=1e-4, atol=1e-5):
        raise BenchmarkError("The scores differ by more than rounding.")
    return f"{(ids == other_ids).mean():.3%} of ids in the same place, the others are ties but for rounding"


def _some(lists: Lists) -> Lists:
    return lists[0][::EVERY], lists[1][::EVERY]


def ours(known: Known) -> Lists:
    """As the operation does it, from factors and histories to lists."""
    import pyarrow as pa

    from machiya_component.machine import available_cpus
    from machiya_recommender.factors import Factors
    from machiya_recommender.history import History
    from machiya_recommender.machine import single_threaded_blas
    from machiya_recommender.model import Model
    from machiya_recommender.recommend import Recommender

    users, items = (pa.array([f"{place:07d}" for place in range(len(side))]) for side in (known.users, known.items))
    popularity = np.ones(len(items), np.int64)
    model = Model("als", {}, users, items, popularity, Factors(known.users, known.items))
    history = History(known.seen.indptr.astype(np.int64), known.seen.indices)
    with single_threaded_blas():
        parts = list(Recommender(model, N, filter_seen=True).in_batches(users, history, available_cpus()))
    ids, scores = (np.concatenate([getattr(part, name) for part in parts]) for name in ("item", "score"))
    return _some((ids.reshape(-1, N), scores.reshape(-1, N)))


def sgemm(known: Known) -> None:
    """All products, none of them kept."""
    tile = np.empty(TILE * TILE, np.float32)
    for user in range(0, len(known.users), TILE):
        users = known.users[user : user + TILE]
        for item in range(0, len(known.items), TILE):
            items = known.items[item : item + TILE]
            np.matmul(users, items.T, out=tile[: len(users) * len(items)].reshape(len(users), len(items)))


def by_implicit(known: Known) -> Lists:
    """``recommend`` in batches of the size that its documentation uses."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=known.users.shape[1])
    model.user_factors, model.item_factors = known.users, known.items
    found = [
        model.recommend(users, known.seen[users], N=N, filter_already_liked_items=True)
        for users in np.array_split(np.arange(len(known.users)), -(-len(known.users) // 1000))
    ]
    ids, scores = (np.concatenate(side) for side in zip(*found, strict=True))
    return _some((ids, scores))


def by_argpartition(known: Known) -> Lists:
    """Blocks of users against all items, in NumPy."""
    ids, scores = [], []
    for start in range(0, len(known.users), 256):
        block = known.users[start : start + 256] @ known.items.T
        seen = known.seen[start : start + 256]
        block[np.repeat(np.arange(len(block)), np.diff(seen.indptr)), seen.indices] = -np.inf
        best = np.argpartition(block, -N, axis=1)[:, -N:]
        order = np.argsort(-np.take_along_axis(block, best, axis=1), axis=1, kind="stable")
        ids.append(np.take_along_axis(best, order, axis=1))
        scores.append(np.take_along_axis(block, ids[-1], axis=1))
    return _some((np.concatenate(ids), np.concatenate(scores)))


def by_faiss(known: Known) -> None:
    """IndexFlatIP cannot leave out other items for each user; it does less than is asked for."""
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(known.items.shape[1])
    index.add(known.items)
    index.search(known.users, N)
