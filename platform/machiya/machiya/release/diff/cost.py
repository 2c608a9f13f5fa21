"""What each step took in two runs; of steps from the cache, what computing them took."""

import json
from collections.abc import Mapping, Sequence

from machiya.dsl import RunReference, Value, WorkflowDefinition
from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.records import RunRecord
from machiya.records.artifacts import turns_of
from machiya.records.keys import PARAMETER, UNKNOWN, key_parts
from machiya.records.steps import Step
from machiya.release.diff.model import StepCost

Groups = dict[str, list[Step]]


def compare_cost(workflow: WorkflowDefinition, base: RunRecord, candidate: RunRecord) -> tuple[StepCost, ...]:
    """Each step of either run of a workflow, in the order of the base; the turns of a loop as one."""
    before, after = _groups(base), _groups(candidate)
    told = {step.name: _told_of_the_run(step.parameters) for step in workflow.steps}
    return tuple(
        _cost(
            name,
            before.get(name, []),
            after.get(name, []),
            [_keys(base, before.get(name, []), told), _keys(candidate, after.get(name, []), told)],
        )
        for name in {**before, **after}
    )


def _groups(record: RunRecord) -> Groups:
    found: Groups = {}
    for loop, step in turns_of(record.tree):
        if step.node.phase.completed:
            found.setdefault((loop or step).name, []).append(step)
    return found


def _told_of_the_run(parameters: Mapping[str, Value]) -> set[str]:
    """The parts of a step's key that are new in each run."""
    return {f"{PARAMETER}{name}" for name, value in parameters.items() if isinstance(value, RunReference)}


def _keys(record: RunRecord, steps: Sequence[Step], told: Mapping[str, set[str]]) -> list[str]:
    """What decides what the steps do: their keys in the cache; of one that has none, what it would be made of."""
    return sorted(step.node.memo_key or _parts(record, step, told.get(step.name, set())) for step in steps)


def _parts(record: RunRecord, step: Step, told: set[str]) -> str:
    parts = {name: value for name, value in key_parts(record, step).items() if name not in told}
    known = all(
        value and not value.startswith(UNKNOWN) for name, value in parts.items() if not name.startswith(PARAMETER)
    )
    return json.dumps(parts, sort_keys=True) if known else ""


def _cost(name: str, before: Sequence[Step], after: Sequence[Step], keys: Sequence[list[str]]) -> StepCost:
    return StepCost(
        name,
        _together(before),
        _together(after),
        bool(before) and all(step.cached for step in before),
        bool(after) and all(step.cached for step in after),
        keys[0] == keys[1] and all(keys[0]),
    )


def _together(steps: Sequence[Step]) -> Usage | None:
    """Times and sizes added up, the greatest of the peaks; what one step does not know is not known."""
    usages = [step.usage or Usage() for step in steps]
    if not usages:
        return None
    times = [_sum([usage.seconds for usage in usages]), _sum([usage.cpu_seconds for usage in usages])]
    peaks = [usage.peak_memory for usage in usages if usage.peak_memory is not None]
    sizes = [usage.output_size for usage in usages if usage.output_size is not None]
    return Usage(
        times[0],
        times[1],
        max(peaks) if len(peaks) == len(usages) else None,
        sum(sizes) if len(sizes) == len(usages) else None,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
