"""The story of docs/mentoring.md, with a real registry and real containers: released, tried on some, used, undone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from machiya.conformance import select
from machiya.containers import connect
from machiya.errors import EngineError
from machiya.release.publish import Releaser
from machiya.release.registry import open_registry
from tests.end_to_end.shown import computed, digests

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
MACHIYA = Path(sys.executable).with_name("machiya")
COMPONENTS = ("preprocess", "recommender", "evaluation", "viewer", "publish", "watch", "notify", "experiment")
FIRST = "1.0.0"


class Project:
    """A repository of its own with the real components and the real workflow, and a registry for their releases."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder = folder
        self.registry = registry
        self.images: list[str] = []

    def lay_out(self) -> None:
        """The files that git has here; pins that name the registry."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "components", "workflows"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.folder / name)
        (self.folder / ".gitignore").write_text("*.whl\n.machiya/\n")
        pins = self.folder / "workflows" / "recommend" / "pins.yaml"
        pins.write_text(pins.read_text().replace("registry: machiya\n", f"registry: {self.registry}\n"))
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Mio Mentor")
        self.git("config", "user.email", "mio@example.org")
        self.commit("Begin")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def release(self, *names: str) -> None:
        """What `machiya release` does, with one check of the suite: the suite itself has its own tests."""
        with connect() as engine:
            releaser = Releaser(open_registry(self.registry), engine, checks=select(["folder.readme"]))
            for name in names:
                report = releaser.release(self.folder / "components" / name)
                assert [str(finding) for finding in report.findings] == []
                self.images.append(report.image_id)

    def type(self, *words: str, codes: Sequence[int] = (0,)) -> str:
        """What a command prints."""
        environment = {**os.environ, "MACHIYA_HOME": str(self.folder / ".machiya")}
        done = subprocess.run(
            [MACHIYA, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    def decide(self, command: str, *words: str) -> str:
        """A command of a mentor, and the commit of what it changed."""
        printed = self.type(command, "recommend", "recommender", *words)
        self.commit(f"{command} {' '.join(words)}")
        return printed

    def run(self) -> "Result":
        """Production, on the sample."""
        words = ("run", "recommend", "--stage", "production", "--launcher", "docker", "--json")
        summary = json.loads(self.type(*words))
        shown = json.loads(self.type("show", summary["run"], "--json"))
        assert shown["phase"] == "Succeeded"
        return Result(self, shown)


class Result:
    """A run, and what each user got in it."""

    def __init__(self, project: Project, shown: dict[str, Any]) -> None:
        self.computed = computed(shown)
        listed = json.loads(project.type("artifacts", shown["id"], "--json"))
        self.digests = digests(listed)
        steps = {one["step"] for one in listed if one["port"] == "recommendations"}
        step = "mixed" if "mixed" in steps else "predict"
        folder = project.folder / ".machiya" / "copies" / shown["id"]
        project.type("artifacts", shown["id"], f"{step}/recommendations", "--to", str(folder))
        self.rows = _rows(folder)

    def of(self, user: str) -> list[tuple[Any, ...]]:
        """The items of a user with their places."""
        return [(row["rank"], row["item_id"], row["score"]) for row in self.rows[user]]

    def users_of(self, variant: str) -> set[str]:
        """The users that belong to one side."""
        return {user for user, rows in self.rows.items() if {row["variant"] for row in rows} == {variant}}


def _rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for part in sorted(folder.rglob("*.parquet")):
        for row in pyarrow.parquet.read_table(part).to_pylist():
            found.setdefault(row["user_id"], []).append(row)
    return {user: sorted(rows, key=lambda row: row["rank"]) for user, rows in found.items()}


@pytest.fixture
def project(tmp_path: Path, registry: str) -> Iterator[Project]:
    project = Project(tmp_path / "project", registry)
    project.lay_out()
    yield project
    with connect() as engine:
        for image in project.images:
            with suppress(EngineError):  # an engine may need a moment to let go of the last container
                engine.remove_image(image)


def rank_otherwise(folder: Path) -> None:
    """Recommender 1.1.0: interactions count for more."""
    for name in ("component.yaml", "pyproject.toml"):
        file = folder / name
        text = (
            file.read_text()
            .replace("version: 1.0.0", "version: 1.1.0")
            .replace('version = "1.0.0"', 'version = "1.1.0"')
        )
        file.write_text(
            text.replace(
                "alpha:\n        type: number\n        default: 1.0",
                "alpha:\n        type: number\n        default: 40.0",
            )
        )
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(
        changelog.read_text().replace(
            "\n## [", "\n## [1.1.0] - 2026-11-25\n\n- Interactions count for more.\n\n## [", 1
        )
    )


def test_a_version_is_released_tried_on_some_users_used_by_all_and_undone(project: Project) -> None:
    project.release(*COMPONENTS)
    for name in COMPONENTS:
        project.type("bump", "recommend", name, FIRST)
    project.type("promote", "recommend", "--from", "development", "--to", "production")
    project.commit("Use what is released")
    assert "everything is in order, the registry agrees" in project.type("pins", "check")
    first = project.run()

    rank_otherwise(project.folder / "components" / "recommender")
    project.commit("Let interactions count for more")
    project.release("recommender")
    assert project.run().computed == set(), "a release changes nothing"

    words = ("diff", "recommend", "recommender", "1.1.0", "--stage", "production", "--launcher", "docker", "--json")
    report = json.loads(project.type(*words, codes=(1, 3)))
    assert report["outcome"] != "go", "what it changes asks for somebody's eyes"
    assert [result["same"] for result in report["results"]] == [False]
    assert "default.changed" in {one["rule"] for one in report["contract"]}

    seen = project.decide("canary", "1.1.0", "--share", "10%")
    assert "note: default.changed: train.parameters.alpha" in seen
    tenth = project.run()
    assert {name.partition("(")[0] for name in tenth.computed} <= {"mixed", "alone", "evaluate", "report"}, (
        "diff computed it"
    )

    project.decide("canary", "--share", "50%")
    half = project.run()

    project.decide("canary", "--end")
    project.decide("bump", "1.1.0", "--stage", "production")
    used = project.run()
    assert not {name for name in used.computed if name.startswith(("train", "predict"))}, "the canary computed it"

    changed = {user for user in first.rows if first.of(user) != used.of(user)}
    assert len(changed) > len(first.rows) / 2, "the ranking is another"
    for mixed in (tenth, half):
        assert mixed.rows.keys() == first.rows.keys() == used.rows.keys()
        for user in mixed.users_of("control"):
            assert mixed.of(user) == first.of(user)
        for user in mixed.users_of("candidate"):
            assert mixed.of(user) == used.of(user)
        assert mixed.users_of("control") | mixed.users_of("candidate") == mixed.rows.keys()
    assert tenth.users_of("candidate") < half.users_of("candidate"), "users only move to the canary"
    share = len(tenth.users_of("candidate")) / len(first.rows)
    assert 0.05 < share < 0.16
    assert 0.4 < len(half.users_of("candidate")) / len(first.rows) < 0.6

    project.git("revert", "--no-edit", "HEAD")
    told = project.type("rollback", "recommend", "recommender")
    assert "production is back already, from 1.1.0: recommender 1.0.0" in told
    assert "from the cache, where input and parameters are the same: train, predict, evaluate (run " in told
    assert "report, publish" in told, "each run has a view of its own"
    assert "nothing changes: all files are up to date" in told
    last = project.run()
    assert last.computed == set()
    assert last.digests == first.digests
    assert last.rows == first.rows
