"""All manifests that this repository renders or shows, and one of everything that rendering can do."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from machiya.dsl import load_workflow
from machiya.manifest.render import render
from machiya.pins import load_pins
from tests.manifests.published import MODELS

ROOT = Path(__file__).parents[2]
RECOMMEND = ROOT / "workflows" / "recommend"
EXAMPLES = ROOT / "platform" / "machiya" / "tests" / "data" / "argo" / "examples"
DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
PROFILE = """
namespace: recommendations
parallelism: 50
protectPods: true
retention: {succeeded: 1d, failed: 7d, pods: 1h}
pools:
- name: spot
  cpu: 4
  memory: 16Gi
  preemptible: true
  nodeSelector: {cloud.google.com/gke-spot: "true"}
  tolerations: [{key: cloud.google.com/gke-spot, operator: Equal, value: "true", effect: NoSchedule}]
- {name: standard, cpu: 8, memory: 32Gi, priorityClassName: training}
operations: {evaluation.evaluate: standard}
links: {run: "https://argo.example/workflows/{namespace}/{run}"}
"""


@dataclass(frozen=True)
class Manifest:
    """A file with documents of Argo; ``own``: rendered by Machiya."""

    name: str
    text: str
    own: bool

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The documents of Argo in it."""
        found = yaml.load_all(self.text, yaml.CSafeLoader)
        return [one for one in found if isinstance(one, dict) and one.get("kind") in MODELS]


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """`recommend` with a canary, preemptible pools, more memory, checkpoints, a schedule, protected pods, links."""
    root = tmp_path_factory.mktemp("production")
    folder = root / "workflows" / "recommend"
    shutil.copytree(RECOMMEND, folder, ignore=shutil.ignore_patterns("rendered", "__pycache__"))
    contract = json.loads((folder / "contracts" / "recommender-1.0.0.json").read_text())
    (folder / "contracts" / "recommender-1.1.0.json").write_text(json.dumps({**contract, "version": "1.1.0"}))
    (folder / "profiles").mkdir()
    (folder / "profiles" / "production.yaml").write_text(PROFILE)
    pins = load_pins(folder).stages["development"]
    lines = "".join(f"  {name}: {pin.version}@{DIGEST}\n" for name, pin in pins.items())
    with (folder / "pins.yaml").open("a") as file:
        file.write(f"production:\n{lines}canary:\n")
        file.write(f"  recommender: {{version: 1.1.0@{OTHER}, share: 0.1, salt: a}}\n")
    return Manifest("production", render(load_workflow(folder, "production"), load_pins(folder)), own=True)


@pytest.fixture(scope="session")
def manifests(production: Manifest) -> list[Manifest]:
    """All of them."""
    rendered = sorted((ROOT / "workflows").glob("*/rendered/*.yaml"))
    examples = sorted(EXAMPLES.rglob("*.yaml"))
    assert rendered
    assert len(examples) > 40
    own = [Manifest(f"{path.parts[-3]}/{path.stem}", path.read_text(), own=True) for path in rendered]
    return [production, *own, *(Manifest(path.name, path.read_text(), own=False) for path in examples)]
