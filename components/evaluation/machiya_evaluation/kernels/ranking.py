"""Where lists hit the ground truth, summed up at every cutoff in one pass."""

import numpy as np
import numpy.typing as npt

from machiya_component.compiled import kernel


@kernel
def tally_hits(
    first: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    truth_start: npt.NDArray[np.int64],
    truth_item: npt.NDArray[np.int32],
    truth_gain: npt.NDArray[np.float64],
    ks: npt.NDArray[np.int64],
    discount: npt.NDArray[np.float64],
    ideal: npt.NDArray[np.float64],
    n_items: int,
    begin: int,
    end: int,
    hits: npt.NDArray[np.int64],
    gain: npt.NDArray[np.float64],
    best_gain: npt.NDArray[np.float64],
    precisions: npt.NDArray[np.float64],
    first_hit: npt.NDArray[np.int64],
) -> None:
    """Tallies of the users from `begin` to before `end`; `ranking.Tally` says what they mean.

    Whether a recommendation hits is asked of one byte an item (these stay in the first-level cache), and without a
    branch that a CPU would have to guess. Unsigned indices spare the question whether they count from the end. Users
    whose gains are all 1, which are most, need neither to find the gain of a hit nor to sum up those of the best list.

    Args:
        first: int64, shape (n_users,): the row where the list of each user begins.
        length: int64, shape (n_users,).
        item: int32, shape (rows of all lists,).
        truth_start: int64, shape (n_users + 1,): where the ground truth of each user begins.
        truth_item: int32, shape (n_relevant,).
        truth_gain: float64, shape (n_relevant,), descending within a user.
        ks: int64, shape (n_ks,), ascending.
        discount: float64, shape (greatest k + 1,): what a gain at each rank is divided by; [0] is not used.
        ideal: float64, shape (greatest k + 1,): sum of 1 / discount over the first ranks.
        n_items: All codes are below it.
        begin: The first user.
        end: The user after the last.
        hits: int64, shape (n_ks, n_users): a result, as all that follow.
        gain: float64, shape (n_ks, n_users).
        best_gain: float64, shape (n_ks, n_users).
        precisions: float64, shape (n_ks, n_users).
        first_hit: int64, shape (n_users,).
    """
    seen, relevant = np.empty(n_items, np.int64), np.zeros(n_items, np.uint8)
    hit = np.empty(discount.size, np.int64)
    for user in range(begin, end):
        low, n_known = truth_start[user], truth_start[user + 1] - truth_start[user]
        known = truth_item[low : low + n_known]
        shown = item[first[user] : first[user] + min(discount.size - 1, length[user])]
        graded = n_known > 0 and not truth_gain[low] == truth_gain[low + n_known - 1] == 1.0
        for place in range(n_known):
            relevant[np.uint32(known[place])] = 1
            if graded:
                seen[known[place]] = low + place
        n_hits = np.uint64(0)
        for place in range(shown.size):
            hit[n_hits] = place
            n_hits += relevant[np.uint32(shown[place])]
        for place in range(n_known):
            relevant[np.uint32(known[place])] = 0

        first_hit[user] = hit[0] + 1 if n_hits else 0
        found, best_place, of_list, of_best, of_hits = 0, 0, 0.0, 0.0, 0.0
        for cutoff in range(ks.size):
            while found < np.int64(n_hits) and hit[found] < ks[cutoff]:
                place = hit[found]
                found += 1
                of_list += (truth_gain[seen[shown[place]]] if graded else 1.0) / discount[place + 1]
                of_hits += found / (place + 1)
            best_length = min(ks[cutoff], n_known)
            if graded:
                for place in range(best_place, best_length):
                    of_best += truth_gain[low + place] / discount[place + 1]
                best_place = best_length
            else:
                of_best = ideal[best_length]
            hits[cutoff, user] = found
            gain[cutoff, user] = of_list
            best_gain[cutoff, user] = of_best
            precisions[cutoff, user] = of_hits
