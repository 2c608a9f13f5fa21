"""Make the sample data of this component: `python sample/generate.py [FOLDER]` (default: the folder of this file).

`recommendations` (two parts) has lists of one to seven jobs, some of which end with popular ones; `nobody` has the same
columns and no rows, and `unsorted` names a user twice.

`result` (two parts) recommends three jobs to each of 190 job seekers; `users` has 200, each in two rows, the last ten
of whom have no result. `earlier`, `same-run`, `later` and `larger` are what may be published when the samples run.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

KNOWN, SERVED, LENGTH = 200, 190, 3
RUN, STARTED = "recommend-production-7xk2p", "2026-11-29T03:00:00Z"
BEFORE, STARTED_BEFORE = "recommend-production-h4v9d", "2026-11-28T03:00:00Z"
AFTER, STARTED_AFTER = "recommend-production-q8m3w", "2026-11-30T03:00:00Z"


def main(folder: Path) -> None:
    """Write every artifact below `folder`."""
    write(folder / "result", recommendations(0, 100), recommendations(100, SERVED))
    write(folder / "users", pa.table({"user_id": [f"u{user % KNOWN:04d}" for user in range(2 * KNOWN)]}))
    write(folder / "recommendations", ranked(0, 80), ranked(80, 120))
    write(folder / "nobody", ranked(0, 0))
    write(folder / "unsorted", ranked(0, 10), ranked(4, 6))
    point(folder / "earlier", BEFORE, STARTED_BEFORE, 600)
    point(folder / "same-run", RUN, STARTED, SERVED * LENGTH)
    point(folder / "later", AFTER, STARTED_AFTER, 600)
    point(folder / "larger", BEFORE, STARTED_BEFORE, 60_000)


def recommendations(first: int, end: int) -> pa.Table:
    """The jobs of the users from `first` to `end`."""
    rows = [
        (f"u{user:04d}", f"job-{(7 * user + rank) % 40:03d}", rank) for user in range(first, end) for rank in (1, 2, 3)
    ]
    users, items, ranks = zip(*rows, strict=True)
    return pa.table({"user_id": users, "item_id": items, "rank": ranks})


def ranked(first: int, end: int) -> pa.Table:
    """Lists of the users from `first` to `end`: of 1 to 7 jobs, those from the sixth on because they are popular."""
    rows = [
        (
            f"求職者-{user:04d}",
            f"job-{(7 * user + rank) % 40:03d}",
            rank,
            8.5 - rank,
            "fallback" if rank > 5 else "model",
        )
        for user in range(first, end)
        for rank in range(1, user % 7 + 2)
    ]
    types = (pa.string(), pa.string(), pa.int32(), pa.float64(), pa.string())
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    return pa.table(arrays, ["user_id", "item_id", "rank", "score", "source"])


def point(folder: Path, run: str, started: str, rows: int) -> None:
    """What is published of a run."""
    pointer = {
        "apiVersion": "machiya/v1",
        "kind": "Published",
        "workflow": "recommend",
        "stage": "production",
        "result": "recommendations",
        "run": run,
        "started": started,
        "key": f"runs/{run}/predict/recommendations",
        "digest": f"sha256:{'ab' * 32}",
        "rows": rows,
        "coverage": None,
        "earlier": None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pointer.json").write_text(json.dumps(pointer, indent=2) + "\n", encoding="utf-8")


def write(folder: Path, *parts: pa.Table) -> None:
    """Parquet parts."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"part-{number:05d}.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
