"""A workflow and its pins -> the text of its manifest; and the rendered files that are kept beside the pins."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machiya.dsl import WorkflowDefinition, load_workflow
from machiya.pins import Pins, vendored_commit

RENDERED_FOLDER = "rendered"
HEAD = """Made by `machiya render {name}` from its workflow.py and pins.yaml; do not edit."""


Commits = Mapping[tuple[str, str], str]
"""By component and version, the commit that it was built of; empty where it is not known."""


def render(workflow: WorkflowDefinition, pins: Pins, commits: Commits | None = None) -> str:
    """The manifest of a workflow at its stage, as YAML; the same text for the same input.

    Args:
        workflow: a workflow that was loaded with these pins.
        pins: name the images; the folder of their file holds the commits of the vendored contracts, and the profile.
        commits: those to use instead of these.
    """
    from machiya.manifest.documents import documents
    from machiya.manifest.links import with_links
    from machiya.manifest.profile import load_profile
    from machiya.manifest.text import to_yaml

    used = {(step.contract.name, step.pin.version) for step in workflow.all_steps}
    known = {one: vendored_commit(pins.file.parent, *one) for one in used} | dict(commits or {})
    profile = load_profile(pins.file.parent, workflow.stage)
    plain: list[Any] = [
        document.model_dump(mode="json", by_alias=True, exclude_none=True)
        for document in documents(with_links(workflow, profile), pins, known, profile)
    ]
    return to_yaml(plain, HEAD.format(name=workflow.name))


@dataclass(frozen=True)
class Rendered:
    """One manifest: where it belongs, what it must be, and what is there now (None: nothing)."""

    path: Path
    text: str
    kept: str | None

    @property
    def is_stale(self) -> bool:
        """Whether what is there is not what must be."""
        return self.kept != self.text

    def differences(self) -> list[str]:
        """What would change, as a unified diff without context."""
        kept = (self.kept or "").splitlines()
        lines = difflib.unified_diff(kept, self.text.splitlines(), str(self.path), "as rendered now", n=0, lineterm="")
        return list(lines)


def rendered(folder: Path, pins: Pins, stage: str) -> Rendered:
    """The manifest of the workflow in `folder` at a stage, beside what is kept of it. Raises as ``load_workflow``."""
    path = folder / RENDERED_FOLDER / f"{stage}.yaml"
    text = render(load_workflow(folder, stage, pins), pins)
    return Rendered(path, text, path.read_text(encoding="utf-8") if path.is_file() else None)
