"""Print the table: `python -m tests.benchmarks [--full] [--write] [STAGE...]`, without stages all that there are."""

import argparse
import importlib
import logging
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from tests.benchmarks.harness import FULL, SMALL, Row, Scale
from tests.benchmarks.report import environment, kept, lines, replace_section, section

STAGES = ("clean", "train", "predict", "scaling", "store", "evaluation", "workflow", "startup", "viewer")
RESULTS = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def stage(name: str) -> ModuleType:
    """The module that measures it."""
    return importlib.import_module(f"tests.benchmarks.{name}")


def measured(name: str, scale: Scale) -> list[Row]:
    """The rows of a stage."""
    rows: list[Row] = stage(name).rows(scale)
    return rows


def measured_or_failed(name: str, scale: Scale) -> list[Row]:
    """What a stage measured. If it fails, a row says so and the others still run: they may take minutes each."""
    try:
        return measured(name, scale)
    except Exception as error:
        traceback.print_exc()
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return [Row(name, "-", "-", f"failed: {reason[-1]}", False)]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--full", action="store_true", help="20 million events instead of 200,000")
    parser.add_argument(
        "--write",
        action="store_true",
        help="keep the rows in docs/benchmarks.md, beside those of the stages that are not measured now",
    )
    parser.add_argument(
        "--turns", type=int, metavar="N", default=FULL.repeat, help="how often each case runs (default: %(default)s)"
    )
    given = parser.parse_args()
    if unknown := set(given.stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}. There are {', '.join(STAGES)}.")
    if given.turns < 1:
        parser.error(f"--turns is {given.turns}: each case has to run at least once.")
    return given


def main() -> int:
    """0 if every stage could be measured, 1 if one failed; a target that is not reached is a result."""
    given = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    scale = replace(FULL if given.full else SMALL, repeat=given.turns)
    begun = environment()
    new: dict[str, str] = {}
    failed = False
    for name in given.stages or STAGES:
        rows = measured_or_failed(name, scale)
        failed |= any(row.measured.startswith("failed") for row in rows)
        new[name] = lines(name, rows, begun.when, decisive=given.full)
        if given.write:
            write(scale, {name: new[name]}, begun.where)
    sys.stdout.write(section(scale, new, begun.where))
    return int(failed)


def write(scale: Scale, new: dict[str, str], where: str) -> None:
    """Put parts of the table into the document: after each stage, as those that follow may take hours, or fail."""
    both = kept(RESULTS, scale, where) | new
    replace_section(RESULTS, scale.name, section(scale, {name: both[name] for name in STAGES if name in both}, where))


if __name__ == "__main__":
    sys.exit(main())
