"""That what is recommended is worth recommending: planted structure is found again."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from machiya_recommender.interactions import Interactions
from machiya_recommender.model import Algorithm
from machiya_recommender.train import TrainParameters, train_model
from machiya_recommender.training import TrainingState

pytestmark = pytest.mark.usefixtures("one_blas_thread")

USERS, ITEMS, KINDS, TRAIN, TEST, K = 300, 150, 6, 12, 5, 10
Build = Callable[[list[tuple[str, str, float]]], Interactions]


class Silent:
    """Watches nothing and keeps nothing."""

    def start(self) -> TrainingState | None:
        return None

    def iteration_done(self, state: TrainingState) -> None:
        """Nothing to do."""


def planted(rng: np.random.Generator) -> NDArray[np.int64]:
    """Items of each user, (USERS, TRAIN + TEST): nine in ten of the two kinds he likes, popular ones more often."""
    kinds = rng.integers(KINDS, size=ITEMS)
    attraction = 0.1 + 1 / (1 + rng.permutation(ITEMS))
    chosen = []
    for _ in range(USERS):
        liked = np.isin(kinds, rng.choice(KINDS, size=2, replace=False))
        chance = attraction * np.where(liked, 1, 0.05)
        chosen.append(rng.choice(ITEMS, size=TRAIN + TEST, replace=False, p=chance / chance.sum()))
    return np.array(chosen)


def quality(build: Build, algorithm: Algorithm, **parameters: Any) -> tuple[float, float]:
    """(recall@10, nDCG@10) on the last items of each user, after training on the first."""
    chosen = planted(np.random.default_rng(20261122))
    pairs = [(f"u{u:03d}", f"i{item:03d}", 1.0) for u, items in enumerate(chosen) for item in items[:TRAIN]]
    data = build(pairs)
    known: dict[str, Any] = {
        "factors": 8,
        "iterations": 15,
        "regularization": 0.05,
        "alpha": 1.0,
        "learning_rate": 0.05,
        "neighbours": 50,
        "similarity": "cosine",
        "seed": 0,
    }
    model, _ = train_model(data, TrainParameters(algorithm, **(known | parameters)), Silent(), threads=2)
    if model.factors is not None:
        scores = model.factors.users @ model.factors.items.T
    elif model.neighbours is not None:
        scores = (data.weights @ model.neighbours).toarray()
    else:
        scores = np.tile(model.popularity.astype(np.float32), (USERS, 1))
    scores[data.weights.nonzero()] = -np.inf
    best = np.argsort(-scores.astype(np.float32), axis=1, kind="stable")[:, :K]
    names = np.array(data.items.to_pylist())
    wanted = [{f"i{item:03d}" for item in items[TRAIN:]} for items in chosen]
    hits = np.array([[name in want for name in names[row]] for row, want in zip(best, wanted, strict=True)])
    discount = 1 / np.log2(np.arange(2, K + 2))
    return float(hits.sum(axis=1).mean() / TEST), float((hits @ discount).mean() / discount[:TEST].sum())


@pytest.mark.parametrize(
    ("algorithm", "parameters", "factor"),
    [
        ("als", {}, 2.0),
        ("bpr", {"iterations": 60}, 1.5),
        ("item-knn", {}, 2.0),
        ("item-knn", {"similarity": "bm25"}, 2.0),
    ],
)
def test_planted_structure_beats_popularity_by_a_wide_margin(
    interactions: Build, algorithm: Algorithm, parameters: dict[str, Any], factor: float
) -> None:
    recall, ndcg = quality(interactions, algorithm, **parameters)
    popular_recall, popular_ndcg = quality(interactions, "popularity")
    assert recall > factor * popular_recall
    assert ndcg > factor * popular_ndcg
    assert popular_recall > K / ITEMS, "popularity itself is better than chance, so the margin means something"
