"""How alike two lists of the same user are.

Lists are looked at once: `pair` sums up what they share, and every measure is a short function of these sums that
returns float64 of shape (n_users,). Users without a list on either side must not be read (they give NaN or 0 without
meaning).
"""

from dataclasses import dataclass

import numpy as np

from machiya_evaluation.arrays import Booleans, Floats, Integers, divide
from machiya_evaluation.kernels.similarity import compare_lists
from machiya_evaluation.lists import RankedLists
from machiya_evaluation.threads import over_users


@dataclass(frozen=True)
class Pairing:
    """Two sets of lists over the same vocabularies, and what they share.

    Attributes:
        persistence: The p of rank-biased overlap.
        base_length: Length of each user's base list, int64, shape (n_users,).
        candidate_length: Length of each user's candidate list, int64, shape (n_users,).
        shared: Number of shared items, int64, shape (n_users,).
        within: Of these, how many are in the longer list no later than the shorter one ends, int64, shape (n_users,).
        unmoved: Of these, how many have the same rank in both, int64, shape (n_users,).
        order: Pairs of shared items that are in the same order in both lists less those that are not, int64, shape
            (n_users,).
        agreement: The sum of X_d / d * p^(d - 1) in `rank_biased_overlap`, float64, shape (n_users,).
    """

    persistence: float
    base_length: Integers
    candidate_length: Integers
    shared: Integers
    within: Integers
    unmoved: Integers
    order: Integers
    agreement: Floats


def pair(base: RankedLists, candidate: RankedLists, p: float) -> Pairing:
    """Join two sets of lists on (user, item), with p between 0 and 1 exclusive."""
    n_users, n_items = base.n_users, max(base.n_items, candidate.n_items)
    longest = int(max(base.length.max(initial=0), candidate.length.max(initial=0)))
    weight, agreement = _weights(p, longest)[1], np.empty(n_users)
    shared, within, unmoved, order = (np.empty(n_users, np.int64) for _ in range(4))

    def work(begin: int, end: int) -> None:
        sides = *base.arrays(), *candidate.arrays()
        compare_lists(*sides, weight, n_items, begin, end, shared, within, unmoved, order, agreement)

    over_users(work, n_users)
    return Pairing(p, base.length, candidate.length, shared, within, unmoved, order, agreement)


def overlap(pairing: Pairing) -> Floats:
    """Shared items over the length of the longer list: 1 for the same items in any order, 0 for disjoint lists."""
    return divide(pairing.shared, np.maximum(pairing.base_length, pairing.candidate_length))


def identical(pairing: Pairing) -> Booleans:
    """Whether both lists hold the same items in the same order: bool, shape (n_users,)."""
    same: Booleans = pairing.unmoved == np.maximum(pairing.base_length, pairing.candidate_length)
    return same


def rank_biased_overlap(pairing: Pairing) -> Floats:
    """Extrapolated rank-biased overlap, RBO_EXT, for lists of equal or unequal length.

    Webber, Moffat, Zobel 2010, "A similarity measure for indefinite rankings", ACM TOIS 28(4), equation 32. With s and
    l the lengths of the shorter and the longer list and X_d the number of items that are in both lists to depth d:

        (1 - p) / p * ( sum_{d=1..l} X_d / d * p^d  +  sum_{d=s+1..l} X_s (d - s) / (s d) * p^d )
            + ( (X_l - X_s) / l + X_s / s ) * p^l

    The second sum supposes that the shorter list goes on agreeing as it did to depth s, the last term that both go on
    as they did to depth l. An item of ranks a and b is in X_d from d = max(a, b) on, so each sum over depths is a
    difference of two entries of a table of partial sums, and the whole takes time in proportion to the shared items.

    The persistence p is the chance to look one place further. Of the weight, 86% is on the first ten places at p = 0.9.

    Args:
        pairing: Lists of at least one item where the result is read.

    Returns:
        1 for equal lists, and for a list and its own beginning; 0 for disjoint ones; symmetric.
    """
    p = pairing.persistence
    shorter = np.minimum(pairing.base_length, pairing.candidate_length)
    longer = np.maximum(pairing.base_length, pairing.candidate_length)
    weight, weight_per_depth = _weights(p, int(longer.max(initial=0)))
    rate = divide(pairing.within, shorter)
    unseen = weight[longer] - weight[shorter] - shorter * (weight_per_depth[longer] - weight_per_depth[shorter])
    tail = divide(pairing.shared - pairing.within, longer) + rate
    return (1 - p) * (pairing.agreement + rate * unseen) + tail * p ** longer.astype(np.float64)


def kendall_tau(pairing: Pairing) -> Floats:
    """Kendall's tau between the orders of the shared items; NaN where there are fewer than two.

    Ranks within a list are distinct, so there are no ties, and tau-a, tau-b and
    (concordant - discordant pairs) / (n (n - 1) / 2) are one (Kendall 1938, Biometrika 30).

    Returns:
        1 for the same order, -1 for the reverse.
    """
    n = pairing.shared
    return divide(pairing.order, n * (n - 1) / 2)


def _weights(p: float, longest: int) -> tuple[Floats, Floats]:
    """Sums of p^(d - 1), and of p^(d - 1) / d, over the first n depths at position n: shape (longest + 1,) each."""
    depth = np.arange(1, longest + 1)
    weights = np.power(p, depth - 1.0)
    return _partial_sums(weights), _partial_sums(weights / depth)


def _partial_sums(terms: Floats) -> Floats:
    """Sum of the first n terms at position n: shape (n_terms + 1,)."""
    return np.concatenate(([0.0], np.cumsum(terms)))
