"""What the lists do to the catalogue: coverage, novelty and the concentration of exposure.

Exposure of an item is the number of lists that show it among their first k places; every place counts the same.
"""

from collections.abc import Sequence

import numpy as np

from machiya_evaluation.arrays import Booleans, Floats, Integers, divide
from machiya_evaluation.kernels.exposure import count_shown, sum_values
from machiya_evaluation.lists import RankedLists
from machiya_evaluation.threads import over_users


def exposure(lists: RankedLists, ks: Sequence[int], users: Integers | None = None) -> Integers:
    """Number of lists with the item among the first k, at every cutoff (ascending): int64, shape (n_ks, n_items).

    Args:
        lists: The lists.
        ks: The cutoffs, ascending.
        users: Codes of the users whose lists count, int64; None for all.
    """
    counts = np.zeros((len(ks), lists.n_items), np.int64)
    chosen = np.arange(lists.n_users) if users is None else users
    count_shown(*lists.arrays(), chosen, np.asarray(ks, np.int64), counts)
    return np.cumsum(counts, axis=0)


def coverage(counts: Integers, catalogue: Booleans) -> float:
    """Share of the catalogue that is in at least one list (Ge, Delgado-Battenfeld, Jannach 2010, RecSys).

    Args:
        counts: Exposure, shape (n_items,).
        catalogue: Which items can be recommended, shape (n_items,). Others are counted on neither side.

    Returns:
        Between 0 and 1; 0 means that nothing of the catalogue is shown; NaN for an empty catalogue.
    """
    size = np.count_nonzero(catalogue)
    return float(np.count_nonzero(counts[catalogue]) / size) if size else float("nan")


def gini(counts: Integers, catalogue: Booleans) -> float:
    """Gini index of exposure over the catalogue: 0 if all items are shown alike, 1 if one item has everything.

    G = 1 / (n - 1) * sum over j = 1..n of (2 j - n - 1) p(i_j), items in ascending order of their share p
    (Shani and Gunawardana 2011, Evaluating Recommendation Systems, in: Recommender Systems Handbook). Items that are
    never shown count, with p = 0; items outside the catalogue do not.

    Args:
        counts: Exposure, shape (n_items,).
        catalogue: Which items can be recommended, shape (n_items,).

    Returns:
        NaN with fewer than two items, or when nothing of the catalogue is shown.
    """
    ascending = np.sort(counts[catalogue])
    n, shown = ascending.size, int(ascending.sum())
    if n < 2 or shown == 0:
        return float("nan")
    place = np.arange(1, n + 1)
    return float(np.dot(2 * place - n - 1, ascending) / (shown * (n - 1)))


def self_information(users_of_item: Integers, n_users: int) -> Floats:
    """-log2 of the share of users who know the item, in bits: float64, shape (n_items,).

    Zhou et al. 2010 (PNAS 107(10), "Solving the apparent diversity-accuracy dilemma of recommender systems").
    0 means that everybody knows it. An item that nobody has is taken as known to one user, because infinity cannot
    be averaged: log2(n_users) is the greatest value there is.

    Args:
        users_of_item: Number of users with the item in train, shape (n_items,).
        n_users: Number of users in train, at least 1.
    """
    information: Floats = np.log2(n_users) - np.log2(np.maximum(users_of_item, 1))
    return information


def novelty(lists: RankedLists, information: Floats, ks: Sequence[int]) -> Floats:
    """Mean self-information of the first k items of each user, in bits: float64, shape (n_ks, n_users).

    The mean is over the items that are there, so that a short list is not taken for a known one. NaN for a user
    without a list.

    Args:
        lists: The lists.
        information: Self-information of each item, shape (n_items,).
        ks: The cutoffs, ascending.
    """
    sums, cutoffs = np.empty((len(ks), lists.n_users)), np.asarray(ks, np.int64)
    over_users(lambda begin, end: sum_values(*lists.arrays(), information, cutoffs, begin, end, sums), lists.n_users)
    return divide(sums, np.minimum(lists.length, cutoffs[:, None]))
