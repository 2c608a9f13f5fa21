"""``Workflow``: what a workflow file calls. It collects what is written; ``complete`` makes the checked value of it."""

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machiya.dsl.findings import Findings, calling_place, nearest
from machiya.dsl.handles import (
    NOTHING,
    ArtifactHandle,
    ComponentHandle,
    Draft,
    KeptHandle,
    Nothing,
    OperationHandle,
    ParameterHandle,
    StepHandle,
    draft_of,
)
from machiya.dsl.keeping import kept_reference
from machiya.dsl.model import ExternalArtifact, KeptReference, Place, WorkflowParameter
from machiya.errors import MachiyaError
from machiya.pins import Pins, load_pins, vendored_contract
from machiya_component.contract.model import Contract, ParameterType
from machiya_component.parameters import violations

KEYWORDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "pattern", "minLength",
    "maxLength", "items", "minItems", "maxItems", "uniqueItems", "properties", "additionalProperties", "examples",
)  # fmt: skip
"""The keywords of JSON Schema that a workflow parameter may have."""

WORKFLOW_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TYPES: tuple[tuple[type, ParameterType], ...] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"),
)  # fmt: skip


@dataclass(frozen=True)
class Loading:
    """The workflow's folder, the stage, and the pins that hold while a file is read.

    ``contracts``, by component, hold instead of those that are kept beside the pins; ``kept``, by component and
    version, are as if they were kept there.
    """

    folder: Path
    stage: str
    pins: Pins
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    kept: Mapping[tuple[str, str], Contract] = field(default_factory=dict)

    def contract(self, name: str, version: str) -> Contract:
        """The contract of a component, in the version that the stage pins. Raises as ``vendored_contract``."""
        known = self.contracts.get(name) or self.kept.get((name, version))
        return known or vendored_contract(self.folder, name, version)


LOADING: ContextVar[Loading | None] = ContextVar("machiya_loading", default=None)


class Workflow:
    """A workflow as its file writes it.

    Args:
        name: lower-case letters, digits and dashes; usually that of the folder.
        summary: what it does, in one line.
        owner: who answers for it.
        description: more about it, in Markdown.
        schedule: when it runs by itself, in the five fields of cron.
        timezone: in which zone the schedule is meant, as a name (Asia/Tokyo); UTC if there is none.
    """

    def __init__(
        self,
        name: str,
        *,
        summary: str,
        owner: str,
        description: str | None = None,
        schedule: str | None = None,
        timezone: str | None = None,
    ) -> None:
        self.name, self.summary, self.owner, self.description = name, summary, owner, description
        self.schedule, self.timezone = schedule, timezone
        self.place = calling_place()
        self.findings = Findings()
        self.parameters: dict[str, tuple[WorkflowParameter, Place]] = {}
        self.artifacts: dict[str, tuple[ExternalArtifact, Place]] = {}
        self.drafts: list[Draft] = []
        self.results: list[tuple[Any, Place]] = []
        self.kept_files: dict[str, KeptReference] = {}
        self.keepers: list[tuple[Any, Any, Place]] = []
        self.loading = LOADING.get() or _by_itself(Path(self.place.file).parent)

    def components(self, *names: str) -> list[Any]:
        """The components of these names, at the versions that the stage pins."""
        return [self.component(name) for name in names]

    def component(self, name: str) -> Any:
        """The component of this name, at the version that the stage pins."""
        pins = self.loading.pins.stage(self.loading.stage)
        place = calling_place()
        if name not in pins:
            message = f"the stage {self.loading.stage} of {self.loading.pins.file.name} pins no component {name!r}."
            self.findings.add(place, "component", name, message, nearest(name, pins, "Pinned"))
            return NOTHING
        try:
            contract = self.loading.contract(name, pins[name].version)
        except MachiyaError as error:
            self.findings.add(place, "contract", name, error.message, error.remedy)
            return NOTHING
        return ComponentHandle(self, contract, pins[name])

    def parameter(self, name: str, default: Any, description: str, **keywords: Any) -> ParameterHandle:
        """A parameter of the workflow; its type is that of `default`, `keywords` are those of JSON Schema."""
        place = calling_place()
        kind = next((kind for python, kind in _TYPES if isinstance(default, python)), None)
        self._check_name(place, name)
        for keyword in keywords:
            if keyword not in KEYWORDS:
                message = f"{keyword!r} is no keyword for a parameter."
                self.findings.add(place, "keyword", name, message, nearest(keyword, KEYWORDS, "Keywords"))
        if kind is None:
            message = f"the default {default!r} has no type of a parameter."
            self.findings.add(place, "default", name, message, "Give a bool, int, float, str, list or dict.")
        if "{{" in json.dumps(default, default=str):
            self.findings.add(place, "braces", name, "a value cannot hold {{.", "Argo would take it for a variable.")
        fragment = {"type": kind or "string", **keywords, "default": default, "description": description}
        for problem in violations(fragment, default) if kind else ():
            self.findings.add(place, "default", name, f"{problem}.", "Change the default or the range.")
        self.parameters[name] = WorkflowParameter(name, kind or "string", fragment), place
        return ParameterHandle(self, name)

    def expose(self, operation: Any, *names: str) -> dict[str, ParameterHandle]:
        """Make parameters of an operation parameters of the workflow, as its contract has them.

        Gives them by name, to be passed on: ``preprocess.clean(events=events, **columns)``.
        """
        place = calling_place()
        if not isinstance(operation, OperationHandle):
            if not isinstance(operation, Nothing):
                message = f"an operation is expected, not {type(operation).__name__}."
                self.findings.add(place, "expose", "expose", message, "Example: workflow.expose(preprocess.clean, ...)")
            return {}
        known = {name: each for name, each in operation.operation.parameters.items() if not each.required}
        full_name = f"{operation.contract.name}.{operation.operation.name}"
        for name in names:
            if name not in known:
                message = f"{full_name} has no parameter {name!r} with a default."
                self.findings.add(place, "expose", name, message, nearest(name, known, "With a default"))
        exposed = {name: known[name] for name in names if name in known}
        for name, parameter in exposed.items():
            self._check_name(place, name)
            fragment = {"description": name, **parameter.fragment}
            self.parameters[name] = WorkflowParameter(name, parameter.type, fragment), place
        return {name: ParameterHandle(self, name) for name in exposed}

    def artifact(self, name: str, description: str, default: str | None = None) -> ArtifactHandle:
        """Data from outside, by its location: a path, or the URL of a store. Without a default a run must name it."""
        place = calling_place()
        self._check_name(place, name)
        self.artifacts[name] = ExternalArtifact(name, description, default), place
        return ArtifactHandle(self, name)

    def on_exit(self, *steps: Any) -> None:
        """Run steps when all others have ended, however they did; they can be told facts of the `run`."""
        place = calling_place()
        for step in steps:
            if isinstance(step, StepHandle):
                draft_of(step).on_exit = True
            elif not isinstance(step, Nothing):
                message = f"a step is expected, not {type(step).__name__}."
                remedy = "Example: workflow.on_exit(notify.send(status=run.status, ...))"
                self.findings.add(place, "exit", "on_exit", message, remedy)

    def result(self, output: Any) -> None:
        """Declare an output to be what the workflow is for: what a canary compares and a user is served."""
        self.results.append((output, calling_place()))

    def kept(self, name: str, file: str) -> Any:
        """A small file that outlives runs, for an optional input: what the last step that kept it wrote.

        Args:
            name: its kind and its own name, ``published/recommendations.json``; each stage has its own.
            file: its name in the folder of the port that it is read from or kept of.
        """
        place = calling_place()
        reference, problem = kept_reference(self.name, self.loading.stage, name, file)
        if self.kept_files.setdefault(name, reference) != reference:
            problem = f"{name} is kept as {self.kept_files[name].file}, too.", "One file has one name."
        if problem is not None:
            self.findings.add(place, "kept", name, *problem)
            return NOTHING
        return KeptHandle(self, reference)

    def keep(self, output: Any, kept: Any) -> None:
        """Keep the file of an output for later runs. If the step does not write it, what is kept stays."""
        self.keepers.append((output, kept, calling_place()))

    def add_step(self, draft: Draft) -> StepHandle:
        """Note a step. Called by operations."""
        self.drafts.append(draft)
        return StepHandle(self, draft)

    def _check_name(self, place: Place, name: str) -> None:
        if not VARIABLE_NAME.fullmatch(name):
            message = f"{name!r} is no name of a parameter or an artifact."
            self.findings.add(place, "name", name, message, "Use lower-case letters, digits and underscores: max_rows")
        taken: Mapping[str, tuple[object, Place]] = {**self.parameters, **self.artifacts}
        if name in taken:
            message = f"{name!r} is there already, from line {taken[name][1].line}."
            self.findings.add(place, "name", name, message, "Give it another name.")


def _by_itself(folder: Path) -> Loading:
    """For a file that is imported or run by hand: its own folder, at the first stage."""
    pins = load_pins(folder)
    return Loading(folder, next(iter(pins.stages)), pins)
