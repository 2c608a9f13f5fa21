"""The real workflow, copied so that a test can change its pins, contracts and file."""

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from machiya.dsl import load_workflow
from machiya.manifest.render import render
from machiya.pins import load_pins

RECOMMEND = Path(__file__).parents[4] / "workflows" / "recommend"
DIGEST = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class Parsed:
    """A rendered manifest, read back."""

    text: str
    documents: list[dict[str, Any]] = field(default_factory=list)

    def template(self, name: str) -> dict[str, Any]:
        templates = self.documents[0]["spec"]["templates"]
        return next(template for template in templates if template["name"] == name)

    def task(self, name: str) -> dict[str, Any]:
        return next(task for task in self.template("main")["dag"]["tasks"] if task["name"] == name)

    def arguments(self) -> dict[str, str]:
        """The workflow's parameters with their default values."""
        return {each["name"]: each["value"] for each in self.documents[0]["spec"]["arguments"]["parameters"]}


Render = Callable[[str], Parsed]
_KNOWN: dict[tuple[Any, ...], Parsed] = {}
"""What was rendered before, by everything it is made of: rendering and reading take a second."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the workflow's folder with a second stage, `production`, in which everything is released."""
    folder = tmp_path / "recommend"
    shutil.copytree(RECOMMEND, folder, ignore=shutil.ignore_patterns("rendered", "__pycache__"))
    components = ("preprocess", "recommender", "evaluation", "viewer", "publish", "watch", "notify")
    pins = "".join(f"  {name}: 1.0.0@{DIGEST}\n" for name in components)
    with (folder / "pins.yaml").open("a") as file:
        file.write(f"production:\n{pins}")
    return folder


@pytest.fixture
def rendered(folder: Path) -> Render:
    """Render the copy at a stage and read it back."""

    def call(stage: str) -> Parsed:
        files = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
        state = (stage, *((str(file.relative_to(folder)), file.read_bytes()) for file in files))
        if state not in _KNOWN:
            text = render(load_workflow(folder, stage), load_pins(folder))
            _KNOWN[state] = Parsed(text, list(YAML(typ="safe", pure=True).load_all(text)))
        return copy.deepcopy(_KNOWN[state])

    return call


Change = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def change(folder: Path) -> Change:
    """Change a vendored contract of the copy."""

    def call(component: str, edit: Callable[[dict[str, Any]], None]) -> None:
        file = folder / "contracts" / f"{component}-1.0.0.json"
        contract = json.loads(file.read_text())
        edit(contract)
        file.write_text(json.dumps(contract))

    return call
