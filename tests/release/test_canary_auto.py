"""`machiya canary --auto`: the real experiment component counts what users did, and proposes the next share."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from machiya.pins import load_pins

ROOT = Path(__file__).parents[2]
MACHIYA = Path(sys.executable).with_name("machiya")
STABLE, OTHER = "1.0.0@sha256:" + "a" * 64, "1.0.0@sha256:" + "b" * 64
"""The same version for both sides: what they recommend is none of this test's business."""
WORKFLOW = f"""\
from machiya.dsl import Workflow

workflow = Workflow("lists", summary="Lists", owner="us")
(recommender,) = workflow.components("recommender")
sample = "{ROOT}/components/recommender/sample/interactions"
interactions = workflow.artifact("interactions", "Who did what", default=sample)
train = recommender.train(interactions=interactions, algorithm="popularity")
predict = recommender.predict(model=train.model, interactions=interactions)
workflow.result(predict.recommendations)
"""


class Street:
    """A workflow with a canary for half of the users, and one run of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workflow = folder / "workflows" / "lists"

    def lay_out(self, share: float = 0.5) -> None:
        self.workflow.mkdir(parents=True)
        (self.workflow / "workflow.py").write_text(WORKFLOW)
        kept = ROOT / "workflows" / "recommend" / "contracts"
        (self.workflow / "contracts").mkdir()
        for name in ("recommender-1.0.0.json", "experiment-1.0.0.json"):
            shutil.copy2(kept / name, self.workflow / "contracts")
        self.pins.write_text(
            f"registry: ghcr.io/acme\nproduction:\n  recommender: {STABLE}\n  experiment: {STABLE}\n"
            f"canary:\n  recommender: {{version: {OTHER}, share: {share}, salt: s}}  # as it is\n"
        )

    @property
    def pins(self) -> Path:
        return self.workflow / "pins.yaml"

    def type(self, *words: str, code: int = 0) -> str:
        environment = {**os.environ, "MACHIYA_HOME": str(self.folder / "home")}
        done = subprocess.run(
            [MACHIYA, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def run(self) -> None:
        self.type("run", "lists", "--launcher", "process")

    def assigned(self) -> dict[str, str]:
        """The side of each user in the last run."""
        if (self.folder / "copy").exists():
            shutil.rmtree(self.folder / "copy")
        listed = json.loads(self.type("artifacts", "latest", "--json"))
        step = next(one["step"] for one in listed if one["port"] == "assignment")
        self.type("artifacts", "latest", f"{step}/assignment", "--to", str(self.folder / "copy"))
        (part,) = (self.folder / "copy").rglob("*.parquet")
        return {row["user_id"]: row["variant"] for row in pyarrow.parquet.read_table(part).to_pylist()}

    def log(self, converts: Callable[[int, str], bool]) -> Path:
        """What users did: every so many of them applied for something."""
        seen: dict[str, int] = {}
        file = self.folder / "log.csv"
        with file.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["user_id", "event"])
            for user, variant in self.assigned().items():
                seen[variant] = seen.get(variant, 0) + 1
                writer.writerow([user, "apply" if converts(seen[variant], variant) else "view"])
        return file

    def auto(self, log: Path, *words: str, code: int = 0) -> str:
        common = ("--launcher", "process", "-p", 'conversion_events=["apply"]', "-p", "window_from=")
        return self.type("canary", "lists", "recommender", "--auto", "--events", str(log), *common, *words, code=code)

    @property
    def share(self) -> float:
        return load_pins(self.workflow).canary["recommender"].share


@pytest.fixture
def street(tmp_path: Path) -> Street:
    street = Street(tmp_path)
    street.lay_out()
    street.run()
    return street


def better(count: int, variant: str) -> bool:
    return count % (2 if variant == "candidate" else 4) == 0


def test_a_canary_that_does_better_gets_more_users_in_the_one_line(street: Street) -> None:
    before = street.pins.read_text()
    printed = street.auto(street.log(better), "-p", "minimum_users=20", "-p", "false_stop_rate=0.000001")
    assert "continue: " in printed
    assert "the share becomes 0." in printed
    assert street.share > 0.5
    assert street.pins.read_text() == before.replace("share: 0.5", f"share: {street.share:g}")
    assert (street.workflow / "rendered" / "production.yaml").is_file()


def test_with_too_few_users_the_share_stays(street: Street) -> None:
    before = street.pins.read_text()
    printed = street.auto(street.log(better), "-p", "minimum_users=100000")
    assert "wait: " in printed
    assert "the share stays" in printed
    assert street.pins.read_text() == before


def test_users_that_are_not_divided_as_they_should_be_stop_it(street: Street) -> None:
    """Half of those who belong to the canary were never active."""
    log = street.log(better)
    sides = street.assigned()
    with log.open(newline="") as opened:
        head, *rows = csv.reader(opened)
    kept = [row for number, row in enumerate(rows) if sides[row[0]] == "control" or number % 10 == 0]
    with log.open("w", newline="") as opened:
        csv.writer(opened).writerows([head, *kept])
    printed = street.auto(log, "-p", "minimum_users=5", "-p", "population=active")
    assert "warning: the users are not divided by the shares" in printed
    assert "wait: " in printed
    assert street.share == 0.5


def test_nothing_is_left_of_the_proposal_in_a_dry_run_but_what_is_told(street: Street) -> None:
    words = ("-p", "minimum_users=20", "-p", "false_stop_rate=0.000001", "--dry-run", "--json")
    told = json.loads(street.auto(street.log(better), *words))
    assert told["proposal"]["decision"] == "continue"
    assert told["proposal"]["share"] > 0.5
    assert {one["variant"] for one in told["proposal"]["variants"]} == {"control", "candidate"}
    assert street.share == 0.5


def test_when_it_is_certain_the_mentor_is_told_what_to_type(street: Street) -> None:
    certain = street.log(lambda count, variant: variant == "candidate" or count % 10 == 0)
    words = ("-p", "minimum_users=20", "-p", "plausible_lift=5")
    assert "machiya bump lists recommender 1.0.0 --stage production" in street.auto(certain, *words)
    assert street.share == 0.5


def test_the_log_must_be_of_the_users_as_they_are_divided_now(street: Street) -> None:
    street.pins.write_text(street.pins.read_text().replace("share: 0.5", "share: 0.6"))
    error = street.auto(street.log(better), code=64)
    assert "divided the users otherwise: share 0.5, salt s" in error
    assert "Run the workflow with what is pinned" in error


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        ("person,event\nu1,view\n", "has no column user_id", 64),
        (None, "is not there", 66),
    ],
)
def test_logs_that_say_nothing(street: Street, text: str | None, message: str, code: int) -> None:
    file = street.folder / "other.csv"
    if text is not None:
        file.write_text(text)
    assert message in street.auto(file, code=code)


def test_parameters_that_are_none(street: Street) -> None:
    error = street.auto(street.log(better), "-p", "minimum_usrs=3", code=64)
    assert "the experiment has no such parameter" in error
    assert "minimum_users" in error


def test_without_a_run_there_is_nothing_to_count(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.lay_out()
    file = tmp_path / "log.csv"
    file.write_text("user_id,event\nu1,apply\n")
    error = street.auto(file, code=66)
    assert "no run of production divided the users yet" in error
    assert "machiya run lists --stage production" in error
