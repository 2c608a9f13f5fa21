"""Make the sample data of this component: `python sample/generate.py [FOLDER]` (default: the folder of this file).

`items` is a usual item table, `items-changed` one with a new category, missing categories and other salaries.
`history`, `snapshot` and the folders of findings are what the operations themselves write about them.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from machiya_component.watch.compare import compare
from machiya_component.watch.history import History, Snapshot
from machiya_component.watch.thresholds import Thresholds

from machiya_watch.files import write_good_runs, write_snapshot
from machiya_watch.findings import Findings
from machiya_watch.table import look_at

ROWS = 400
CATEGORIES = ("care", "cook", "driver", "office", "sales")
LIMITS = Thresholds.model_validate(
    {
        "columns": {
            "category": {"newValues": "error", "nullShare": {"warn": 0.01, "error": 0.05}},
            "salary": {"mean": {"warn": 0.1, "error": 0.3}},
        }
    }
)


def main(folder: Path) -> None:
    """Write every artifact below `folder`."""
    rng = np.random.default_rng(20261129)
    days = [items(rng) for _ in range(3)]
    write(folder / "items", days[2])
    write(folder / "items-changed", changed(days[2]))
    history = History()
    for number, table in enumerate(days[:2], 27):
        write(folder / "history", table)
        started = f"2026-11-{number}T03:00:00Z"
        history = history.remembering(look_at(folder / "history", f"recommend-production-{number}", started), 14)
    (folder / "history" / "part-00000.parquet").unlink()
    write_good_runs(history, folder / "history")
    (folder / "snapshot").mkdir(exist_ok=True)
    write_snapshot(look(folder / "items"), folder / "snapshot")
    for name in ("", "-changed"):
        target = folder / f"findings{name}"
        target.mkdir(exist_ok=True)
        comparison = compare(look(folder / f"items{name}"), history.runs, LIMITS)
        Findings.of("items", comparison).write(target)


def look(folder: Path) -> Snapshot:
    """The statistics of today's run."""
    return look_at(folder, "recommend-production-7xk2p", "2026-11-29T03:00:00Z")


def items(rng: np.random.Generator) -> pa.Table:
    """Jobs: an id, a category, an hourly salary in yen."""
    return pa.table(
        {
            "item_id": [f"job-{number:04d}" for number in range(ROWS)],
            "category": [CATEGORIES[place] for place in rng.integers(0, len(CATEGORIES), ROWS)],
            "salary": np.round(rng.lognormal(7.2, 0.2, ROWS)),
        }
    )


def changed(table: pa.Table) -> pa.Table:
    """The same jobs: some of a new category, some of none, all salaries a quarter higher."""
    names: list[str | None] = table.column("category").to_pylist()
    names[:12] = ["space"] * 12
    names[100:150] = [None] * 50
    salaries = np.round(table.column("salary").to_numpy() * 1.25)
    return pa.table({"item_id": table.column("item_id"), "category": names, "salary": salaries})


def write(folder: Path, table: pa.Table) -> None:
    """Write one Parquet part."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "part-00000.parquet", compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
