"""Makes the sample data beside this file: a small job board, two recommenders, and what an evaluation says of them.

    cd components/viewer && python -m sample.generate [FOLDER]

Seeded: every run writes the same bytes (with the same versions of pyarrow and polars). Some titles and addresses are
hostile on purpose. The view is what the operation `report` leaves of the tables.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from machiya_component.artifacts import DIGEST_FILE, SIDECAR, Artifact, Producer
from machiya_component.artifacts.digest import combined_digest, file_digest

from sample.evaluated import (
    ITEMS,
    Floats,
    Lists,
    metric_changes_table,
    scores_table,
    user_changes_table,
    user_name,
    verdict_table,
)

SEED = 20261122
USERS, COLD_USERS, LENGTH = 240, 12, 20
DAY_ZERO = datetime(2026, 8, 1, tzinfo=UTC)
PART = "part-00000.parquet"

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
HOSTILE_URLS = {3: "javascript:alert(1)", 7: "https://jobs.example.org@evil.example/", 9: "https://evil.example/\u202e"}
# Ids are strings like any other: nothing says that they are safe in an address.
ODD_ITEM, MISSING_ITEM = 8, 14

# Who made the tables, as the sidecars of a run would say.
PRODUCERS = {
    "interactions": ("preprocess", "1.0.0", "split"),
    "items": ("preprocess", "1.0.0", "clean"),
    "recommendations": ("recommender", "1.0.0", "predict"),
    "candidate": ("recommender", "1.1.0", "predict"),
    "scores": ("evaluation", "1.0.0", "evaluate"),
    "candidate_scores": ("evaluation", "1.0.0", "evaluate"),
    "user_changes": ("evaluation", "1.0.0", "compare"),
    "metric_changes": ("evaluation", "1.0.0", "compare"),
    "verdict": ("evaluation", "1.0.0", "compare"),
}


def item_name(item: int) -> str:
    return "j/0009 & co" if item == ODD_ITEM else f"j{item + 1:04d}"


def items_table(categories: Sequence[int]) -> pa.Table:
    rows = []
    for item, category in enumerate(categories):
        if item == MISSING_ITEM:
            continue
        name = CATEGORIES[category]
        plain = f"{ROLES[name][item % 4]}, {PLACES[item % len(PLACES)]}"
        url = HOSTILE_URLS.get(item, f"https://jobs.example.org/{item + 1:04d}" if item % 5 else None)
        language = {30: "he", 47: "en"}.get(item)
        rows.append((item_name(item), HOSTILE_TITLES.get(item, plain), None if item % 37 == 5 else name, url, language))
    columns = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    names = ("item_id", "title", "category", "url", "lang")
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


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
        "metric_changes": metric_changes_table(base, candidate, history, holdout, np.random.default_rng(SEED + 1)),
        "verdict": verdict_table(changes),
    }


def write(folder: Path) -> None:
    """Write every table as ``<name>/part-00000.parquet``, and the view of all of them as ``view``."""
    for name, table in make_tables().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / name / PART, compression="zstd")
    with tempfile.TemporaryDirectory() as scratch:
        view = make_view(folder, Path(scratch))
        shutil.rmtree(folder / "view", ignore_errors=True)
        shutil.copytree(view, folder / "view", ignore=shutil.ignore_patterns("_*"))


def make_view(folder: Path, scratch: Path) -> Path:
    """What `report` leaves of the tables below a folder, had they come from a run."""
    from machiya_component.testing import run_operation

    from machiya_viewer.component import component

    for name, (maker, version, operation) in PRODUCERS.items():
        shutil.copytree(folder / name, scratch / name)
        write_sidecar(scratch / name, maker, version, operation)
    case = component.contract.operations["report"].samples["everything"]
    inputs = {name: scratch / name for name in PRODUCERS}
    result = run_operation(component, "report", inputs=inputs, parameters=case.parameters, folder=scratch / "made")
    return result.path("view")


def write_sidecar(folder: Path, maker: str, version: str, operation: str) -> None:
    """Say who made a table, from which image (whose digest is made up)."""
    image = f"ghcr.io/acme/{maker}:{version}@sha256:" + sha256(f"{maker} {version}".encode()).hexdigest()
    files = [file_digest(folder / PART, folder)]
    producer = Producer(component=maker, version=version, operation=operation, image=image)
    artifact = Artifact(type="table", files=files, digest=combined_digest(files), producer=producer)
    (folder / SIDECAR).write_text(artifact.to_text(), encoding="utf-8")
    (folder / DIGEST_FILE).write_text(artifact.digest, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
