"""A mentor's commands against real registries: what is said when these are down, refuse, or have something else."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.release.registry import Attachment, Repository, open_registry
from machiya.release.statements import MEDIA_TYPE, TEST_RESULT_TYPE, Statement
from tests.release.conftest import git
from tests.release.registries import PASSWORD, SmallRegistry, put_image

ROOT = Path(__file__).parents[2]
MACHIYA = Path(sys.executable).with_name("machiya")
CONTRACT: dict[str, Any] = json.loads((ROOT / "workflows/recommend/contracts/recommender-1.0.0.json").read_text())
MODEL = ROOT / "components/recommender/sample/model-popularity"
WORKFLOW = f"""\
from machiya.dsl import Workflow

workflow = Workflow("lists", summary="Lists", owner="us")
(recommender,) = workflow.components("recommender")
model = workflow.artifact("model", "Who likes what", default="{{model}}")
sample = "{ROOT}/components/recommender/sample/interactions"
interactions = workflow.artifact("interactions", "Who did what", default=sample)
predict = recommender.predict(model=model, interactions=interactions)
workflow.result(predict.recommendations)
"""


class Street:
    """A workflow on one component, in a repository; versions are images without layers that carry contracts."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder = folder
        self.registry = registry
        self.workflow = folder / "workflows" / "lists"
        self.workflow.mkdir(parents=True)
        (self.workflow / "workflow.py").write_text(WORKFLOW.format(model=MODEL))
        self.pin("1.0.0", "sha256:" + "0" * 64)
        git(folder, "init", "-q")

    @property
    def pins(self) -> Path:
        return self.workflow / "pins.yaml"

    def pin(self, version: str, digest: str, **changes: Any) -> None:
        """Write the pins and the contract by hand."""
        self.pins.write_text(f"registry: {self.registry}\nproduction:\n  recommender: {version}@{digest}\n")
        (self.workflow / "contracts").mkdir(exist_ok=True)
        file = self.workflow / "contracts" / f"recommender-{version}.json"
        file.write_text(json.dumps(CONTRACT | {"version": version} | changes, indent=2) + "\n")

    def release(self, version: str, tag: str = "", salt: str = "", **changes: Any) -> str:
        """An image with a verdict; its digest."""
        repository = open_registry(self.registry).repository("recommender")
        text = json.dumps(CONTRACT | {"version": version} | changes)
        digest = put_image(repository, tag or version, contract=text, salt=salt)
        state_passed(repository, digest)
        return digest

    def commit(self, message: str) -> None:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-m", message)

    def type(self, *words: str, code: int = 0) -> str:
        environment = {**os.environ, "MACHIYA_HOME": str(self.folder / ".machiya")}
        done = subprocess.run(
            [MACHIYA, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


MakeStreet = Callable[[str], Street]


@pytest.fixture
def make(tmp_path: Path) -> MakeStreet:
    return lambda registry: Street(tmp_path / "street", registry)


@pytest.fixture
def street(make: MakeStreet, registry: str) -> Street:
    """1.0.0 and 1.1.0 are released, the first is pinned and everything is in order."""
    street = make(registry)
    street.pin("1.0.0", street.release("1.0.0"))
    street.type("render", "lists")
    street.commit("Begin")
    street.release("1.1.0")
    return street


def test_a_version_is_used_checked_and_undone(street: Street) -> None:
    assert "1.1.0 *" in street.type("status", "lists")
    street.type("bump", "lists", "recommender", "1.1.0")
    assert "the registry agrees" in street.type("pins", "check")
    street.commit("Use 1.1.0")
    assert "recommender 1.1.0 -> 1.0.0 in production" in street.type("rollback", "lists", "recommender")
    assert "the registry agrees" in street.type("pins", "check", "lists")


def test_a_version_that_is_not_there(street: Street) -> None:
    told = street.type("bump", "lists", "recommender", "1.2.0", code=66)
    assert "recommender 1.2.0 is not released" in told
    assert "Did you mean 1.1.0? Released: 1.1.0, 1.0.0." in told


def test_an_image_that_nobody_tested(street: Street) -> None:
    repository = open_registry(street.registry).repository("recommender")
    put_image(repository, "1.2.0", contract=json.dumps(CONTRACT | {"version": "1.2.0"}))
    told = street.type("bump", "lists", "recommender", "1.2.0", code=1)
    assert "verdict.missing" in told
    assert "--waive verdict.missing --because TEXT" in told


def test_a_contract_that_changed_without_a_version_step_is_another_image(street: Street) -> None:
    """The tag of 1.0.0 points at something else by now: what is pinned is named, and so is what is there."""
    moved = street.release("1.0.0", salt="another", owner="somebody else")
    told = street.type("pins", "check", code=1)
    assert "tag.moved: production.recommender" in told
    assert f"recommender:1.0.0 is {moved} now" in told


def test_a_digest_that_is_gone(street: Street) -> None:
    street.pin("1.1.0", "sha256:" + "f" * 64)
    told = street.type("pins", "check", code=1)
    assert "digest.gone: production.recommender" in told
    assert "was removed, or never was there" in told


def test_a_registry_that_is_down(make: MakeStreet) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
    street = make(f"{host}/acme")
    before = street.pins.read_bytes()
    for words in (
        ("bump", "lists", "recommender", "1.1.0"),
        ("canary", "lists", "recommender", "1.1.0", "--share", "10%"),
    ):
        told = street.type(*words, code=69)
        assert f"{host} does not answer: connection refused" in told
        assert "nothing was changed" in told
    assert street.pins.read_bytes() == before
    assert "registry.unreachable" in street.type("pins", "check", code=1)
    assert f"newer versions are not known: {host} does not answer" in street.type("status", "lists")


def test_a_registry_that_wants_to_know_who_asks(
    make: MakeStreet, guarded_host: str, log_in: Callable[..., None]
) -> None:
    street = make(f"{guarded_host}/acme")
    told = street.type("bump", "lists", "recommender", "1.1.0", code=77)
    assert f"docker login {guarded_host}" in told
    log_in(guarded_host, password="wrong")
    told = street.type("bump", "lists", "recommender", "1.1.0", code=77)
    assert "refused the credentials of robot" in told
    assert "wrong" not in told.replace("wrong credentials", "")
    log_in(guarded_host, password=PASSWORD)
    street.release("1.0.0")
    street.release("1.1.0")
    street.type("bump", "lists", "recommender", "1.1.0")
    assert "recommender: 1.1.0@sha256:" in street.pins.read_text()


def test_a_registry_that_is_slow_is_given_up(make: MakeStreet, small: SmallRegistry) -> None:
    """How long that takes is the registry's own test; here, that what it says reaches the mentor."""
    street = make(f"{small.host}/acme")

    def unavailable(handler: Any) -> bool:
        handler.answer(503)
        return True

    small.before = unavailable
    before = street.pins.read_bytes()
    told = street.type("bump", "lists", "recommender", "1.1.0", code=69)
    assert f"{small.host} answered 503" in told
    assert street.pins.read_bytes() == before


def newer_model(told: dict[str, Any]) -> dict[str, Any]:
    """The operations of an earlier version, which knew another form of models."""
    operations = json.loads(json.dumps(told["operations"]))
    operations["predict"]["inputs"]["model"]["type"] = "model@2"
    operations["train"]["outputs"]["model"]["type"] = "model@2"
    changed: dict[str, Any] = operations
    return changed


def test_what_the_old_version_cannot_read_any_more_is_told(street: Street) -> None:
    """The model lies outside of the workflow, and its sidecar says of which form it is."""
    model = shutil.copytree(MODEL, street.folder / "model")
    (street.workflow / "workflow.py").write_text(WORKFLOW.format(model=model))
    sidecar = {"apiVersion": "machiya/v1", "type": "model", "files": [], "digest": "sha256:0"}
    producer = {"component": "recommender", "version": "1.0.0", "operation": "train"}
    (model / "_artifact.json").write_text(json.dumps({**sidecar, "producer": producer}))
    now = street.pins.read_text()
    old = newer_model(CONTRACT)
    street.pin("0.9.0", street.release("0.9.0", operations=old), operations=old)
    street.commit("Use 0.9.0")
    street.pins.write_text(now)
    street.commit("Use 1.0.0")
    street.type("run", "lists", "--launcher", "process")

    words = ("rollback", "lists", "recommender", "--to", "0.9.0")
    assert "type.major: predict.inputs.model" in street.type(*words, code=1)
    told = street.type(*words, "--waive", "type.major", "--because", "an emergency")
    assert "warning: predict of recommender 0.9.0 cannot read model as the run lists-production-" in told
    assert "(recommender 1.0.0 made it): takes model@2, not model" in told
    assert "computed again at the next run: predict" in told


@pytest.fixture
def recommend(tmp_path: Path, registry: str) -> Street:
    """The real workflow, with the contracts of the real components as images."""
    street = Street(tmp_path / "street", registry)
    shutil.rmtree(street.workflow.parent)
    street.workflow = street.folder / "workflows" / "recommend"
    shutil.copytree(ROOT / "workflows" / "recommend", street.workflow)
    text = street.pins.read_text().replace("registry: machiya\n", f"registry: {registry}\n")
    street.pins.write_text(text)
    for kept in sorted((street.workflow / "contracts").glob("*.json")):
        told = json.loads(kept.read_text())
        repository = open_registry(registry).repository(told["name"])
        digest = put_image(repository, told["version"], contract=json.dumps(told))
        state_passed(repository, digest)
        street.type("bump", "recommend", told["name"], told["version"])
    street.type("promote", "recommend", "--to", "production")
    street.commit("Begin")
    return street


def state_passed(repository: Repository, digest: str) -> None:
    """A verdict beside an image."""
    predicate = {"result": "PASSED", "configuration": [], "passedTests": ["bare.run"], "failedTests": []}
    statement = Statement.about("component", digest, TEST_RESULT_TYPE, predicate)
    repository.attach(repository.image(digest).descriptor, Attachment(MEDIA_TYPE, statement.to_bytes()))


def without_column(name: str) -> dict[str, Any]:
    """The operations of a recommender whose recommendations lack a column."""
    operations: dict[str, Any] = json.loads(json.dumps(CONTRACT["operations"]))
    schema = operations["predict"]["outputs"]["recommendations"]["schema"]
    schema["fields"] = [field for field in schema["fields"] if field["name"] != name]
    key = schema["primaryKey"]
    schema["primaryKey"] = [column for column in key if column != name] if isinstance(key, list) else key
    return operations


def test_a_column_that_the_viewer_reads_may_not_go_and_one_that_nothing_reads_may(recommend: Street) -> None:
    recommend.release("2.0.0", operations=without_column("rank"))
    before = recommend.pins.read_bytes()
    told = recommend.type("bump", "recommend", "recommender", "2.0.0", "--stage", "production", code=1)
    assert "refused: recommender 1.0.0 -> 2.0.0 in production" in told
    assert "column.removed: predict.outputs.recommendations.rank: the column is gone;" in told
    assert "report reads rank of predict/recommendations" in told
    assert recommend.pins.read_bytes() == before

    recommend.release("3.0.0", operations=without_column("score"))
    told = recommend.type("bump", "recommend", "recommender", "3.0.0", "--stage", "production")
    assert "note: column.removed: predict.outputs.recommendations.score: the column is gone;" in told
    assert "recommender: 3.0.0@sha256:" in recommend.pins.read_text()
    assert "the registry agrees" in recommend.type("pins", "check")
