"""Tables of recommendations for the tests, and what a naive reader finds in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from machiya_publish.pack import Packed, pack
from machiya_publish.serving import Recommendations

Lists: TypeAlias = Mapping[str, Sequence[tuple[str, float, str]]]
"""By user: item, score and source of each place."""

SCHEMA = pa.schema(
    {"user_id": pa.string(), "item_id": pa.string(), "rank": pa.int32(), "score": pa.float64(), "source": pa.string()}
)


def table(lists: Lists) -> pa.Table:
    """The long table of lists, sorted as the contract asks for."""
    rows = [
        {"user_id": user, "item_id": item, "rank": rank, "score": score, "source": source}
        for user in sorted(lists, key=str.encode)
        for rank, (item, score, source) in enumerate(lists[user], start=1)
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def packed(folder: Path, *parts: pa.Table, row_group_size: int | None = None) -> Packed:
    """Pack parts of a table into `folder`/serving."""
    source, target = folder / "table", folder / "serving"
    for made in (source, target):
        made.mkdir(parents=True, exist_ok=True)
    files = [source / f"part-{number:05d}.parquet" for number in range(len(parts))]
    for file, part in zip(files, parts, strict=True):
        pq.write_table(part, file, row_group_size=row_group_size)
    return pack(files, target)


def plain(found: Recommendations | None) -> list[tuple[str, float, str]] | None:
    """As the lists are given here."""
    return found and list(zip(found.items, found.scores.tolist(), found.sources, strict=True))


def many(users: int, seed: int = 1) -> dict[str, list[tuple[str, float, str]]]:
    """Lists of 1 to 12 items, with sources that change within some of them."""
    rng = np.random.default_rng(seed)

    def one() -> list[tuple[str, float, str]]:
        items = rng.choice(50, int(rng.integers(1, 13)), replace=False).tolist()
        model = int(rng.integers(0, 13))
        return [(f"i{item}", float(20 - at), "model" if at < model else "popular") for at, item in enumerate(items)]

    return {f"u{number}": one() for number in range(users)}
