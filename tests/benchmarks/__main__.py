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

FOLDER = Path(__file__).parent
STAGES = ("clean", "train", "predict", "scaling", "store", "evaluation", "workflow", "startup")
RESULTS = FOLDER.parents[1] / "docs" / "benchmarks.md"


def stages() -> list[str]:
    """Those whose module is there."""
    return [name for name in STAGES if (FOLDER / f"{name}.py").exists()]


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


def main() -> int:
    """0 if every stage could be measured, 1 if one failed; a target that is not reached is a result."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(stages()))
    parser.add_argument("--full", action="store_true", help="20 million events instead of 200,000")
    parser.add_argument(
        "--write",
        action="store_true",
        help="keep the rows in docs/benchmarks.md, beside those of the stages that are not measured now",
    )
    parser.add_argument(
        "--turns", type=int, metavar="N", help=f"how often each case runs (by default {FULL.repeat} times)"
    )
    given = parser.parse_args()
    if unknown := set(given.stages) - set(stages()):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}. There are {', '.join(stages())}.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    scale = FULL if given.full else SMALL
    scale = replace(scale, repeat=given.turns or scale.repeat)
    begun = environment()
    found = {name: measured_or_failed(name, scale) for name in given.stages or stages()}
    new = {name: lines(name, rows, begun.when, decisive=given.full) for name, rows in found.items()}
    sys.stdout.write(section(scale, new, begun.where))
    if given.write:
        both = kept(RESULTS, scale, begun.where) | new
        replace_section(
            RESULTS, scale.name, section(scale, {name: both[name] for name in STAGES if name in both}, begun.where)
        )
    return int(any(row.measured.startswith("failed") for rows in found.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
