"""What is in a picture of a workflow: boxes, and arrows with the names of ports."""

from dataclasses import dataclass, replace

from machiya.dsl.canary import CANARY
from machiya.dsl.model import (
    ArtifactReference,
    BoundaryReference,
    Canary,
    KeyReference,
    LeftReference,
    OutputReference,
    ParameterReference,
    Step,
    WorkflowDefinition,
)


@dataclass(frozen=True)
class Box:
    """A step, or an artifact from outside (then ``detail`` is empty)."""

    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True)
class Arrow:
    """From one box to another; `label` names the ports that go along it."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Picture:
    """Boxes in an order in which every arrow points from an earlier to a later one."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(workflow: WorkflowDefinition) -> Picture:
    """All steps of a workflow, and the artifacts from outside that they read; of a canary, what is done twice."""
    steps = _drawn(workflow)
    used = {source.name for step in steps for source in step.inputs.values() if isinstance(source, ArtifactReference)}
    outside = [Box(_outside_id(each.name), each.name) for each in workflow.artifacts if each.name in used]
    boxes = [Box(_step_id(step.name), _title(step), f"{step.contract.name} {step.pin.version}") for step in steps]
    return Picture((*outside, *boxes), tuple(arrow for step in steps for arrow in _arrows(step)))


def _drawn(workflow: WorkflowDefinition) -> list[Step]:
    """The steps, each after what it needs: a canary's before those that read what the users get."""
    canary = workflow.canary
    if canary is None:
        return list(workflow.steps)
    divided = replace(canary.mixed, name=CANARY)
    inside = [_wired(step, canary) for step in (*canary.steps, divided)]
    after = {CANARY}
    for step in workflow.main_steps:
        after |= {step.name} if after.intersection(step.needs) else set()
    later = [step for step in workflow.steps if step.name in after or step.on_exit]
    return [*(step for step in workflow.steps if step not in later), *inside, *later]


def _wired(step: Step, canary: Canary) -> Step:
    """A step of a canary with its inputs from outside in the place of their names there."""
    inputs = {
        port: canary.inputs[source.name] if isinstance(source, BoundaryReference) else source
        for port, source in step.inputs.items()
    }
    return replace(step, inputs=inputs)


def _step_id(name: str) -> str:
    return f"step_{name.replace('-', '_')}"


def _outside_id(name: str) -> str:
    return f"artifact_{name}"


def _title(step: Step) -> str:
    if step.on_exit:
        return f"{step.name} (on exit)"
    if step.fan_out is None:
        return step.name
    count = step.fan_out.count
    return f"{step.name} × {count.name if isinstance(count, ParameterReference) else count.value}"


def _arrows(step: Step) -> list[Arrow]:
    """One for each box that it reads from, with all ports of it; those it only waits for have no label."""
    ports: dict[str, list[str]] = {_step_id(name): [] for name in step.after}
    for source in step.inputs.values():
        if isinstance(source, ArtifactReference):
            ports.setdefault(_outside_id(source.name), [])
        elif isinstance(source, OutputReference | LeftReference):
            for one in source.outputs if isinstance(source, LeftReference) else (source,):
                ports.setdefault(_step_id(one.step), []).append(one.port)
    for value in step.parameters.values():
        if isinstance(value, KeyReference):
            ports.setdefault(_step_id(value.step), [])
    return [Arrow(start, _step_id(step.name), ", ".join(dict.fromkeys(names))) for start, names in ports.items()]
