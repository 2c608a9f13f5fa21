"""Makes the sample data beside this file: `python sample/generate.py [FOLDER]`. Run again, it makes the same bytes."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

USERS, ITEMS, SEED = 60, 40, 20


def interactions(rng: np.random.Generator) -> pa.Table:
    """One row for each pair of user and item that met, about a fifth of all pairs."""
    users, items = np.nonzero(rng.random((USERS, ITEMS)) < 0.2)
    return pa.table(
        {
            "user_id": [f"u{user:03d}" for user in users],
            "item_id": [f"i{item:03d}" for item in items],
            "weight": rng.integers(1, 6, size=len(users)).astype(np.float64),
        }
    )


def generate(folder: Path) -> None:
    """Write all sample data below `folder`."""
    target = folder / "interactions"
    target.mkdir(parents=True, exist_ok=True)
    pq.write_table(interactions(np.random.default_rng(SEED)), target / "part-00000.parquet")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
