"""Runs the four components one after another on the sample log, until there is a workflow engine that does.

Every step is `python -m machiya_component COMPONENT run OPERATION`, with a folder that holds its inputs (links to the
outputs of earlier steps) and gets its outputs: what a container sees as /data. Run by `make run`.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ROOT / ".machiya" / "demo"
SAMPLE = ROOT / "components" / "preprocess" / "sample"


@dataclass(frozen=True)
class Step:
    """One call of an operation. An input is `step/port`, several of one table (its shards), or a folder."""

    name: str
    component: str
    operation: str
    inputs: dict[str, str | tuple[str, ...] | Path]
    parameters: dict[str, str] = field(default_factory=dict)


def predict(name: str, trained: str, shard: int, shards: int) -> Step:
    """The recommendations of one shard of the users."""
    inputs: dict[str, str | tuple[str, ...] | Path] = {"model": f"{trained}/model", "interactions": "split/train"}
    return Step(name, "recommender", "predict", inputs, {"shard": str(shard), "shards": str(shards)})


CANDIDATE = ("predict-0/recommendations", "predict-1/recommendations")
BASE = "predict-popularity/recommendations"

STEPS = [
    Step("clean", "preprocess", "clean", {"events": SAMPLE / "events", "catalogue": SAMPLE / "catalogue"}),
    Step("split", "preprocess", "split", {"interactions": "clean/interactions"}),
    Step("train", "recommender", "train", {"interactions": "split/train"}, {"algorithm": "als", "factors": "16"}),
    predict("predict-0", "train", 0, 2),
    predict("predict-1", "train", 1, 2),
    Step("train-popularity", "recommender", "train", {"interactions": "split/train"}, {"algorithm": "popularity"}),
    predict("predict-popularity", "train-popularity", 0, 1),
    Step(
        "evaluate",
        "evaluation",
        "evaluate",
        {"recommendations": CANDIDATE, "test": "split/test", "train": "split/train", "items": "clean/items"},
    ),
    Step(
        "evaluate-popularity",
        "evaluation",
        "evaluate",
        {"recommendations": BASE, "test": "split/test", "train": "split/train", "items": "clean/items"},
    ),
    Step(
        "compare",
        "evaluation",
        "compare",
        {"base": BASE, "candidate": CANDIDATE, "train": "split/train"},
        {"thresholds": '{"max_lost_users_share": 0}'},
    ),
    Step(
        "report",
        "viewer",
        "report",
        {
            "recommendations": BASE,
            "candidate": CANDIDATE,
            "interactions": "split/train",
            "items": "clean/items",
            "scores": "evaluate-popularity/scores",
            "candidate_scores": "evaluate/scores",
            "user_changes": "compare/user_changes",
            "verdict": "compare/verdict",
        },
    ),
]


def output(name: str) -> Path:
    """The folder of an output, `step/port`."""
    step, port = name.split("/")
    return RUN / step / "out" / port


def lay_inputs(step: Step) -> None:
    """Link what a step reads below its `in` folder; the parts of several shards come together in one folder."""
    target = RUN / step.name / "in"
    target.mkdir(parents=True)
    for port, source in step.inputs.items():
        if isinstance(source, tuple):
            gather(source, target / port)
        else:
            (target / port).symlink_to(source if isinstance(source, Path) else output(source))


def gather(sources: tuple[str, ...], target: Path) -> None:
    """Make one table of several: their parts, in the order of `sources`."""
    target.mkdir()
    parts = [part for source in sources for part in sorted(output(source).glob("*.parquet"))]
    for index, part in enumerate(parts):
        (target / f"part-{index:05d}.parquet").symlink_to(part)


def run(step: Step) -> None:
    """Run one step; its log is kept in its folder. Ends the program with the step's exit code if it fails."""
    lay_inputs(step)
    words = [word for name, value in step.parameters.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "machiya_component", step.component, "run", step.operation, *words]
    log = RUN / step.name / "log.txt"
    start = time.monotonic()
    with log.open("w") as stream:
        environment = os.environ | {"MACHIYA_DATA": str(RUN / step.name)}
        code = subprocess.run(command, stdout=stream, stderr=stream, env=environment, check=False).returncode
    print(f"{step.name:<20} {step.component} {step.operation:<9} {time.monotonic() - start:5.1f} s", flush=True)
    if code:
        last = log.read_text().rstrip().rpartition("\n")[2]
        print(f"{last}\nIts whole log: {log.relative_to(ROOT)}", file=sys.stderr)
        sys.exit(code)


def main() -> None:
    """Run all steps anew and say where the report is."""
    shutil.rmtree(RUN, ignore_errors=True)
    for step in STEPS:
        run(step)
    print(f"\nThe report: {(output('report/report') / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
