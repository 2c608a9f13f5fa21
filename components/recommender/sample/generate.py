"""Make the sample data: ``python sample/generate.py``. Running it again gives the same bytes.

A job board: 300 users, 120 postings of 6 kinds of work. A user is interested in one or two kinds and mostly looks at
postings of these, so the matrix of interactions has planted structure of low rank.

The model samples are not trained. A training rounds as the processor's BLAS does, and its bytes would differ from one
machine to the next; these models are computed from the interactions by operations that are exact.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from machiya_recommender.factors import Factors
from machiya_recommender.interactions import Interactions, build_interactions
from machiya_recommender.model import Algorithm, Model, save_model

SEED = 20261122
USERS, ITEMS, KINDS = 300, 120, 6
ITEMS_PER_USER = 16
NEIGHBOURS = 20
AWKWARD_USERS = ("ユーザー 17", "o'brien; drop table", 'quote"comma,', "😀", "u" + "0" * 254)
FIRST_TIME, SECONDS = np.datetime64("2026-10-01T00:00:00", "us"), 45 * 24 * 3600


def main(folder: Path) -> None:
    """Write every sample below the folder."""
    rng = np.random.default_rng(SEED)
    kinds = rng.integers(KINDS, size=ITEMS)
    table = interactions_table(rng, kinds)
    write_table(folder / "interactions", table)
    write_table(folder / "interactions-negative-weight", with_a_negative_weight(table.slice(0, 40)))
    write_table(folder / "users", users_table(rng, table))
    data = build_interactions([table])
    write_model(folder, data, "popularity")
    write_model(folder, data, "als", factors=planted_factors(data, kinds, bias=False))
    write_model(folder, data, "bpr", factors=planted_factors(data, kinds, bias=True))
    write_model(folder, data, "item-knn", neighbours=planted_neighbours(data))


def interactions_table(rng: np.random.Generator, kinds: NDArray[np.int64]) -> pa.Table:
    """Interactions sorted by user_id and item_id; kinds: (ITEMS,), the kind of work of each posting."""
    user_ids = [*(f"u{number:04d}" for number in range(USERS - len(AWKWARD_USERS))), *AWKWARD_USERS]
    item_ids = [f"{'求人' if number % 10 == 7 else 'job'}-{number:04d}" for number in range(ITEMS)]
    attraction = 1.0 / (1 + rng.permutation(ITEMS))
    rows = []
    for user in user_ids:
        interests = rng.choice(KINDS, size=rng.integers(1, 3), replace=False)
        chance = (attraction + 0.05) * np.where(np.isin(kinds, interests), 1.0, 0.06)
        size = int(rng.integers(3, 2 * ITEMS_PER_USER - 3))
        for item in rng.choice(ITEMS, size=min(size, 24), replace=False, p=chance / chance.sum()):
            views, applied = int(rng.integers(1, 5)), bool(rng.random() < 0.15)
            time = FIRST_TIME + np.timedelta64(int(rng.integers(SECONDS)), "s")
            rows.append((user, item_ids[item], views + 5.0 * applied, views + applied, time))
    columns = list(zip(*rows, strict=True))
    table = pa.table(
        {
            "user_id": pa.array(columns[0], pa.string()),
            "item_id": pa.array(columns[1], pa.string()),
            "weight": pa.array(columns[2], pa.float64()),
            "events": pa.array(columns[3], pa.int64()),
            "time": pa.array(np.array(columns[4]), pa.timestamp("us", tz="UTC")),
        }
    )
    return table.sort_by([("user_id", "ascending"), ("item_id", "ascending")])


def with_a_negative_weight(table: pa.Table) -> pa.Table:
    """The same rows, but the tenth weighs -1: what the operation must refuse."""
    weights = table["weight"].to_pylist()
    weights[9] = -1.0
    return table.set_column(table.schema.get_field_index("weight"), "weight", pa.array(weights, pa.float64()))


def users_table(rng: np.random.Generator, table: pa.Table) -> pa.Table:
    """Whom to recommend for: 30 users of the interactions, and 10 who have no history."""
    known = table["user_id"].unique().to_pylist()
    chosen = [known[place] for place in rng.choice(len(known), size=30, replace=False)]
    return pa.table({"user_id": sorted({*chosen, *AWKWARD_USERS[:2], *(f"new{number:02d}" for number in range(10))})})


def planted_factors(data: Interactions, kinds: NDArray[np.int64], bias: bool) -> Factors:
    """Factors in multiples of 1/64, whose products float32 holds exactly; a dimension for each kind of work.

    A user's factors are the shares of the kinds in his items; an item's say how popular it is, in its own kind.
    """
    seen = (data.weights.toarray() > 0).astype(np.int64)
    popularity = seen.sum(axis=0)
    kind = kinds[[int(item[-4:]) for item in data.items.to_pylist()]]
    items = np.zeros((len(kind), KINDS))
    items[np.arange(len(kind)), kind] = np.rint(64 * popularity / popularity.max()) / 64
    users = np.rint(64 * (seen @ (items > 0)) / seen.sum(axis=1, keepdims=True)) / 64
    if bias:
        users = np.column_stack([users, np.ones(len(users))])
        items = np.column_stack([items, np.rint(16 * popularity / popularity.max()) / 64])
    return Factors(users.astype(np.float32), items.astype(np.float32), bias)


def planted_neighbours(data: Interactions) -> csr_matrix:
    """The cosine of the sets of users: whole numbers, one root and one division, all of them exactly rounded."""
    seen = (data.weights.toarray() > 0).astype(np.int64)
    together, popularity = seen.T @ seen, seen.sum(axis=0)
    cosine = together / np.sqrt(np.outer(popularity, popularity))
    np.fill_diagonal(cosine, 0)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :NEIGHBOURS]
    kept = np.zeros_like(cosine)
    np.put_along_axis(kept, order, np.take_along_axis(cosine, order, axis=1), axis=1)
    return csr_matrix(kept.astype(np.float32))


def write_model(
    folder: Path,
    data: Interactions,
    algorithm: Algorithm,
    factors: Factors | None = None,
    neighbours: csr_matrix | None = None,
) -> None:
    """A model without its last 12 users, so that the interactions have users whom it does not know."""
    users = data.users[:-12]
    if factors is not None:
        factors = Factors(factors.users[:-12], factors.items, factors.bias)
    popularity = np.bincount(data.weights.indices, minlength=len(data.items)).astype(np.int64)
    place = folder / f"model-{algorithm}"
    place.mkdir(parents=True, exist_ok=True)
    save_model(Model(algorithm, {"seed": SEED}, users, data.items, popularity, factors, neighbours), place)


def write_table(folder: Path, table: pa.Table) -> None:
    """Write the table as the one part of an artifact."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "part-00000.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(__file__).parent)
