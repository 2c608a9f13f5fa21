"""Every difference between two contracts of a component, judged by what one workflow uses of it."""

from machiya.dsl import WorkflowDefinition
from machiya.release.contracts import Difference, compare
from machiya.release.usage.calls import uses_of_input, uses_of_parameter
from machiya.release.usage.change import Change
from machiya.release.usage.judgement import Judgement, Use, Verdict, judgement_of
from machiya.release.usage.reading import uses_of_output
from machiya_component.contract import Contract

_NOTABLE = ("default.changed", "resources.raised", "timeout.lowered", "cache.changed", "secret.added")
"""What breaks nobody, and is worth a look where the operation is called."""

_USES = {"parameter": uses_of_parameter, "input": uses_of_input, "output": uses_of_output}


def judge(workflow: WorkflowDefinition, before: Contract, after: Contract) -> tuple[Judgement, ...]:
    """What each difference between two contracts means for a workflow.

    Args:
        workflow: without a canary: loaded with the pins of a stage, or with those that it would have.
        before: the contract of the version that is pinned.
        after: that of the version that would take its place.
    """
    change = Change(workflow, before, after)
    return tuple(_judged(change, difference) for difference in compare(before, after))


def _judged(change: Change, difference: Difference) -> Judgement:
    place = difference.place
    if not place.operation:
        whole: Verdict = "breaking" if difference.is_breaking else "harmless"
        return Judgement(difference, whole, "it is about the component itself")
    steps = change.steps(place.operation)
    if not steps:
        return Judgement(difference, "harmless", f"no step of {change.workflow.name} calls {place.operation}")
    if place.side in _USES:
        unused = f"nothing of {change.workflow.name} reads it" if place.side == "output" else "no step is concerned"
        return judgement_of(difference, list(_USES[place.side](change, difference)), unused)
    names = " and ".join(step.name for step in steps)
    verdict: Verdict = "breaking" if difference.is_breaking else "note" if difference.rule in _NOTABLE else "harmless"
    verb = "calls" if len(steps) == 1 else "call"
    return judgement_of(difference, [Use(verdict, f"{names} {verb} it", step.place) for step in steps], "")
