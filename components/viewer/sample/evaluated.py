"""What an evaluation says of the sample: scores, changes and a verdict, in the columns of the component evaluation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ITEMS, CUTOFFS, K = 120, (5, 10, 20), 10
RBO_P = 0.9
SEGMENTS = ("all", "history-0", "history-1-9", "history-10+")
ODD_USER = 4

Floats = npt.NDArray[np.float64]
Lists = dict[int, list[int]]


def user_name(user: int) -> str:
    return "u 0005/é?x=1#y" if user == ODD_USER else f"u{user + 1:04d}"


def segment_of(user: int, history: Lists) -> str:
    length = len(history.get(user, ()))
    return "history-0" if not length else "history-1-9" if length < 10 else "history-10+"


def per_user(lists: Lists, holdout: Lists, k: int) -> dict[str, Floats]:
    """nDCG, recall, MRR and hit rate at k of every user with held-out items; a user without a list scores 0."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    values = np.zeros((4, len(holdout)))
    for row, (user, held) in enumerate(holdout.items()):
        hits = np.array([item in held for item in lists.get(user, [])[:k]], dtype=float)
        hits = np.pad(hits, (0, k - len(hits)))
        first = np.flatnonzero(hits)
        ideal = discounts[: min(k, len(held))].sum()
        values[:, row] = (
            (hits * discounts).sum() / ideal,
            hits.sum() / len(held),
            1 / (first[0] + 1) if len(first) else 0.0,
            float(len(first) > 0),
        )
    return dict(zip(("ndcg", "recall", "mrr", "hit_rate"), values, strict=True))


def bootstrap(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """The 95% percentile interval of the mean over users."""
    drawn = values[rng.integers(0, len(values), size=(200, len(values)))].mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def scores_table(lists: Lists, history: Lists, holdout: Lists, rng: np.random.Generator) -> pa.Table:
    segments = np.array([segment_of(user, history) for user in holdout])
    rows: list[tuple[str, int, str, float | None, float | None, float | None, int]] = []
    for k in CUTOFFS:
        for metric, values in per_user(lists, holdout, k).items():
            for segment in SEGMENTS:
                chosen = values if segment == "all" else values[segments == segment]
                if not len(chosen):
                    rows.append((metric, k, segment, None, None, None, 0))
                    continue
                rows.append((metric, k, segment, float(chosen.mean()), *bootstrap(chosen, rng), len(chosen)))
        covered = len({item for items in lists.values() for item in items[:k]}) / ITEMS
        rows.append(("coverage", k, "all", covered, None, None, len(lists)))
        rows.append(("gini", k, "all", gini(lists, k), None, None, len(lists)))
    names, cutoffs, groups, means, lows, highs, users = zip(*rows, strict=True)
    return pa.table(
        {
            "metric": names,
            "k": pa.array(cutoffs, pa.int64()),
            "segment": groups,
            "value": pa.array(means, pa.float64()),
            "low": pa.array(lows, pa.float64()),
            "high": pa.array(highs, pa.float64()),
            "users": pa.array(users, pa.int64()),
        }
    )


def gini(lists: Lists, k: int) -> float:
    shown = np.bincount([item for items in lists.values() for item in items[:k]], minlength=ITEMS)
    ordered = np.sort(shown)
    return float((2 * np.arange(1, ITEMS + 1) - ITEMS - 1) @ ordered / (ITEMS * ordered.sum()))


def user_changes_table(base: Lists, candidate: Lists, history: Lists) -> pa.Table:
    rows = []
    for user in sorted(base.keys() & candidate.keys(), key=user_name):
        one, other = base[user][:K], candidate[user][:K]
        common = set(one) & set(other)
        out = K - len(common)
        rows.append(
            (user_name(user), segment_of(user, history), len(common) / K, rbo(one, other), tau(one, other), out, out)
        )
    users, segments, overlap, biased, kendall, entered, left = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": users,
            "segment": segments,
            "overlap": pa.array(overlap, pa.float64()),
            "rbo": pa.array(biased, pa.float64()),
            "kendall_tau": pa.array(kendall, pa.float64()),
            "entered": pa.array(entered, pa.int64()),
            "left": pa.array(left, pa.int64()),
            "changed": [one < 1 or two < 1 for one, two in zip(biased, overlap, strict=True)],
        }
    )


def rbo(one: Sequence[int], other: Sequence[int]) -> float:
    """Extrapolated rank-biased overlap of two lists of K items (Webber et al. 2010, equation 32)."""
    agreement = [len(set(one[:depth]) & set(other[:depth])) / depth for depth in range(1, K + 1)]
    weighted = sum(share * RBO_P ** (depth + 1) for depth, share in enumerate(agreement))
    return agreement[-1] * RBO_P**K + (1 - RBO_P) / RBO_P * weighted


def tau(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Kendall tau over the items that both lists have; None with fewer than two."""
    common = [item for item in one if item in other]
    places = [other.index(item) for item in common]
    pairs = [(a, b) for index, a in enumerate(places) for b in places[index + 1 :]]
    return sum(1 if a < b else -1 for a, b in pairs) / len(pairs) if pairs else None


def verdict_table(changes: pa.Table) -> pa.Table:
    overlap = float(np.mean(changes["overlap"].to_numpy()))
    changed = float(np.mean(changes["changed"].to_numpy()))
    return pa.table(
        {
            "rule": ["min_overlap", "max_changed_share", "min_kendall_tau"],
            "threshold": [0.2, 0.9, 0.5],
            "observed": pa.array([overlap, changed, None], pa.float64()),
            "outcome": ["pass" if overlap >= 0.2 else "fail", "pass" if changed <= 0.9 else "fail", "unknown"],
        }
    )


def metric_changes_table(
    base: Lists, candidate: Lists, history: Lists, holdout: Lists, rng: np.random.Generator
) -> pa.Table:
    """The mean of the users' own differences at K, with the interval of a bootstrap over users."""
    segments = np.array([segment_of(user, history) for user in holdout])
    before, after = (per_user(lists, holdout, K) for lists in (base, candidate))
    rows: list[tuple[str | float | None, ...]] = []
    for metric, values in before.items():
        for segment in SEGMENTS:
            chosen = np.full(len(segments), segment == "all") | (segments == segment)
            one, other = values[chosen], after[metric][chosen]
            if not len(one):
                rows.append((metric, K, segment, None, None, None, None, None, 0))
                continue
            change = other - one
            means = (float(one.mean()), float(other.mean()), float(change.mean()))
            rows.append((metric, K, segment, *means, *bootstrap(change, rng), len(one)))
    names = ("metric", "k", "segment", "base", "candidate", "difference", "low", "high", "users")
    kinds = (pa.string(), pa.int64(), pa.string(), *[pa.float64()] * 5, pa.int64())
    columns = zip(*rows, strict=True)
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)})
