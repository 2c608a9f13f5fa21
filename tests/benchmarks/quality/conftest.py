"""A small log with tastes in it, as MovieLens would write it."""

from pathlib import Path

import numpy as np
import pytest

USERS, ITEMS, KINDS = 240, 90, 4


@pytest.fixture(scope="session")
def ratings_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 users who rate films mostly of one kind, 15 on average; low ratings are not for what they like."""
    rng = np.random.default_rng(20261125)
    kind_of_item = rng.integers(KINDS, size=ITEMS)
    attraction = 0.2 + 1 / (1 + rng.permutation(ITEMS))
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(USERS):
        chance = attraction * np.where(kind_of_item == user % KINDS, 1, 0.03)
        items = rng.choice(ITEMS, size=rng.integers(4, 26), replace=False, p=chance / chance.sum())
        for item in np.sort(items):
            rating = rng.choice([2.0, 3.5, 4.0, 5.0], p=[0.05, 0.05, 0.4, 0.5])
            lines.append(f"{user + 7},{item * 3 + 1},{rating},{rng.integers(10**9, 10**9 + 10**6)}")
    path = tmp_path_factory.mktemp("ml-tiny") / "ratings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
