"""Runs the four components one after another on the sample log, until there is a workflow engine that does.

Every step is `python -m machiya_component COMPONENT run OPERATION`, with a folder that holds its inputs (links to the
outputs of earlier steps) and gets its outputs: what a container sees as /data. `make run` calls it as

    python workflows/recommend/demo.py FOLDER

where FOLDER gets one folder per step, each emptied first.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def output(folder: Path, name: str) -> Path:
    """The folder of an output, `step/port`."""
    step, port = name.split("/")
    return folder / step / "out" / port


def lay_inputs(folder: Path, step: Step) -> None:
    """Link what a step reads below its `in` folder; the parts of several shards come together in one folder."""
    target = folder / step.name / "in"
    target.mkdir(parents=True)
    for port, source in step.inputs.items():
        if isinstance(source, tuple):
            gather([output(folder, name) for name in source], target / port)
        else:
            (target / port).symlink_to(source if isinstance(source, Path) else output(folder, source))


def gather(tables: list[Path], target: Path) -> None:
    """Make one table of several: their parts, in their order."""
    target.mkdir()
    parts = [part for table in tables for part in sorted(table.glob("*.parquet"))]
    for index, part in enumerate(parts):
        (target / f"part-{index:05d}.parquet").symlink_to(part)


def run(folder: Path, step: Step) -> None:
    """Run one step; its log is kept in its folder. Ends the program with the step's exit code if it fails."""
    lay_inputs(folder, step)
    words = [word for name, value in step.parameters.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "machiya_component", step.component, "run", step.operation, *words]
    log = folder / step.name / "log.txt"
    start = time.monotonic()
    with log.open("w") as stream:
        environment = os.environ | {"MACHIYA_DATA": str(folder / step.name)}
        code = subprocess.run(command, stdout=stream, stderr=stream, env=environment, check=False).returncode
    print(f"{step.name:<20} {step.component:<12} {step.operation:<9} {time.monotonic() - start:5.1f} s", flush=True)
    if code:
        last = log.read_text().rstrip().rpartition("\n")[2]
        print(f"{last}\nThe whole log: {log}", file=sys.stderr)
        sys.exit(code)


def quality(folder: Path, step: str) -> float:
    """The nDCG of the first ten places that an evaluation found."""
    metrics: dict[str, float] = json.loads((output(folder, f"{step}/metrics") / "metrics.json").read_text())
    return metrics["ndcg@10"]


def main(folder: Path) -> None:
    """Run all steps anew and say what came out, and where the report is."""
    for step in STEPS:
        shutil.rmtree(folder / step.name, ignore_errors=True)
    for step in STEPS:
        run(folder, step)
    als, popularity = quality(folder, "evaluate"), quality(folder, "evaluate-popularity")
    print(f"\nnDCG@10: {als:.3f} (als), {popularity:.3f} (popularity)")
    print(f"The report: {output(folder, 'report/report') / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
