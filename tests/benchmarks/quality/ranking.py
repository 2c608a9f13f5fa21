"""How good lists are, user by user, and how sure that is.

Recall@k is divided by min(k, |truth|), and the ideal of nDCG@k is cut at k, both as in Liang et al. 2018 (section 4.2);
relevance is 0 or 1.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.protocols import Stage

Scores = NDArray[np.floating]
Scorer = Callable[[csr_matrix], Scores]
"""From histories (users, items) to scores of all items (users, items), higher is better."""

METRICS = ("Recall@20", "Recall@50", "nDCG@100")
CHOSEN_BY = METRICS.index("nDCG@100")
DEPTH = 100
SCORES_PER_BATCH = 1 << 23


def measure(scorer: Scorer, stage: Stage) -> NDArray[np.float64]:
    """METRICS of each user who is asked about, (users, 3). Items of the history are never recommended."""
    users, items = stage.truth.shape
    size = max(1, SCORES_PER_BATCH // items)
    parts = []
    for start in range(0, users, size):
        history, truth = stage.history[start : start + size], stage.truth[start : start + size]
        scores = np.array(scorer(history))
        scores[history.nonzero()] = -np.inf
        parts.append(metrics_of_lists(best_items(scores, DEPTH), truth))
    return np.concatenate(parts)


def best_items(scores: Scores, depth: int) -> NDArray[np.int64]:
    """(users, min(depth, items)): the items of each row, best first, equal scores in the order of items.

    -1 where nothing is left that may be recommended (a score of minus infinity).
    """
    rows, items = scores.shape
    depth = min(depth, items)
    threshold = np.partition(scores, items - depth, axis=1)[:, items - depth, None]
    row, item = np.nonzero((scores >= threshold) & (scores > -np.inf))
    order = np.lexsort((item, -scores[row, item], row))
    row, item = row[order], item[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    best = np.full((rows, depth), -1, dtype=np.int64)
    best[row[place < depth], place[place < depth]] = item[place < depth]
    return best


def metrics_of_lists(best: NDArray[np.int64], truth: csr_matrix) -> NDArray[np.float64]:
    """METRICS of each row, (users, 3). best: (users, depth) items, or -1. truth: relevant items, some in each row."""
    relevant = truth.toarray() > 0
    hits = np.take_along_axis(relevant, np.maximum(best, 0), axis=1) & (best >= 0)
    hits = np.pad(hits, ((0, 0), (0, DEPTH - best.shape[1])))
    sizes = relevant.sum(axis=1)
    recalls = [hits[:, :k].sum(axis=1) / np.minimum(k, sizes) for k in (20, 50)]
    gains = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = np.cumsum(gains)[np.minimum(DEPTH, sizes) - 1]
    return np.column_stack([*recalls, hits @ gains / ideal])


def resampled_means(values: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Means of ``values`` (users, columns) over users drawn with replacement, (resamples, columns).

    The draws depend on the seed and the number of users alone, so models measured on the same users are drawn in pairs.
    """
    users = len(values)
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, values.shape[1]))
    for sample in range(resamples):
        means[sample] = np.bincount(rng.integers(users, size=users), minlength=users) @ values / users
    return means


def interval(means: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of resampled means, (resamples,)."""
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
