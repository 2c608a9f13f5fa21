"""A small workflow of two components, and how a version of one of them is raised: what the story of a cluster is about.

Both components are `tally` of the conformance tests, in POSIX shell: their images are small, and need no registry.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from machiya.engines.argo.status import status_of
from machiya.engines.argo.submission import Submission, planned, replanned
from machiya_component.artifacts.digest import content_digest

TALLY = Path(__file__).parents[1] / "conformance" / "components" / "tally"
STAGE = "development"
MACHIYA = (sys.executable, "-m", "machiya")
KEY = "inputs/events"
"""Where the data from outside lies in the artifact repository."""

WORKFLOW = '''"""Measures a table twice, by two components."""

from machiya.dsl import Workflow

workflow = Workflow("story", summary="Measures a table twice", owner="platform")
tally, gauge = workflow.components("tally", "gauge")
events = workflow.artifact("events", "The table", default="inputs/events")
unit = workflow.parameter("unit", "bytes", "What the first step counts in", enum=["bytes", "kilobytes"])
first = tally.measure(events=events, unit=unit).named("first")
second = gauge.measure(events=first["copy"], unit="kilobytes").named("second")
workflow.result(second["copy"])
'''


class Story:
    """A project in `folder` with the two components and the workflow; ``versions`` are those that are pinned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workflow = folder / "workflows" / "story"
        self.workflow.mkdir(parents=True)
        (self.workflow / "workflow.py").write_text(WORKFLOW)
        self.versions = {"tally": "1.0.0", "gauge": "1.0.0"}
        for name in self.versions:
            shutil.copytree(TALLY, self._component(name))
        self._edit("gauge", "component", "NAME=tally", "NAME=gauge")
        self._edit("gauge", "component.yaml", "name: tally", "name: gauge")
        self._edit("gauge", "contract.json", '"name": "tally"', '"name": "gauge"')
        self._pin()

    def raise_gauge(self, version: str) -> None:
        """Another version of the second component, and the line of the pins that says so."""
        old, self.versions["gauge"] = self.versions["gauge"], version
        self._edit("gauge", "component", f"VERSION={old}", f"VERSION={version}")
        self._edit("gauge", "component.yaml", f"version: {old}", f"version: {version}")
        self._edit("gauge", "contract.json", f'"version": "{old}"', f'"version": "{version}"')
        self._pin()

    def image(self, name: str) -> str:
        """The image of a component in its pinned version."""
        return f"machiya/{name}:{self.versions[name]}"

    def build(self, name: str, base: str) -> str:
        """Build an image, and give its id."""
        words = [*MACHIYA, "build", str(self._component(name)), "--base-image", base]
        done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True)
        return done.stdout.split()[-1]

    def first_run(self, codes: Mapping[str, str]) -> Submission:
        """What is submitted; `codes` are the digests of the images, which no registry tells."""
        digest = content_digest(TALLY / "sample" / "events")
        values = {"events": KEY, "events-digest": digest}
        return _with_codes(planned(self.workflow, STAGE, (), values), codes)

    def next_run(self, earlier: Mapping[str, Any], codes: Mapping[str, str]) -> Submission:
        """A new run of what an earlier one ran, with the pins as they are now."""
        return _with_codes(replanned(status_of(earlier), self.workflow, STAGE, {}), codes)

    def seed(self, account: str) -> dict[str, Any]:
        """A Workflow that puts the sample into the store, under the key that the story reads."""
        restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True}
        artifact = {"name": "events", "path": "/component/sample/events", "archive": {"none": {}}, "s3": {"key": KEY}}
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "seed"},
            "spec": {
                "entrypoint": "put",
                "serviceAccountName": account,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "templates": [
                    {
                        "name": "put",
                        "container": {"image": self.image("tally"), "command": ["true"], "securityContext": restricted},
                        "outputs": {"artifacts": [artifact]},
                    }
                ],
            },
        }

    def _component(self, name: str) -> Path:
        return self.folder / "components" / name

    def _edit(self, name: str, file: str, old: str, new: str) -> None:
        path = self._component(name) / file
        text = path.read_text()
        assert old in text, f"{path}: {old}"
        path.write_text(text.replace(old, new, 1))

    def _pin(self) -> None:
        lines = [f"  {name}: {version}" for name, version in self.versions.items()]
        (self.workflow / "pins.yaml").write_text("\n".join(["registry: machiya", f"{STAGE}:", *lines, ""]))
        folders = [str(self._component(name)) for name in self.versions]
        subprocess.run([*MACHIYA, "vendor", str(self.workflow), *folders], capture_output=True, timeout=120, check=True)


def _with_codes(submission: Submission, codes: Mapping[str, str]) -> Submission:
    """With the digests of images that were brought to the nodes by hand: tags alone are never remembered."""
    workflow = dict(submission.workflow)
    parameters = [
        {**one, "value": codes[name]}
        if (name := one["name"].removesuffix("-code")) in codes and one["name"] != name
        else one
        for one in workflow["spec"]["arguments"]["parameters"]
    ]
    specification = {**workflow["spec"], "arguments": {"parameters": parameters}}
    return replace(submission, workflow={**workflow, "spec": specification})
