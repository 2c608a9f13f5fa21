"""The top N of many users, against a naive reference in plain Python."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix

from machiya_recommender.errors import InvalidInputError
from machiya_recommender.factors import Factors
from machiya_recommender.history import History
from machiya_recommender.model import ALGORITHMS, Algorithm, Model
from machiya_recommender.recommend import Recommendations, Recommender, Summary
from machiya_recommender.sharding import batches, shard_range

pytestmark = pytest.mark.usefixtures("one_blas_thread")

USERS, ITEMS, STRANGERS = 50, 23, 8
Row = tuple[int, int, int, bool]


def made(algorithm: Algorithm, seed: int = 0) -> Model:
    """A model with whole-number factors and similarities: products are exact, and there are many ties."""
    rng = np.random.default_rng(seed)
    factors = neighbours = None
    if algorithm in ("als", "bpr"):
        users = rng.integers(-2, 3, size=(USERS, 3)).astype(np.float32)
        factors = Factors(users, rng.integers(-2, 3, size=(ITEMS, 3)).astype(np.float32), bias=algorithm == "bpr")
    if algorithm == "item-knn":
        near = rng.integers(1, 4, size=(ITEMS, ITEMS)) * (rng.random((ITEMS, ITEMS)) < 0.15)
        np.fill_diagonal(near, 0)
        neighbours = csr_matrix(near.astype(np.float32))
    popularity = rng.integers(1, 6, size=ITEMS)
    return Model(algorithm, {}, ids("u", USERS), ids("i", ITEMS), popularity, factors, neighbours)


def ids(prefix: str, count: int) -> pa.Array:
    return pa.array([f"{prefix}{number:03d}" for number in range(count)])


def targets() -> pa.Array:
    """All users of the model and, sorted in between, some whom it does not know."""
    return pa.array(sorted(ids("u", USERS).to_pylist() + [f"u{5 * number:03d}x" for number in range(STRANGERS)]))


def histories(seed: int = 1) -> csr_matrix:
    """From nothing at all to everything; with stored zeros (seen, but worth nothing)."""
    rng = np.random.default_rng(seed)
    share = np.linspace(0, 1.05, len(targets()))[:, None]
    rows, columns = np.nonzero(rng.random((len(targets()), ITEMS)) < rng.permutation(share))
    return csr_matrix((rng.integers(0, 4, size=len(rows)).astype(np.float64), (rows, columns)), (len(targets()), ITEMS))


def history_of(matrix: csr_matrix) -> History:
    return History(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)


def run(
    model: Model, n: int, filter_seen: bool, part: range | None = None, batch_size: int = 1000, threads: int = 2
) -> list[Recommendations]:
    part = range(len(targets())) if part is None else part
    recommender = Recommender(model, n, filter_seen)
    return [
        found
        for batch in batches(part, batch_size)
        for found in recommender.in_batches(
            targets()[batch.start : batch.stop], history_of(histories()[batch.start : batch.stop]), threads, batch.start
        )
    ]


def rows(parts: list[Recommendations]) -> list[Row]:
    return [
        (int(user), int(item), int(rank), bool(fallback))
        for part in parts
        for user, item, rank, fallback in zip(part.user, part.item, part.rank, part.fallback, strict=True)
    ]


def naive(model: Model, n: int, filter_seen: bool) -> list[Row]:
    found: list[Row] = []
    known = {name: place for place, name in enumerate(model.users.to_pylist())}
    history = histories()
    for user, name in enumerate(targets().to_pylist()):
        seen = dict(zip(history[user].indices.tolist(), history[user].data.tolist(), strict=True))
        scores: dict[int, float] = {}
        if model.neighbours is not None:
            near = model.neighbours.toarray()
            sums = {item: sum(weight * near[other, item] for other, weight in seen.items()) for item in range(ITEMS)}
            scores = {item: score for item, score in sums.items() if score > 0}
        elif name in known and model.factors is not None:
            scores = dict(enumerate((model.factors.items @ model.factors.users[known[name]]).tolist()))
        elif name in known:
            scores = dict(enumerate(model.popularity.tolist()))
        allowed = [item for item in range(ITEMS) if not (filter_seen and item in seen)]
        best = sorted((item for item in allowed if item in scores), key=lambda item: (-scores[item], item))[:n]
        rest = [item for item in allowed if item not in best]
        more = sorted(rest, key=lambda item: (-model.popularity[item], item))[: n - len(best)]
        listed = [(item, False) for item in best] + [(item, True) for item in more]
        found += [(user, item, rank, fallback) for rank, (item, fallback) in enumerate(listed, start=1)]
    return found


@pytest.mark.parametrize("n", [1, 5, ITEMS, 100])
@pytest.mark.parametrize("filter_seen", [True, False])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_it_equals_the_naive_reference(algorithm: Algorithm, filter_seen: bool, n: int) -> None:
    model = made(algorithm)
    assert rows(run(model, n, filter_seen)) == naive(model, n, filter_seen)


def rounding(algorithm: Algorithm) -> Model:
    """A model whose factors, if it has some, round: a difference in a product would show."""
    rng, model = np.random.default_rng(2), made(algorithm)
    if model.factors is None:
        return model
    users, items = (rng.random((size, 9), dtype=np.float32) for size in (USERS, ITEMS))
    return Model(algorithm, {}, model.users, model.items, model.popularity, Factors(users, items))


def score_bytes(parts: list[Recommendations]) -> bytes:
    return b"".join(part.score.tobytes() for part in parts)


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 58, 80])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_shards_in_their_order_are_the_whole_bit_for_bit(algorithm: Algorithm, shards: int) -> None:
    model = rounding(algorithm)
    whole = run(model, 5, filter_seen=True)
    parts = [
        part
        for shard in range(shards)
        for part in run(model, 5, filter_seen=True, part=shard_range(len(targets()), shard, shards))
    ]
    assert rows(parts) == rows(whole)
    assert score_bytes(parts) == score_bytes(whole)


@pytest.mark.parametrize(("batch_size", "threads"), [(1, 1), (1, 4), (3, 2), (58, 1)])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_batches_and_threads_do_not_change_a_bit(
    algorithm: Algorithm, batch_size: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = rounding(algorithm)
    other = run(model, 5, True)
    monkeypatch.setattr(
        "machiya_recommender.recommend.rows_at_a_time", lambda _: 3
    )  # so that threads have several jobs
    one = run(model, 5, True, batch_size=batch_size, threads=threads)
    assert rows(one) == rows(other)
    assert score_bytes(one) == score_bytes(other)


def test_a_user_who_has_seen_everything_gets_nothing() -> None:
    full = np.diff(histories().indptr) == ITEMS
    assert full.any()
    listed = {user for user, *_ in rows(run(made("als"), 5, filter_seen=True))}
    assert listed.isdisjoint(np.flatnonzero(full).tolist())


def test_scores_are_the_dot_products() -> None:
    model = made("als")
    assert model.factors is not None
    known = {name: place for place, name in enumerate(model.users.to_pylist())}
    names = targets().to_pylist()
    for part in run(model, 5, filter_seen=True):
        for user, item, score, fallback in zip(part.user, part.item, part.score, part.fallback, strict=True):
            if fallback:
                assert score == model.popularity[item]
            else:
                assert score == model.factors.users[known[names[user]]] @ model.factors.items[item]


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_scores_that_are_not_finite_are_refused(value: float) -> None:
    model = made("als")
    assert model.factors is not None
    model.factors.items[3] = value
    with pytest.raises(InvalidInputError, match="not finite"):
        run(model, 5, filter_seen=True)


def test_the_summary_counts_users_fallbacks_short_lists_and_rows() -> None:
    model, summary = made("als"), Summary(5)
    for part in run(model, 5, filter_seen=True):
        summary.add(part)
    expected = naive(model, 5, filter_seen=True)
    lengths = [sum(user == place for user, *_ in expected) for place in range(len(targets()))]
    assert summary.metrics() == {
        "users": len(targets()),
        "fallback_users": len({user for user, _, _, fallback in expected if fallback}),
        "short_users": sum(length < 5 for length in lengths),
        "rows": len(expected),
    }
