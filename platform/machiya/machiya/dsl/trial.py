"""A workflow without lasting effects: what of it is run to try a version, or to compare two."""

from dataclasses import replace

from machiya.dsl.model import KeptReference, KeyReference, OutputReference, Step, WorkflowDefinition


def without_keeping(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """The same steps, of which none keeps a file for later runs.

    Steps that keep files come after all else and hide no result (see `records.results`). Without their files nothing
    tells them from others, so what they came after is named as a result.
    """
    others = [step for step in workflow.main_steps if not step.keeps]
    last = [step for step in others if not _is_needed(step, others)] if len(others) < len(workflow.main_steps) else []
    shown = [OutputReference(step.name, port) for step in last for port in step.operation.outputs]
    return replace(
        workflow,
        steps=tuple(replace(step, keeps={}) for step in workflow.steps),
        results=tuple(dict.fromkeys([*workflow.results, *shown])),
    )


def only_work(workflow: WorkflowDefinition) -> WorkflowDefinition:
    """Without steps on exit, those that are there to keep a file, of which nothing else needs an output, and checks."""
    left = list(workflow.main_steps)
    looking = _looking_back(left)
    while idle := [step for step in left if _remembers(step) and not _is_needed(step, left)]:
        left = [step for step in left if step not in idle]
    while checks := [step for step in left if _only_checks(step, left, looking)]:
        names = {step.name for step in checks}
        left = [_not_after(step, names) for step in left if step.name not in names]
    keyed = {one for step in workflow.steps for one in step.parameters.values() if isinstance(one, KeyReference)}
    return without_keeping(replace(workflow, steps=tuple(left), keyed=workflow.keyed | keyed))


def _only_checks(step: Step, others: list[Step], looking: set[str]) -> bool:
    """Whether a step is there to stop others, or to be looked at: nothing reads what it puts out, and it reads what
    earlier runs have left, or others wait for it (and it is no step of the work, which the cache could give)."""
    if any(step.name in _read_by(other) for other in others):
        return False
    if _is_needed(step, others):
        return step.name in looking or not step.operation.cache
    return _reads_kept(step)


def _remembers(step: Step) -> bool:
    """Whether a step keeps a file for later runs or, in a trial where none does, reads what such a step has left."""
    return bool(step.keeps) or _reads_kept(step)


def _looking_back(steps: list[Step]) -> set[str]:
    """The steps that depend on what earlier runs have left, be it by what another one made of that."""
    found: set[str] = set()
    for step in steps:  # in an order in which each comes after what it needs
        if _reads_kept(step) or not found.isdisjoint(_read_by(step)):
            found.add(step.name)
    return found


def _reads_kept(step: Step) -> bool:
    return any(isinstance(source, KeptReference) for source in step.inputs.values())


def _read_by(step: Step) -> set[str]:
    return {source.step for source in step.inputs.values() if isinstance(source, OutputReference)}


def _not_after(step: Step, names: set[str]) -> Step:
    return replace(step, after=tuple(name for name in step.after if name not in names))


def _is_needed(step: Step, others: list[Step]) -> bool:
    return any(step.name in other.needs for other in others)
