"""Make the sample data of this component: `python sample/generate.py [FOLDER]` (default: the folder of this file).

A job board with a planted answer. Every job seeker likes one category of jobs; interactions are drawn from it with
probability 0.85. `base` recommends what is popular with everybody; `candidate` recommends what is popular within the
category the user likes. So the candidate must be better at every k, must be newer to users (popular jobs are known to
all), and must show more of the catalogue. Apart from that:

- users u0280 ... u0299 have no recommendations in `base`, u0290 ... u0299 none in `candidate` either;
- users u0000 ... u0019 have no held-out interactions;
- users u0020 ... u0059 get the same list from both sides.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261122
USERS, ITEMS, LENGTH = 300, 120, 20
CATEGORIES = ("engineering", "営業", "nursing", "事務", "logistics", "design")
TITLES = {
    "engineering": ("Backend engineer (Python)", "機械学習エンジニア", "SRE / インフラ <東京>"),
    "営業": ("法人営業", "Inside sales & customer success", "ルート営業(未経験歓迎)"),
    "nursing": ("Registered nurse, night shift", "訪問看護師", 'Nurse "part-time"'),
    "事務": ("一般事務", "Office assistant", "経理事務 ~週3日~"),
    "logistics": ("Forklift operator", "倉庫内軽作業", "ドライバー🚚"),
    "design": ("Product designer", "Webデザイナー", "UI/UX design <b>lead</b>"),
}
START = datetime(2026, 9, 1, tzinfo=UTC)

Floats = npt.NDArray[np.float64]


def main(folder: Path) -> None:
    """Write every artifact below `folder`."""
    rng = np.random.default_rng(SEED)
    liked = np.arange(USERS) % len(CATEGORIES)
    category = np.arange(ITEMS) % len(CATEGORIES)
    appeal: Floats = 1.0 / (1 + category_place())
    train, test = interactions(rng, liked, category, appeal)
    popularity = train.sum(axis=0)
    match = (category == liked[:, None]).astype(float)
    base = rankings(np.where(train, -1.0, popularity + 0.5 * rng.random((USERS, ITEMS))))
    candidate = rankings(np.where(train, -1.0, popularity + 1000.0 * match + 0.5 * rng.random((USERS, ITEMS))))
    candidate[20:60] = base[20:60]

    write(folder / "items", items(category))
    write(folder / "train", interaction_table(train, 0, rng))
    write(folder / "test", interaction_table(test, 60, rng))
    write(folder / "base", recommendation_table(base[:280]))
    write(folder / "candidate", recommendation_table(candidate[:290]))
    write(folder / "segments", segments(train))


def interactions(
    rng: np.random.Generator, liked: npt.NDArray[np.int64], category: npt.NDArray[np.int64], appeal: Floats
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which jobs each user saw in train, and in test: bool, shape (USERS, ITEMS) each, disjoint."""
    chance = np.where(category == liked[:, None], 0.85 * len(CATEGORIES), 0.15) * appeal
    keys = np.log(chance) - np.log(-np.log(rng.random(chance.shape)))
    order = np.argsort(-keys, axis=1)
    train, test = np.zeros(chance.shape, bool), np.zeros(chance.shape, bool)
    history = np.floor(22 * rng.random(USERS) ** 2).astype(int)
    for user, length in enumerate(history):
        train[user, order[user, :length]] = True
        test[user, order[user, length : length + 1 + user % 4]] = user >= 20
    return train, test


def category_place() -> Floats:
    """0 for the most appealing job of each category, 1 for the next, ...: float64, shape (ITEMS,)."""
    return np.floor(np.arange(ITEMS) / len(CATEGORIES))


def rankings(scores: Floats) -> npt.NDArray[np.int64]:
    """Best items first: int64, shape (USERS, LENGTH)."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH]


def user_ids(codes: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array([f"u{code:04d}" for code in codes])


def item_ids(codes: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array([f"job-{code:03d}" for code in codes])


def interaction_table(seen: npt.NDArray[np.bool_], day: int, rng: np.random.Generator) -> pa.Table:
    """Interactions sorted by user and item; an application weighs 5, a view 1."""
    user, item = np.nonzero(seen)
    views, applied = 1 + np.floor(3 * rng.random(user.size)), rng.random(user.size) < 0.2
    minutes = day * 1440 + np.floor(30 * 1440 * rng.random(user.size))
    return pa.table(
        {
            "user_id": user_ids(user),
            "item_id": item_ids(item),
            "weight": views + 5.0 * applied,
            "events": (views + applied).astype(np.int64),
            "time": pa.array([START + timedelta(minutes=m) for m in minutes], pa.timestamp("us", tz="UTC")),
        }
    )


def recommendation_table(ranked: npt.NDArray[np.int64]) -> pa.Table:
    """Lists sorted by user and rank."""
    users, length = ranked.shape
    return pa.table(
        {
            "user_id": user_ids(np.repeat(np.arange(users), length)),
            "item_id": item_ids(ranked.ravel()),
            "rank": np.tile(np.arange(1, length + 1), users),
            "score": np.tile(1.0 / np.arange(1, length + 1), users),
            "source": pa.array(["model"] * ranked.size),
        }
    )


def items(category: npt.NDArray[np.int64]) -> pa.Table:
    """Job postings."""
    names = [CATEGORIES[code] for code in category]
    titles = [TITLES[name][index // len(CATEGORIES) % 3] for index, name in enumerate(names)]
    return pa.table({"item_id": item_ids(np.arange(ITEMS)), "title": titles, "category": names})


def segments(train: npt.NDArray[np.bool_]) -> pa.Table:
    """Heavy users have at least 8 jobs in their history; every thirtieth user is in no segment."""
    length = train.sum(axis=1)
    names = np.where(length >= 8, "heavy", np.where(length > 0, "light", "new"))
    users = np.flatnonzero(np.arange(USERS) % 30 != 7)
    return pa.table({"user_id": user_ids(users), "segment": names[users]})


def write(folder: Path, table: pa.Table) -> None:
    """One Parquet part."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "part-00000.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
