"""How alike two lists of the same user are.

Every measure works on all users at once and returns float64 of shape (n_users,); users without a list on either side
must not be read (they give NaN or 0 without meaning).
"""

from dataclasses import dataclass

import numpy as np

from machiya_evaluation.arrays import Booleans, Floats, Integers, count, divide, total
from machiya_evaluation.lists import RankedLists


@dataclass(frozen=True)
class Pairing:
    """Two sets of lists over the same vocabularies, and the items that they share.

    Attributes:
        user: User of each shared item, int64, shape (n_common,), non-decreasing.
        base_rank: Its rank in the base list, int64, shape (n_common,), increasing within a user.
        candidate_rank: Its rank in the candidate list, int64, shape (n_common,).
        base_length: Length of each user's base list, int64, shape (n_users,).
        candidate_length: Length of each user's candidate list, int64, shape (n_users,).
    """

    user: Integers
    base_rank: Integers
    candidate_rank: Integers
    base_length: Integers
    candidate_length: Integers

    def common(self) -> Integers:
        """Number of shared items: int64, shape (n_users,)."""
        return count(self.user, self.base_length.size)


def pair(base: RankedLists, candidate: RankedLists) -> Pairing:
    """Join two sets of lists on (user, item)."""
    keys, of_base, of_candidate = np.intersect1d(base.keys(), candidate.keys(), assume_unique=True, return_indices=True)
    user = keys // base.n_items
    order = np.lexsort((base.rank[of_base], user))
    of_base, of_candidate = of_base[order], of_candidate[order]
    return Pairing(user[order], base.rank[of_base], candidate.rank[of_candidate], base.lengths(), candidate.lengths())


def overlap(pairing: Pairing) -> Floats:
    """Shared items over the length of the longer list: 1 for the same items in any order, 0 for disjoint lists."""
    longest = np.maximum(pairing.base_length, pairing.candidate_length)
    return divide(pairing.common(), longest)


def identical(pairing: Pairing) -> Booleans:
    """Whether both lists hold the same items in the same order: bool, shape (n_users,)."""
    in_place = pairing.user[pairing.base_rank == pairing.candidate_rank]
    unmoved = count(in_place, pairing.base_length.size)
    same: Booleans = unmoved == np.maximum(pairing.base_length, pairing.candidate_length)
    return same


def rank_biased_overlap(pairing: Pairing, p: float) -> Floats:
    """Extrapolated rank-biased overlap, RBO_EXT, for lists of equal or unequal length.

    Webber, Moffat, Zobel 2010, "A similarity measure for indefinite rankings", ACM TOIS 28(4), equation 32. With s and
    l the lengths of the shorter and the longer list and X_d the number of items that are in both lists to depth d:

        (1 - p) / p * ( sum_{d=1..l} X_d / d * p^d  +  sum_{d=s+1..l} X_s (d - s) / (s d) * p^d )
            + ( (X_l - X_s) / l + X_s / s ) * p^l

    The second sum supposes that the shorter list goes on agreeing as it did to depth s, the last term that both go on
    as they did to depth l. An item of ranks a and b is in X_d from d = max(a, b) on, so each sum over depths is a
    difference of two entries of a table of partial sums, and the whole takes time in proportion to the shared items.

    Args:
        pairing: Lists of at least one item where the result is read.
        p: Persistence, between 0 and 1 exclusive: the chance to look one place further. Of the weight, 86% is on the
            first ten places at p = 0.9.

    Returns:
        1 for equal lists, and for a list and its own beginning; 0 for disjoint ones; symmetric.
    """
    shorter = np.minimum(pairing.base_length, pairing.candidate_length)
    longer = np.maximum(pairing.base_length, pairing.candidate_length)
    depth = np.arange(1, int(longer.max(initial=0)) + 1)
    weights = np.power(p, depth - 1.0)
    weight = _partial_sums(weights)
    weight_per_depth = _partial_sums(weights / depth)

    depth_reached = np.maximum(pairing.base_rank, pairing.candidate_rank)
    seen = weight_per_depth[longer[pairing.user]] - weight_per_depth[depth_reached - 1]
    agreement = total(pairing.user, seen, longer.size)

    within = count(pairing.user[depth_reached <= shorter[pairing.user]], longer.size)
    rate = divide(within, shorter)
    unseen = weight[longer] - weight[shorter] - shorter * (weight_per_depth[longer] - weight_per_depth[shorter])
    tail = divide(pairing.common() - within, longer) + rate
    return (1 - p) * (agreement + rate * unseen) + tail * p ** longer.astype(np.float64)


def kendall_tau(pairing: Pairing) -> Floats:
    """Kendall's tau between the orders of the shared items; NaN where there are fewer than two.

    Ranks within a list are distinct, so there are no ties, and tau-a, tau-b and
    (concordant - discordant pairs) / (n (n - 1) / 2) are one (Kendall 1938, Biometrika 30). The loop is over
    distances in the list, not over users: O(n_common * longest list) time.

    Returns:
        1 for the same order, -1 for the reverse.
    """
    n_users = pairing.base_length.size
    score = np.zeros(n_users)
    rows = np.arange(pairing.user.size)
    for distance in range(1, int(pairing.common().max(initial=0))):
        rows = rows[rows + distance < pairing.user.size]
        rows = rows[pairing.user[rows] == pairing.user[rows + distance]]
        order = np.sign(pairing.candidate_rank[rows + distance] - pairing.candidate_rank[rows])
        score += total(pairing.user[rows], order, n_users)
    n = pairing.common()
    return divide(score, n * (n - 1) / 2)


def _partial_sums(terms: Floats) -> Floats:
    """Sum of the first n terms at position n: shape (n_terms + 1,)."""
    return np.concatenate(([0.0], np.cumsum(terms)))
