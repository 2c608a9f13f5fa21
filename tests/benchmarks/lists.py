"""Recommendations of the reference size without training a model: 100 items for each of 138,000 users.

Users have tastes, and items are as popular as in the log, so ids repeat as they do in a real result, and scores fall.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import Scale

if TYPE_CHECKING:
    import pyarrow as pa

USERS, ITEMS, LENGTH = 138_000, 27_000, 100
TASTES, CANDIDATES, FACTORS = 30, 2_000, 16
LEAST_SHARE = 0.1
"""With fewer users what each file costs by itself would count for more than what a row costs."""
BATCH_USERS = 1_310
"""Users that are handed over at once: 131,000 rows."""


@dataclass(frozen=True)
class Result:
    """items: int32 (users, LENGTH), numbers of items, best first. scores: float32 (users, LENGTH)."""

    items: NDArray[np.int32]
    scores: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Of the long table."""
        return int(self.items.size)

    def batches(self) -> list[range]:
        """The users, some at a time."""
        users = len(self.items)
        return [range(at, min(at + BATCH_USERS, users)) for at in range(0, users, BATCH_USERS)]

    def long_table(self, users: range) -> "pa.Table":
        """The long table of some users, with strings as dictionaries."""
        import pyarrow as pa

        def named(numbers: NDArray[np.int32], texts: list[str]) -> pa.Array:
            return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(texts))

        rows = len(users) * LENGTH
        columns = [
            named(np.repeat(np.arange(len(users), dtype=np.int32), LENGTH), [user_id(user) for user in users]),
            named(self.items[users.start : users.stop].reshape(-1), ITEM_IDS),
            pa.array(np.tile(np.arange(1, LENGTH + 1, dtype=np.int32), len(users))),
            pa.array(self.scores[users.start : users.stop].reshape(-1).astype(np.float64)),
            named(np.zeros(rows, np.int32), ["model", "fallback"]),
        ]
        return pa.table(columns, ["user_id", "item_id", "rank", "score", "source"])


def user_id(user: int) -> str:
    """Sorted as the numbers are."""
    return f"u{user:06d}"


ITEM_IDS = [f"i{item:05d}" for item in range(ITEMS)]


def result(folder: Path) -> Result:
    """What `make` has written."""
    return Result(np.load(folder / "items.npy"), np.load(folder / "scores.npy"))


def made(scale: Scale) -> Path:
    """The folder of the result of this scale."""
    return scale.made("lists-1", partial(make, users=round(USERS * max(scale.share, LEAST_SHARE))))


def make(folder: Path, users: int, seed: int = 1) -> None:
    """Write a result: by a factor model, over the candidates that each taste knows."""
    rng = np.random.default_rng(seed)
    popularity = np.arange(1, ITEMS + 1) ** -0.8
    popularity /= popularity.sum()
    items, scores = np.empty((users, LENGTH), np.int32), np.empty((users, LENGTH), np.float32)
    taste = rng.integers(0, TASTES, users)
    for one in range(TASTES):
        candidates = np.sort(rng.choice(ITEMS, CANDIDATES, replace=False, p=popularity)).astype(np.int32)
        loadings = rng.standard_normal((CANDIDATES, FACTORS)) * popularity[candidates, None] ** 0.25
        who = np.flatnonzero(taste == one)
        wanted = rng.standard_normal(FACTORS) + 0.7 * rng.standard_normal((len(who), FACTORS))
        for at in range(0, len(who), 1024):
            found = (wanted[at : at + 1024] @ loadings.T).astype(np.float32)
            best = np.argsort(-found, axis=1, kind="stable")[:, :LENGTH]
            items[who[at : at + 1024]] = candidates[best]
            scores[who[at : at + 1024]] = np.take_along_axis(found, best, axis=1)
    np.save(folder / "items.npy", items)
    np.save(folder / "scores.npy", scores)
