"""Accuracy of a ranking, per user and at a cutoff k, by the definitions of ranx.

Lists are looked at once, for all cutoffs: `tally` sums up where they hit the ground truth, and every metric is a short
function of the tally at a cutoff that returns float64 of shape (n_users,). 0 means that no hit is among the first k
places - also for a user who has no list. NaN means that the user has no ground truth, so that nothing can be said.

Lists shorter than k are taken as they are: what is missing is no hit, and precision still divides by k.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from machiya_evaluation.arrays import Floats, Integers, divide
from machiya_evaluation.kernels.ranking import tally_hits
from machiya_evaluation.lists import RankedLists
from machiya_evaluation.threads import over_users
from machiya_evaluation.truth import GroundTruth


@dataclass(frozen=True)
class Tally:
    """What the first k places of each user's list hit.

    Attributes:
        k: The cutoff.
        relevant: Number of all relevant items: int64, shape (n_users,).
        hits: Number of hits: int64, shape (n_users,).
        gain: Sum of gain / log2(rank + 1) over the hits: float64, shape (n_users,).
        best_gain: The same sum for the best possible list: float64, shape (n_users,).
        precisions: Sum of precision@rank over the ranks that hit: float64, shape (n_users,).
        first_hit: Rank of the first hit, 0 if there is none: int64, shape (n_users,).
    """

    k: int
    relevant: Integers
    hits: Integers
    gain: Floats
    best_gain: Floats
    precisions: Floats
    first_hit: Integers


def tally(lists: RankedLists, truth: GroundTruth, ks: Sequence[int]) -> list[Tally]:
    """Join lists and ground truth, which must be of the same vocabularies, at every cutoff (ascending).

    Takes time in proportion to the users' first max(ks) recommendations and their relevant items.
    """
    shape = len(ks), lists.n_users
    hits, first_hit = np.empty(shape, np.int64), np.empty(lists.n_users, np.int64)
    gain, best_gain, precisions = np.empty(shape), np.empty(shape), np.empty(shape)
    cutoffs, n_items = np.array(ks, np.int64), max(lists.n_items, truth.n_items)
    discount: Floats = np.log2(np.arange(max(ks) + 1) + 1.0)
    ideal: Floats = np.concatenate([np.zeros(1), np.cumsum(1 / discount[1:])])

    def work(begin: int, end: int) -> None:
        first, length, item = lists.arrays()
        known = truth.start, truth.item, truth.gain
        at_ranks, sizes = (cutoffs, discount, ideal), (n_items, begin, end)
        tally_hits(first, length, item, *known, *at_ranks, *sizes, hits, gain, best_gain, precisions, first_hit)

    over_users(work, lists.n_users)
    relevant = truth.relevant()
    return [
        Tally(k, relevant, hits[at], gain[at], best_gain[at], precisions[at], np.where(first_hit <= k, first_hit, 0))
        for at, k in enumerate(ks)
    ]


Metric = Callable[[Tally], Floats]


def ndcg(tally: Tally) -> Floats:
    """Normalized discounted cumulative gain: DCG@k of the list over DCG@k of the user's own best list.

    DCG@k is the sum of gain(i) / log2(i + 1) over ranks i <= k, with the gain as it is and not 2**gain - 1
    (Järvelin and Kekäläinen 2002, ACM TOIS 20(4), with the discount of Burges et al. 2005 from the first place on).
    The best list holds min(k, number of relevant items) items, those of greatest gain first.
    """
    return divide(tally.gain, tally.best_gain)


def recall(tally: Tally) -> Floats:
    """Share of the user's relevant items that are among the first k."""
    return divide(tally.hits, tally.relevant)


def precision(tally: Tally) -> Floats:
    """Share of the first k places that are relevant; the divisor is k even for a shorter list."""
    return _known(tally, tally.hits / tally.k)


def average_precision(tally: Tally) -> Floats:
    """Sum of precision@i over the ranks i <= k that hit, divided by the number of all relevant items.

    Its mean over users is MAP@k. The divisor is not min(k, number of relevant items), as in some other libraries:
    a user with more than k relevant items cannot reach 1.
    """
    return divide(tally.precisions, tally.relevant)


def reciprocal_rank(tally: Tally) -> Floats:
    """1 / rank of the first hit among the first k. Its mean over users is MRR@k."""
    return _known(tally, (tally.first_hit > 0) / np.maximum(tally.first_hit, 1))


def hit_rate(tally: Tally) -> Floats:
    """1 if anything among the first k is relevant, else 0."""
    return _known(tally, (tally.hits > 0).astype(np.float64))


RANKING_METRICS: dict[str, Metric] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit_rate": hit_rate,
}
"""By the names that ranx uses, in the order of reports."""


def _known(tally: Tally, values: Floats) -> Floats:
    known: Floats = np.where(tally.relevant > 0, values, np.nan)
    return known
