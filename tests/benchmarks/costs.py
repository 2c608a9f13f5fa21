"""Measures the costs that docs/scaling.md states: `python -m tests.benchmarks.costs [--quick] [--write]`.

Each operation runs as a step of a workflow does: in a process of its own, with the kit's checks, sidecars and digests.
The chain of all of them runs on two logs of different size, and a cost is what the larger one takes more, for each
event, pair or row that it has more; what a start takes falls out.
"""

import argparse
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tests.benchmarks.capacity import DOCUMENT, FACTORS, GIB
from tests.benchmarks.generate import Size
from tests.benchmarks.harness import DATA, FULL, SMALL, BenchmarkError, Case, Run, Scale, measure
from tests.benchmarks.report import environment, replace_section

WEIGHTS = '{"view": 1, "click": 2, "purchase": 5}'
TENTH = Scale("tenth", 0.1, 3)
ITERATIONS = (2, 6)
LENGTHS = (10, 100)


def emptied(folder: Path) -> Path:
    """Without what an earlier turn left."""
    for ports in ("in", "out"):
        shutil.rmtree(folder / ports, ignore_errors=True)
        (folder / ports).mkdir(parents=True)
    return folder


def operate(folder: Path, component: str, operation: str, inputs: Mapping[str, Path], *parameters: str) -> None:
    """Run an operation as a step does, with its ports in the folders `in` and `out` of `folder`."""
    for port, path in inputs.items():
        (folder / "in" / port).symlink_to(path)
    command = [sys.executable, "-m", "machiya_component", component, "run", operation, *parameters]
    subprocess.run(command, check=True, env={**os.environ, "MACHIYA_DATA": str(folder)})


@dataclass
class Chain:
    """The operations on one log: `home/NAME/out` holds what each left, `runs` what it took."""

    scale: Scale
    home: Path
    runs: dict[str, Run] = field(default_factory=dict)

    def run(self, name: str, component: str, operation: str, inputs: Mapping[str, Path], *parameters: str) -> None:
        """One operation."""
        case = Case(operate, (component, operation, inputs, *parameters), partial(emptied, self.home / name))
        label = f"{self.scale.name} {name}"
        found = measure({label: case}, self.scale.repeat)[label]
        self.runs[name] = Run(found.wall, found.cpu, found.peak)

    def out(self, name: str, port: str) -> Path:
        """What an operation left."""
        return self.home / name / "out" / port

    def execute(self) -> "Observed":
        """All of them; each reads what the ones before left."""
        log = self.home / "log"
        log.mkdir(parents=True)
        (log / "events.parquet").symlink_to(self.scale.events())
        self.run("clean", "preprocess", "clean", {"events": log}, f"--event_weights={WEIGHTS}")
        pairs = {"interactions": self.out("clean", "interactions")}
        self.run("split", "preprocess", "split", pairs, "--method=last-n")
        for count in ITERATIONS:
            given = ("--algorithm=als", f"--factors={FACTORS}", f"--iterations={count}")
            self.run(f"train-{count}", "recommender", "train", pairs, *given)
        known = {**pairs, "model": self.out(f"train-{ITERATIONS[-1]}", "model")}
        self.run("predict-one", "recommender", "predict", {**known, "users": self.one_user(pairs["interactions"])})
        for length in LENGTHS:
            self.run(f"predict-{length}", "recommender", "predict", known, f"--n={length}")
        lists = self.out(f"predict-{LENGTHS[-1]}", "recommendations")
        both = {"train": self.out("split", "train"), "test": self.out("split", "test")}
        self.run("evaluate", "evaluation", "evaluate", {"recommendations": lists, **both}, "--ks=[10, 100]")
        return Observed(
            self.runs,
            Size.at(self.scale.share),
            self.scale.events().stat().st_size,
            Table(int(self.metric("clean", "interactions")), bytes_in(pairs["interactions"])),
            {
                n: Table(
                    int(self.metric(f"predict-{n}", "rows")), bytes_in(self.out(f"predict-{n}", "recommendations"))
                )
                for n in LENGTHS
            },
        )

    def one_user(self, interactions: Path) -> Path:
        """A table of one user, for whom everything else has to be read, too."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.home / "users"
        folder.mkdir()
        first = next(pq.ParquetFile(min(interactions.glob("*.parquet"))).iter_batches(1, columns=["user_id"]))
        pq.write_table(pa.Table.from_batches([first]), folder / "part-00000.parquet")
        return folder

    def metric(self, name: str, key: str) -> float:
        """What an operation counted."""
        counted: dict[str, float] = json.loads((self.out(name, "metrics") / "metrics.json").read_text())
        return counted[key]


@dataclass(frozen=True)
class Table:
    """How large a table is."""

    rows: int
    size: int


def bytes_in(folder: Path) -> int:
    """Of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Observed:
    """What a chain took, and how large its tables are."""

    runs: Mapping[str, Run]
    size: Size
    log_bytes: int
    pairs: Table
    lists: Mapping[int, Table]

    @property
    def iteration(self) -> float:
        """Processor seconds of one iteration of train."""
        first, last = ITERATIONS
        return (self.runs[f"train-{last}"].cpu - self.runs[f"train-{first}"].cpu) / (last - first)

    @property
    def factors(self) -> int:
        """Bytes of the model."""
        return (self.size.people + self.size.items) * FACTORS * 4

    @property
    def scores(self) -> int:
        """Pairs of a user and an item."""
        return self.size.people * self.size.items


def costs(small: Observed, large: Observed) -> dict[str, float]:
    """The costs by their names, as docs/scaling.md explains them."""
    events = large.size.events - small.size.events
    pairs = large.pairs.rows - small.pairs.rows
    shortest, longest = LENGTHS
    rows = large.lists[longest].rows - small.lists[longest].rows

    def cpu(name: str) -> float:
        return large.runs[name].cpu - small.runs[name].cpu

    def peak(name: str) -> float:
        return large.runs[name].peak - small.runs[name].peak

    iteration = large.iteration - small.iteration
    read = cpu(f"train-{ITERATIONS[0]}") - ITERATIONS[0] * iteration
    more_rows = large.lists[longest].rows - large.lists[shortest].rows
    row = (large.runs[f"predict-{longest}"].cpu - large.runs[f"predict-{shortest}"].cpu) / more_rows
    scored = cpu(f"predict-{longest}") - cpu("predict-one") - row * rows
    found = {
        "event_bytes": large.log_bytes / large.size.events,
        "pairs": large.pairs.rows / large.size.events,
        "pair_bytes": large.pairs.size / large.pairs.rows,
        "row_bytes": large.lists[longest].size / large.lists[longest].rows,
        "clean_cpu": cpu("clean") / events * 1e6,
        "clean_memory": peak("clean") / events,
        "split_cpu": cpu("split") / pairs * 1e6,
        "split_memory": peak("split") / pairs,
        "train_read_cpu": read / pairs * 1e6,
        "train_cpu": iteration / pairs * 1e6,
        "train_memory": (peak(f"train-{ITERATIONS[-1]}") - large.factors + small.factors) / pairs,
        "predict_read_cpu": cpu("predict-one") / pairs * 1e6,
        "predict_cpu": scored / (large.scores - small.scores) * 1e9,
        "row_cpu": row * 1e6,
        "user_memory": peak("predict-one") / (large.size.people - small.size.people),
        "batch_memory": large.runs[f"predict-{longest}"].peak / GIB,
        "evaluate_cpu": cpu("evaluate") / rows * 1e6,
        "evaluate_memory": peak("evaluate") / rows,
    }
    if lost := [f"{name} {value:.3g}" for name, value in found.items() if value <= 0]:
        raise BenchmarkError(f"Lost in the noise: {', '.join(lost)}, of {found}. Measure again, on a quiet machine.")
    return found


def stated(document: str, found: Mapping[str, float]) -> str:
    """The document with these costs in its table, to three significant digits."""
    for name, value in found.items():
        figure = f"{float(f'{value:.3g}'):,.10g}"
        document, times = re.subn(rf"(?m)^(\| `{name}` \| )[\d.,]+", rf"\g<1>{figure}", document)
        if times != 1:
            raise ValueError(f"{DOCUMENT}: {times} rows begin with | `{name}` |; there must be one.")
    return document


def main() -> None:
    """Measure, print, and with `--write` put the figures into the document's table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.costs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 million events instead of 20")
    parser.add_argument("--write", action="store_true", help="put the costs into docs/scaling.md")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    larger = TENTH if given.quick else replace(FULL, repeat=1)
    begun = environment()
    DATA.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=DATA, prefix="costs-"))
    try:
        Chain(replace(SMALL, repeat=1), home / "compiled").execute()  # what is compiled now must not count below
        small, large = (Chain(scale, home / scale.name).execute() for scale in (SMALL, larger))
    finally:
        shutil.rmtree(home)
    found = costs(small, large)
    sys.stdout.write("".join(f"{name} {value:.3g}\n" for name, value in found.items()))
    if given.write:
        DOCUMENT.write_text(stated(DOCUMENT.read_text(), found))
        events = f"{small.size.events:,} and {large.size.events:,} events"
        replace_section(DOCUMENT, "machine", f"Measured with {events}; {begun.when}. {begun.where}\n")


if __name__ == "__main__":
    main()
