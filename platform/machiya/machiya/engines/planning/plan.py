"""What is to be run: a manifest with the values for it, and what stands in for its pins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machiya.dsl import WorkflowDefinition, load_workflow
from machiya.dsl.findings import nearest
from machiya.dsl.trial import only_work, without_keeping
from machiya.engines.planning.locations import choose_locations
from machiya.engines.planning.overrides import Override
from machiya.engines.planning.values import checked_values
from machiya.errors import ArgumentsError, NotFoundError
from machiya.manifest.render import RENDERED_FOLDER, render
from machiya.pins import Pin, Pins, load_pins
from machiya_component.contract import Contract


@dataclass(frozen=True)
class Version:
    """A released version that is not kept beside the pins yet: its contract, and the commit that it was made of."""

    contract: Contract
    commit: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Component and version."""
        return self.contract.name, self.contract.version


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run, but for what an engine adds: digests, and the launcher.

    Attributes:
        manifest: YAML, complete.
        file: the file whose lines messages name; of a workflow, the one that ``machiya render`` makes.
        parameters: values for the manifest's parameters.
        locations: by external artifact, where it is: a path or a URL; empty for an optional one that is absent.
        components: those whose operations are called.
        replaced: by component, the folder or image that was named to stand in for the pin (``--with``).
        unreleased: by component whose pin has no digest, the image that the manifest names for it.
        beside: texts of further files by name: templates that are referred to, ConfigMaps.
        purpose: what the run is for where it is not the workflow's own: ``diff``.
    """

    manifest: str
    file: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    workflow: str = ""
    stage: str = ""
    components: tuple[str, ...] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    unreleased: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""

    @property
    def all_unreleased(self) -> bool:
        """Whether it is about components, and none of them is released."""
        return bool(self.components) and set(self.components) == set(self.unreleased)

    def folder_of(self, component: str) -> Path | None:
        """The folder of a working copy that stands in for a component; None if none does."""
        source = self.replaced.get(component, "")
        return Path(source) if source and Path(source).is_dir() else None

    def image_of(self, component: str) -> str | None:
        """The image that stands in for a component; None if none does."""
        return self.replaced.get(component) if self.folder_of(component) is None else None


def plan_workflow(
    folder: Path,
    stage: str | None,
    overrides: Sequence[Override],
    given: Mapping[str, str],
    pins: Pins | None = None,
    *,
    unkept: Sequence[Version] = (),
    lasting: bool = True,
) -> Plan:
    """The plan of a workflow at a stage (the first of its pins where none is named).

    Args:
        folder: that of the workflow.
        stage: one of the pins.
        overrides: what stands in for pins.
        given: values for the workflow's parameters, and locations.
        pins: those to use instead of the folder's.
        unkept: versions that these pins name and whose contracts are not kept in the folder.
        lasting: whether it has effects beyond its results: the steps on exit, and those that keep files for later runs.

    Raises:
        ArgumentsError: a value or an override does not fit the workflow.
        WorkflowError, PinsError, NotFoundError: as ``load_workflow``.
    """
    pins = pins or load_pins(folder)
    stage = stage or next(iter(pins.stages))
    pins = _with_overrides(pins, stage, overrides)
    replaced = {override.component: override.contract for override in overrides}
    workflow = load_workflow(folder, stage, pins, replaced, {one.key: one.contract for one in unkept})
    _check_used(workflow, overrides)
    if overrides:
        workflow = without_keeping(workflow)
    if not lasting:
        workflow = only_work(workflow)
    values = checked_values(workflow, given)
    locations = choose_locations(folder, workflow.artifacts, values)
    return Plan(
        manifest=render(workflow, pins, _commits(overrides, unkept)),
        file=str(folder / RENDERED_FOLDER / f"{stage}.yaml"),
        parameters={name: value for name, value in values.items() if name not in locations},
        locations=locations,
        workflow=workflow.name,
        stage=stage,
        components=tuple(dict.fromkeys(step.contract.name for step in workflow.all_steps)),
        replaced={override.component: override.source for override in overrides},
        unreleased={
            step.contract.name: pins.image(step.contract.name, step.pin)
            for step in workflow.all_steps
            if step.pin.digest is None
        },
    )


def _commits(overrides: Sequence[Override], unkept: Sequence[Version]) -> dict[tuple[str, str], str]:
    """By component and version; of what stands in for a pin none is known."""
    return {one.key: one.commit for one in unkept} | {(one.component, one.contract.version): "" for one in overrides}


def plan_file(file: Path, given: Mapping[str, str], beside: Sequence[Path] = ()) -> Plan:
    """The plan of any Argo manifest.

    Raises:
        NotFoundError: a file is not there, or cannot be read.
    """
    return Plan(_text(file), str(file), parameters=dict(given), beside={str(path): _text(path) for path in beside})


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{file} cannot be read: {error}.", "Name a manifest, or a workflow.") from error


def _with_overrides(pins: Pins, stage: str, overrides: Sequence[Override]) -> Pins:
    known = pins.stage(stage)
    for override in overrides:
        if override.component not in known:
            message = f"--with {override.component}={override.source}: the stage {stage} pins no such component."
            raise ArgumentsError(message, nearest(override.component, known, "Pinned"))
        pins = pins.with_pin(stage, override.component, Pin(override.contract.version), override.image)
    return pins


def _check_used(workflow: WorkflowDefinition, overrides: Sequence[Override]) -> None:
    used = {step.contract.name for step in workflow.steps}
    for override in overrides:
        if override.component not in used:
            message = f"--with {override.component}={override.source}: no step of {workflow.name} uses it."
            raise ArgumentsError(message, nearest(override.component, used, "Used"))
