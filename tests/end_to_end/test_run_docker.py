"""The whole workflow in containers: images that are built here, working copies, images in the place of pins."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from machiya import containers, images
from machiya.engines.local import launching
from machiya.engines.planning import parse_override, plan_workflow
from tests.docs.console import lay_out
from tests.end_to_end.shown import computed, digests

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
MACHIYA = Path(sys.executable).with_name("machiya")
NAMES = ("preprocess", "watch", "recommender", "evaluation", "viewer", "publish", "notify")
PREDICTED = {"predict(0:00000)", "predict(1:00001)"}


class Street:
    """A project of its own whose pins name images of its own, so that none that a person has built is replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = f"machiya-test-{uuid4().hex[:12]}"

    def build(self) -> None:
        """The images."""
        lay_out(ROOT, self.folder)
        pins = self.folder / "workflows" / "recommend" / "pins.yaml"
        pins.write_text(pins.read_text().replace("registry: machiya\n", f"registry: {self.registry}\n"))
        with containers.connect() as engine:
            for name in NAMES:
                images.build(ROOT / "components" / name, engine, tag=f"{self.registry}/{name}:1.0.0")

    def remove(self) -> None:
        """The images again."""
        with containers.connect() as engine:
            for name in NAMES:
                engine.remove_image(f"{self.registry}/{name}:1.0.0")

    def type(self, *words: str, code: int = 0) -> str:
        """What a command prints; on the other stream if it fails."""
        done = subprocess.run(
            [MACHIYA, *words, "--home", ".machiya"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    def run(self, *words: str, launcher: str = "docker") -> dict[str, Any]:
        """A run, as `machiya show` has it."""
        summary = json.loads(self.type("run", "recommend", "--launcher", launcher, "--json", *words))
        shown: dict[str, Any] = json.loads(self.type("show", summary["run"], "--json"))
        return shown

    def digests(self, run: dict[str, Any]) -> dict[str, str]:
        """The content of what a run made, by step and port."""
        return digests(json.loads(self.type("artifacts", run["id"], "--json")))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    street = Street(tmp_path_factory.mktemp("street"))
    street.build()
    yield street
    street.remove()


@pytest.fixture(scope="module")
def first(street: Street) -> dict[str, Any]:
    """The run of the sample, from nothing."""
    return street.run()


def test_containers_make_what_processes_make_and_make_it_once(street: Street, first: dict[str, Any]) -> None:
    assert (first["phase"], first["options"]["launcher"]) == ("Succeeded", "docker")
    assert computed(street.run()) == set()
    processes = street.run(launcher="process")
    assert "train" in computed(processes), "what is installed here is other code than the images"
    assert street.digests(processes) == street.digests(first)


def test_a_working_copy_is_built_and_computes_only_what_it_touches(street: Street, first: dict[str, Any]) -> None:
    code = street.folder / "components" / "recommender" / "machiya_recommender" / "train.py"
    code.write_text(code.read_text() + "\n# One line.\n")
    changed = street.run("--with", "recommender=components/recommender")
    assert computed(changed) == {"train", *PREDICTED}, "what reads the same results again comes from the cache"
    again = street.run("--with", "recommender=components/recommender")
    assert computed(again) == set()
    assert street.digests(again) == street.digests(first)


@pytest.mark.usefixtures("first")
def test_an_image_stands_in_for_a_pin(street: Street) -> None:
    image = f"{street.registry}/recommender:1.0.0"
    other = f"{street.registry}/recommender:other"
    subprocess.run(["docker", "tag", image, other], check=True)
    try:
        assert computed(street.run("--with", f"recommender={other}")) == set(), "the same image under another name"
        wrong = street.type("run", "recommend", "--with", f"viewer={other}", code=64)
        assert "that is the component recommender" in wrong
    finally:
        subprocess.run(["docker", "rmi", other], check=True, stdout=subprocess.DEVNULL)


def test_an_image_that_is_gone_is_named_before_anything_starts(street: Street) -> None:
    pins = street.folder / "workflows" / "recommend" / "pins.yaml"
    text = pins.read_text()
    pins.write_text(text.replace(street.registry, f"{street.registry}-gone"))
    try:
        before = json.loads(street.type("runs", "--json"))
        told = street.type("run", "recommend", "--launcher", "docker", code=65)
        assert f"{street.registry}-gone/preprocess:1.0.0" in told
        assert "machiya build" in told
        assert json.loads(street.type("runs", "--json")) == before
    finally:
        pins.write_text(text)


def test_what_is_released_or_an_image_runs_in_containers_where_an_engine_answers(street: Street) -> None:
    image = f"{street.registry}/recommender:1.0.0"
    with containers.connect() as engine:
        override = parse_override(
            f"recommender={image}", lambda name: engine.inspect(name).labels[images.CONTRACT_LABEL]
        )
    folder = street.folder / "workflows" / "recommend"
    assert launching.choose(plan_workflow(folder, None, [], {})) == "process", "nothing of it is released"
    assert launching.choose(plan_workflow(folder, None, [override], {})) == "docker"
