"""What larger logs take, from the costs that docs/scaling.md states: `python -m tests.benchmarks.capacity [--write]`.

The document has the costs in one table and, between markers, what this module computes from them. Change a cost, run
the command with `--write`, and all figures follow; a test holds the document to that.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from tests.benchmarks.generate import EVENTS, ITEMS, PEOPLE
from tests.benchmarks.report import replace_section

DOCUMENT = Path(__file__).parents[2] / "docs" / "scaling.md"
COST = re.compile(r"^\| `(?P<name>\w+)` \| (?P<value>[\d.,]+) \|", re.MULTILINE)
GIB = 2**30
FACTORS = 64
"""The costs of train and predict are measured with so many."""

Costs = Mapping[str, float]


@dataclass(frozen=True)
class Load:
    """A log and what is asked of it."""

    name: str
    users: float
    items: float
    events: float


LOADS = (
    Load("10 million users, 1 million items", 10e6, 1e6, 10e6 * EVENTS / PEOPLE),
    Load("1 billion events", 1e9 * PEOPLE / EVENTS, ITEMS * (1e9 / EVENTS) ** 0.5, 1e9),
)
"""Events per user as in the reference log; a larger log has items by the square root, as in generate.py."""


@dataclass(frozen=True)
class Machine:
    """What there is to work with: processor seconds per second, and bytes."""

    speed: float
    memory: float

    @classmethod
    def of(cls, costs: Costs, kind: str = "") -> "Machine":
        """The machine to plan with, or that of `kind` "reference_"."""
        return cls(costs[f"{kind}cores"] * costs["efficiency"], costs[f"{kind}memory"] * GIB)


@dataclass(frozen=True)
class Stage:
    """What one operation takes: processor seconds, peak bytes of memory, bytes that it leaves.

    A divisible one takes the memory for each of its shards, on as many machines as one likes. One that spills goes on
    in files where memory ends.
    """

    name: str
    cpu: float
    memory: float
    left: float = 0
    divisible: bool = False
    spills: bool = False

    def hours(self, machine: Machine) -> float:
        """On one machine, if it fits."""
        return self.cpu / machine.speed / 3600


def stages(load: Load, costs: Costs) -> list[Stage]:
    """The operations of a run, by the formulas of the document."""
    pairs = load.events * costs["pairs"]
    rows = load.users * costs["length"]
    factors = (load.users + load.items) * FACTORS * 4
    scores = load.users * load.items
    table = pairs * costs["pair_bytes"]
    train = costs["train_read_cpu"] + costs["iterations"] * costs["train_cpu"]
    read = pairs / 1e6 * costs["predict_read_cpu"]
    predict = read + scores / 1e9 * costs["predict_cpu"] + rows / 1e6 * costs["row_cpu"]
    shard = load.items * FACTORS * 4 + load.users * costs["user_memory"] + costs["batch_memory"] * GIB
    return [
        Stage("clean", load.events / 1e6 * costs["clean_cpu"], load.events * costs["clean_memory"], table, spills=True),
        Stage("split", pairs / 1e6 * costs["split_cpu"], pairs * costs["split_memory"], table),
        Stage("train", pairs / 1e6 * train, pairs * costs["train_memory"] + factors, factors),
        Stage("predict", predict, shard, rows * costs["row_bytes"], divisible=True),
        Stage("evaluate", rows / 1e6 * costs["evaluate_cpu"], rows * costs["evaluate_memory"]),
    ]


@dataclass(frozen=True)
class Limit:
    """Where one machine ends: the events at which a stage needs more of something than it has."""

    what: str
    reference: float
    planned: float


TAKES_OVER = {
    "memory of clean": "its files on disk, more slowly; where these take too long, DuckDB or Spark",
    "memory of split": "DuckDB or Spark: windows over each user's pairs",
    "memory of train": "Spark's ALS; ALX on TPUs",
    "memory of predict": "models divided by user, each with all items",
    "memory of evaluate": "DuckDB or Spark: means over users",
    "time of clean": "Spark, the log divided by user",
    "time of split": "DuckDB or Spark: windows over each user's pairs",
    "time of train": "Spark's ALS; ALX on TPUs",
    "time of evaluate": "DuckDB or Spark: means over users",
}


def limits(costs: Costs) -> list[Limit]:
    """All of them, the first to break on the reference machine first.

    Users grow with the events, and the catalogue stays at a million items: what a stage holds without any events stays,
    too. The time of predict has no limit.
    """
    unit = LOADS[0]
    empty = stages(replace(unit, users=0, events=0), costs)
    machines = Machine.of(costs, "reference_"), Machine.of(costs)
    found = []
    for stage, fixed in zip(stages(unit, costs), (stage.memory for stage in empty), strict=True):
        fits = [unit.events * (machine.memory - fixed) / (stage.memory - fixed) for machine in machines]
        found.append(Limit(f"memory of {stage.name}", *fits))
        if not stage.divisible:
            ends = [unit.events * costs["hours"] / stage.hours(machine) for machine in machines]
            found.append(Limit(f"time of {stage.name}", *ends))
    return sorted(found, key=lambda limit: limit.reference)


def estimate_table(load: Load, costs: Costs) -> str:
    """A load's table: what each stage takes, and the sum."""
    found = stages(load, costs)
    reference, planned = Machine.of(costs, "reference_"), Machine.of(costs)
    kept = load.events * costs["event_bytes"] + sum(stage.left for stage in found)
    lines = [
        f"**{load.name}**: {load.users / 1e6:,.1f} million users, {load.items / 1e6:,.2f} million items, "
        f"{load.events / 1e9:,.2f} billion events, {load.users * costs['length'] / 1e9:,.2f} billion recommendations.",
        "",
        "| stage | processor hours | memory, GiB | leaves, GiB | reference machine | machine to plan with |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {stage.name} | {stage.cpu / 3600:,.1f} | {stage.memory / GIB:,.1f} | {stage.left / GIB:,.1f} | "
        f"{_needed(stage, reference, costs)} | {_needed(stage, planned, costs)} |"
        for stage in found
    ]
    hours = sum(stage.hours(planned) for stage in found)
    fits = all(stage.memory <= planned.memory for stage in found)
    total = f"{hours:,.2f} h, on one" if fits else "does not fit"
    lines += [
        f"| all | {sum(stage.cpu for stage in found) / 3600:,.1f} | | {kept / GIB:,.1f} with the log | | {total} |"
    ]
    return "\n".join(lines) + "\n"


def _needed(stage: Stage, machine: Machine, costs: Costs) -> str:
    """How long it takes on such a machine, or how many end in time if it can be divided."""
    if stage.memory > machine.memory:
        return "from files" if stage.spills else "does not fit"
    hours = stage.hours(machine)
    if not stage.divisible or hours <= costs["hours"]:
        return f"{hours:,.2f} h"
    return f"{hours:,.2f} h, or {ceil(hours / costs['hours'])} of them for {costs['hours']:g} h"


def limits_table(costs: Costs) -> str:
    """What breaks, in this order, and what takes over."""
    lines = ["| what ends | reference machine | machine to plan with | then |", "|---|---|---|---|"]
    lines += [
        f"| {limit.what} | {_count(limit.reference)} | {_count(limit.planned)} | {TAKES_OVER[limit.what]} |"
        for limit in limits(costs)
    ]
    return "\n".join(lines) + "\n"


def _count(events: float) -> str:
    """Two significant digits, in millions or billions."""
    size, unit = (events / 1e9, "billion") if events >= 1e9 else (events / 1e6, "million")
    return f"{float(f'{size:.2g}'):,g} {unit} events"


def costs_of(text: str) -> dict[str, float]:
    """The costs that the document states."""
    return {match["name"]: float(match["value"].replace(",", "")) for match in COST.finditer(text)}


def sections(costs: Costs) -> dict[str, str]:
    """The computed parts of the document, by the names of their markers."""
    return {"estimates": "\n".join(estimate_table(load, costs) for load in LOADS), "limits": limits_table(costs)}


def main() -> None:
    """Print the computed parts, or put them into the document."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.capacity", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scaling.md")
    given = parser.parse_args()
    for name, text in sections(costs_of(DOCUMENT.read_text())).items():
        if given.write:
            replace_section(DOCUMENT, name, text)
        else:
            sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
