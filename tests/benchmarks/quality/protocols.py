"""From a log to what models are trained on, asked with, and held to.

Strong generalization: D. Liang, R. Krishnan, M. Hoffman, T. Jebara: Variational Autoencoders for Collaborative
Filtering. WWW 2018, section 4.1; what the paper leaves open (seeds, orders, rounding) is as in its published notebook.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tests.benchmarks.quality.logs import DataError, Log

SEED = 98765
"""Of the published protocol: of the order of users, and of each of the two draws of held-out items."""

MIN_RATING = 3.5
"""A rating above it counts as a positive; those at or below it are left out."""

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """What one measurement needs: CSR float32 of ones, all over the same items (columns).

    train: (users, items), what models are fitted to. history: (asked, items), what they are told about those they are
    asked about, never to be recommended. truth: (asked, items), what was held out, at least one item in every row.
    """

    train: csr_matrix
    history: csr_matrix
    truth: csr_matrix


@dataclass(frozen=True)
class Split:
    """Parameters are chosen in ``validation``; what is reported comes from ``test``. facts: name -> count."""

    validation: Stage
    test: Stage
    facts: dict[str, int]


@dataclass(frozen=True)
class Pairs:
    """Positive pairs without repetition, (pairs,): codes that follow the order of ids, and times in seconds."""

    users: Codes
    items: Codes
    times: NDArray[np.int64]

    def keep(self, chosen: NDArray[Any]) -> "Pairs":
        """The pairs of a mask or of positions, in its order."""
        return Pairs(self.users[chosen], self.items[chosen], self.times[chosen])


def positive_pairs(log: Log, in_time: bool = False) -> Pairs:
    """Each pair of user and item once, with ratings those above MIN_RATING alone.

    In the order of the log, or with ``in_time`` in that of times; of a pair that comes again the first is kept.
    """
    rows = np.arange(len(log.users)) if log.ratings is None else np.flatnonzero(log.ratings > MIN_RATING)
    if len(rows) == 0:
        raise DataError(f"{log.name} has no rating above {MIN_RATING}, so there is nothing to learn from.")
    if in_time:
        rows = rows[np.argsort(log.times[rows], kind="stable")]
    users, items = (np.unique(ids[rows], return_inverse=True)[1].astype(np.int64) for ids in (log.users, log.items))
    _, first = np.unique(users * (items.max() + 1) + items, return_index=True)
    return Pairs(users, items, log.times[rows]).keep(np.sort(first))


def strong_generalization(log: Log, heldout: int, min_items: int = 5) -> Split:
    """Two times ``heldout`` users are kept from training; of each, 80% of the items are told and 20% are asked for.

    Items that no training user has are left out. A held-out user with fewer than 5 of the others is asked nothing.
    The validation users are not added to the training in the end, as published.

    Raises DataError when not even half of the users would be left for training, or nobody could be asked anything.
    """
    pairs = positive_pairs(log)
    pairs = pairs.keep((np.bincount(pairs.users) >= min_items)[pairs.users])
    users = np.unique(pairs.users)
    if len(users) < 4 * heldout:
        raise DataError(
            f"{log.name} has {len(users)} users with {min_items} positive items or more: too few to hold out twice "
            f"{heldout} and to train on as many. Hold out fewer: --heldout {max(1, len(users) // 10)}."
        )
    group = np.zeros(pairs.users.max() + 1, dtype=np.int8)
    shuffled = users[np.random.RandomState(SEED).permutation(len(users))]
    group[shuffled[-2 * heldout :]], group[shuffled[-heldout:]] = 1, 2
    member = group[pairs.users]
    train = pairs.keep(member == 0)
    columns = _first_seen(train.items, pairs.items.max() + 1)
    known = columns[pairs.items] >= 0
    validation, test = (_folded(pairs.keep((member == part) & known), columns) for part in (1, 2))
    if not (validation[1].shape[0] and test[1].shape[0]):
        raise DataError(
            f"{log.name}: of {heldout} users held out nobody has 5 items that those trained on have. Hold out more, "
            "or try the other protocol."
        )
    matrix = _matrix(train.users, columns[train.items], columns.max() + 1)
    facts = {"positive pairs": len(pairs.users), "users": len(users), "items": len(np.unique(pairs.items))}
    facts |= {"items trained on": matrix.shape[1], "users asked about": test[1].shape[0]}
    return Split(Stage(matrix, *validation), Stage(matrix, *test), facts)


def _first_seen(items: Codes, count: int) -> Codes:
    """(count,): position of each item in the order of first appearance, -1 for those that never appear."""
    found, first = np.unique(items, return_index=True)
    columns = np.full(count, -1, dtype=np.int64)
    columns[found[np.argsort(first)]] = np.arange(len(found))
    return columns


def _folded(pairs: Pairs, columns: Codes) -> tuple[csr_matrix, csr_matrix]:
    """History and truth of held-out users, a row for each who has a truth."""
    held = _fifth_of_each(pairs.users)
    asked = np.unique(pairs.users[held])
    row = np.searchsorted(asked, pairs.users)
    told = ~held & np.isin(pairs.users, asked)
    shape = (len(asked), int(columns.max()) + 1)
    items = columns[pairs.items]
    return _ones(row[told], items[told], shape), _ones(row[held], items[held], shape)


def _fifth_of_each(users: Codes) -> NDArray[np.bool_]:
    """A random 20% (rounded down) of the rows of each user with 5 or more, users in the order of their ids."""
    rng = np.random.RandomState(SEED)
    order = np.argsort(users, kind="stable")
    held = np.zeros(len(users), dtype=bool)
    for rows in np.split(order, np.flatnonzero(np.diff(users[order])) + 1):
        if len(rows) >= 5:
            held[rows[rng.choice(len(rows), size=int(0.2 * len(rows)), replace=False)]] = True
    return held


def by_time(log: Log, shares: tuple[float, float] = (0.8, 0.9), min_items: int = 5, min_users: int = 10) -> Split:
    """Everything up to a moment is told, what comes new to a user after it is asked for.

    shares: which part of the pairs lies before the first cut (training of the validation) and before the second
    (training of the test, which thus includes what validation asked for).
    From each training, items of fewer than ``min_users`` users are left out, then users of fewer than
    ``min_items`` items.
    """
    pairs = positive_pairs(log, in_time=True)
    first, second = (int(pairs.times[int(share * len(pairs.times))]) for share in shares)
    try:
        validation = cut_in_time(pairs, first, second, min_items, min_users)
        test = cut_in_time(pairs, second, int(pairs.times[-1]) + 1, min_items, min_users)
    except DataError as error:
        raise DataError(f"{log.name}: {error}") from error
    facts = {"positive pairs": len(pairs.users), "users": len(np.unique(pairs.users))}
    facts |= {"items": len(np.unique(pairs.items)), "items trained on": test.train.shape[1]}
    return Split(validation, test, facts | {"users asked about": test.truth.shape[0]})


def cut_in_time(pairs: Pairs, cut: int, end: int, min_items: int, min_users: int) -> Stage:
    """Trained on and told before ``cut``, asked for from then to before ``end``. DataError if that is nothing."""
    past = pairs.keep(pairs.times < cut)
    size = (int(pairs.users.max()) + 1, int(pairs.items.max()) + 1)
    items = np.bincount(past.items, minlength=size[1]) >= min_users
    past = past.keep(items[past.items])
    users = np.bincount(past.users, minlength=size[0]) >= min_items
    past = past.keep(users[past.users])
    next_ = pairs.keep((pairs.times >= cut) & (pairs.times < end))
    next_ = next_.keep(users[next_.users] & (np.bincount(past.items, minlength=size[1]) > 0)[next_.items])
    if len(next_.users) == 0:
        raise DataError("nobody known before the cut in time has anything new after it. Try the other protocol.")
    columns = _first_seen(np.sort(past.items), size[1])
    shape = (size[0], int(columns.max()) + 1)
    train = _ones(past.users, columns[past.items], shape)
    asked = np.unique(next_.users)
    truth = _ones(next_.users, columns[next_.items], shape)[asked]
    return Stage(train[np.unique(past.users)], train[asked], truth)


def _matrix(users: Codes, columns: Codes, items: int) -> csr_matrix:
    """CSR with a row for each user that appears, in the order of codes."""
    return _ones(np.unique(users, return_inverse=True)[1], columns, (len(np.unique(users)), int(items)))


def _ones(rows: Codes, columns: Codes, shape: tuple[int, int]) -> csr_matrix:
    """CSR of float32 ones with sorted indices."""
    matrix = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    matrix.sort_indices()
    return matrix
