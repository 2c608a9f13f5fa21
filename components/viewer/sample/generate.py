"""Makes the sample data beside this file: a small job board, two recommenders, and what an evaluation says of them.

    python sample/generate.py [FOLDER]

Seeded: every run writes the same bytes (with the same version of pyarrow). Some titles are hostile on purpose.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261122
USERS, ITEMS, COLD_USERS = 240, 120, 12
LENGTH, CUTOFFS, K = 20, (5, 10, 20), 10
DAY_ZERO = datetime(2026, 8, 1, tzinfo=UTC)
RBO_P = 0.9

CATEGORIES = ("engineering", "営業", "nursing", "design", "物流", "飲食")
ROLES = {
    "engineering": ("Backend engineer (Python)", "データエンジニア", "Site reliability engineer", "フロントエンド開発"),
    "営業": ("法人営業", "Inside sales representative", "ルート営業(未経験歓迎)", "営業企画"),
    "nursing": ("Registered nurse, night shift", "看護師(日勤のみ)", "訪問看護スタッフ", "Care assistant"),
    "design": ("UI/UX designer", "グラフィックデザイナー", "Design researcher", "Webデザイナー"),
    "物流": ("倉庫内軽作業", "Delivery driver", "フォークリフトオペレーター", "Logistics planner"),
    "飲食": ("ホールスタッフ", "Barista", "調理師・調理補助", "Restaurant manager"),
}
PLACES = ("東京", "大阪", "Kyoto", "福岡", "remote", "札幌", "Nagoya", "Yokohama")
HOSTILE_TITLES = {
    2: "<script>alert(1)</script> データ分析アシスタント",
    6: "Senior \u202ereenigne\u202c engineer",
    10: "とても長い募集タイトル: " + "経験不問・駅近・週休二日・" * 40,
    12: "改行\nとタブ\tとベル\u0007のある求人",
    16: '"><img src=x onerror=alert(1)> & more',
    18: "{{ 7 * 7 }} ${7 * 7} <%= 7 * 7 %>",
    22: None,
    28: "   ",
    30: "מפתח תוכנה בכיר",
    34: "Ad\u200bmin\u0000istrator\ufeff",
    40: None,
    47: "Emoji chef 👩‍🍳 é",
}
# Ids are strings like any other: nothing says that they are safe in an address.
ODD_ITEM, ODD_USER, MISSING_ITEM = 8, 4, 14

Floats = npt.NDArray[np.float64]
Lists = dict[int, list[int]]


def user_name(user: int) -> str:
    return "u 0005/é?x=1#y" if user == ODD_USER else f"u{user + 1:04d}"


def item_name(item: int) -> str:
    return "j/0009 & co" if item == ODD_ITEM else f"j{item + 1:04d}"


def items_table(categories: Sequence[int]) -> pa.Table:
    rows = []
    for item, category in enumerate(categories):
        if item == MISSING_ITEM:
            continue
        name = CATEGORIES[category]
        plain = f"{ROLES[name][item % 4]}, {PLACES[item % len(PLACES)]}"
        rows.append((item_name(item), HOSTILE_TITLES.get(item, plain), None if item % 37 == 5 else name))
    ids, titles, names = zip(*sorted(rows), strict=True)
    return pa.table({"item_id": ids, "title": pa.array(titles, pa.string()), "category": pa.array(names, pa.string())})


def draw(affinity: Floats, rng: np.random.Generator) -> tuple[Lists, Lists]:
    """History and held-out items of every user; the last users are cold: they have neither."""
    history: Lists = {}
    holdout: Lists = {}
    for user in range(USERS - COLD_USERS):
        amount = int(rng.integers(4, 30))
        chance = np.exp(affinity[user]) / np.exp(affinity[user]).sum()
        drawn: list[int] = rng.choice(ITEMS, size=amount, replace=False, p=chance).tolist()
        held = max(1, amount // 5)
        holdout[user], history[user] = drawn[:held], drawn[held:]
    return history, holdout


def interactions_table(history: Lists, rng: np.random.Generator) -> pa.Table:
    rows = []
    for user, items in history.items():
        for item in items:
            events = int(rng.integers(1, 6))
            time = DAY_ZERO + timedelta(seconds=int(rng.integers(0, 100 * 86400)))
            rows.append((user_name(user), item_name(item), events + 4.0 * (rng.random() < 0.2), events, time))
    rows.sort(key=lambda row: row[:2])
    users, names, weights, counts, times = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": users,
            "item_id": names,
            "weight": pa.array(weights, pa.float64()),
            "events": pa.array(counts, pa.int64()),
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
        }
    )


def rank(scores: Floats, history: Lists, users: Sequence[int]) -> Lists:
    """The best LENGTH items of every user that are not in their history."""
    lists: Lists = {}
    for user in users:
        seen = set(history.get(user, ()))
        order = np.argsort(-scores[user], kind="stable").tolist()
        lists[user] = [item for item in order if item not in seen][:LENGTH]
    return lists


def recommendations_table(lists: Lists, scores: Floats, history: Lists) -> pa.Table:
    rows = [
        (user_name(user), item_name(item), place + 1, round(float(scores[user, item]), 6), user in history)
        for user, items in lists.items()
        for place, item in enumerate(items)
    ]
    rows.sort(key=lambda row: (row[0], row[2]))
    users, items, ranks, values, known = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": users,
            "item_id": items,
            "rank": pa.array(ranks, pa.int64()),
            "score": pa.array(values, pa.float64()),
            "source": ["model" if one else "fallback" for one in known],
        }
    )


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
            for segment in ("all", "history-0", "history-1-9", "history-10+"):
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


def make_tables() -> dict[str, pa.Table]:
    """All sample tables by the name of their folder."""
    rng = np.random.default_rng(SEED)
    categories = rng.integers(0, len(CATEGORIES), size=ITEMS)
    taste = rng.dirichlet(np.full(len(CATEGORIES), 0.35), size=USERS)
    popularity = rng.normal(0, 0.7, size=ITEMS)
    popularity[list(HOSTILE_TITLES)] += 1.2
    popularity[[ODD_ITEM, MISSING_ITEM]] += 1.5
    affinity = 4 * taste[:, categories] + popularity + rng.normal(0, 0.3, size=(USERS, ITEMS))
    history, holdout = draw(affinity, rng)
    base_scores = 2.0 * popularity + 0.5 * affinity + rng.normal(0, 1.0, size=(USERS, ITEMS))
    candidate_scores = affinity + rng.normal(0, 0.8, size=(USERS, ITEMS))
    base_scores[-COLD_USERS:] = candidate_scores[-COLD_USERS:] = popularity
    candidate_scores[20:28] = base_scores[20:28]
    base = rank(base_scores, history, range(USERS - 3))
    candidate = rank(candidate_scores, history, [user for user in range(USERS) if user not in (50, 51)])
    changes = user_changes_table(base, candidate, history)
    return {
        "interactions": interactions_table(history, rng),
        "items": items_table(categories.tolist()),
        "recommendations": recommendations_table(base, base_scores, history),
        "candidate": recommendations_table(candidate, candidate_scores, history),
        "scores": scores_table(base, history, holdout, rng),
        "candidate_scores": scores_table(candidate, history, holdout, rng),
        "user_changes": changes,
        "verdict": verdict_table(changes),
    }


def write(folder: Path) -> None:
    """Write every table as ``<name>/part-00000.parquet``."""
    for name, table in make_tables().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / name / "part-00000.parquet", compression="zstd")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
