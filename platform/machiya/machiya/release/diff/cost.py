"""What each step took in two runs; of steps from the cache, what computing them took."""

from collections.abc import Sequence

from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.records import RunRecord
from machiya.records.artifacts import turns_of
from machiya.records.steps import Step
from machiya.release.diff.model import StepCost

Groups = dict[str, list[Step]]


def compare_cost(base: RunRecord, candidate: RunRecord) -> tuple[StepCost, ...]:
    """Each step of either run, in the order of the base; the turns of a loop as one."""
    before, after = _groups(base), _groups(candidate)
    return tuple(_cost(name, before.get(name, []), after.get(name, [])) for name in {**before, **after})


def _groups(record: RunRecord) -> Groups:
    found: Groups = {}
    for loop, step in turns_of(record.tree):
        if step.node.phase.completed:
            found.setdefault((loop or step).name, []).append(step)
    return found


def _cost(name: str, before: Sequence[Step], after: Sequence[Step]) -> StepCost:
    keys = [sorted(step.node.memo_key for step in steps) for steps in (before, after)]
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
