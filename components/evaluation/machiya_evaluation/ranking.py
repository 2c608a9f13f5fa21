"""Accuracy of a ranking, per user and at a cutoff k, by the definitions of ranx.

Every function takes the hits of all users and k, and returns float64 of shape (n_users,). 0 means that no hit is
among the first k places - also for a user who has no list. NaN means that the user has no ground truth, so that
nothing can be said.

Lists shorter than k are taken as they are: what is missing is no hit, and precision still divides by k.
"""

from collections.abc import Callable

import numpy as np

from machiya_evaluation.arrays import Floats, Integers, count, divide, total
from machiya_evaluation.truth import Hits, places

Metric = Callable[[Hits, int], Floats]


def ndcg(hits: Hits, k: int) -> Floats:
    """Normalized discounted cumulative gain: DCG@k of the list over DCG@k of the user's own best list.

    DCG@k is the sum of gain(i) / log2(i + 1) over ranks i <= k, with the gain as it is and not 2**gain - 1
    (Järvelin and Kekäläinen 2002, ACM TOIS 20(4), with the discount of Burges et al. 2005 from the first place on).
    The best list holds min(k, number of relevant items) items, those of greatest gain first.
    """
    truth = hits.truth
    best = _discounted_sum(truth.user, places(truth.user), truth.gain, k, truth.n_users)
    return divide(_discounted_sum(hits.user, hits.rank, hits.gain, k, truth.n_users), best)


def recall(hits: Hits, k: int) -> Floats:
    """Share of the user's relevant items that are among the first k."""
    return divide(_number_of_hits(hits, k), hits.truth.relevant())


def precision(hits: Hits, k: int) -> Floats:
    """Share of the first k places that are relevant; the divisor is k even for a shorter list."""
    return _known(hits, _number_of_hits(hits, k) / k)


def average_precision(hits: Hits, k: int) -> Floats:
    """Sum of precision@i over the ranks i <= k that hit, divided by the number of all relevant items.

    Its mean over users is MAP@k. The divisor is not min(k, number of relevant items), as in some other libraries:
    a user with more than k relevant items cannot reach 1.
    """
    inside = hits.rank <= k
    precisions = hits.number[inside] / hits.rank[inside]
    return divide(total(hits.user[inside], precisions, hits.truth.n_users), hits.truth.relevant())


def reciprocal_rank(hits: Hits, k: int) -> Floats:
    """1 / rank of the first hit among the first k. Its mean over users is MRR@k."""
    first = (hits.number == 1) & (hits.rank <= k)
    return _known(hits, total(hits.user[first], 1 / hits.rank[first], hits.truth.n_users))


def hit_rate(hits: Hits, k: int) -> Floats:
    """1 if anything among the first k is relevant, else 0."""
    return _known(hits, (_number_of_hits(hits, k) > 0).astype(np.float64))


RANKING_METRICS: dict[str, Metric] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit_rate": hit_rate,
}
"""By the names that ranx uses, in the order of reports."""


def _number_of_hits(hits: Hits, k: int) -> Integers:
    return count(hits.user[hits.rank <= k], hits.truth.n_users)


def _discounted_sum(user: Integers, rank: Integers, gain: Floats, k: int, n_users: int) -> Floats:
    inside = rank <= k
    return total(user[inside], gain[inside] / np.log2(rank[inside] + 1), n_users)


def _known(hits: Hits, values: Floats) -> Floats:
    known: Floats = np.where(hits.truth.relevant() > 0, values, np.nan)
    return known
