"""From a workflow, a component and a version to the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machiya.dsl import WorkflowDefinition, WorkflowError, load_workflow
from machiya.engines.planning import Plan, plan_workflow
from machiya.engines.planning.overrides import Labels
from machiya.errors import ArgumentsError
from machiya.pins import Pins, load_pins
from machiya.release.diff.cost import compare_cost
from machiya.release.diff.gate import DEFAULT, GATE_FILE, Compare, load_gate
from machiya.release.diff.inputs import Inputs, choose_inputs
from machiya.release.diff.model import Check, DiffReport, ResultChange, RunSide, StepCost, Supply
from machiya.release.diff.results import Compared, compare_results
from machiya.release.diff.running import Engine, check_base, described
from machiya.release.diff.sides import Sides
from machiya.release.diff.supply import supply_of
from machiya.release.diff.verdict import Facts
from machiya.release.diff.verdict import judge as judge_gate
from machiya.release.diff.versions import Pinned, Proposed, at_hand, pinned, proposed, registry_or_none, without_canary
from machiya.release.diff.viewing import with_views
from machiya.release.usage import judge


@dataclass(frozen=True)
class Request:
    """What is asked: `version` is a release, a folder or an image; `run` the run whose input counts, or ``sample``."""

    folder: Path
    component: str
    version: str
    stage: str | None = None
    run: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Question:
    """A request whose names are looked up."""

    pins: Pins
    workflow: WorkflowDefinition
    before: Pinned
    after: Proposed


@dataclass(frozen=True)
class _Trial:
    """What came of the two runs, which ``engine`` made; ``sides`` is None where one of them has no results."""

    engine: Engine
    inputs: str = ""
    base: RunSide | None = None
    candidate: RunSide | None = None
    cost: tuple[StepCost, ...] = ()
    failed: str = ""
    sides: Sides | None = None
    compared: tuple[Compared, ...] = ()

    @property
    def changes(self) -> tuple[ResultChange, ...]:
        """What becomes of the results."""
        return tuple(one.change for one in self.compared)

    def shown(self, checks: Sequence[Check], k: int) -> tuple[ResultChange, ...]:
        """The same, with views of those that differ, which show these checks."""
        return with_views(self.sides, self.compared, self.engine, k, checks) if self.sides is not None else ()


def produce(request: Request, engine: Engine, label: Labels) -> DiffReport:
    """The report. Runs the workflow twice, unless it cannot be read with the candidate.

    Raises:
        ArgumentsError, NotFoundError, ContractError, PinsError, WorkflowError, GateError: something that was named, or
            is kept in the workflow's folder, is not right.
        RunFailedError: the run with the pinned version failed.
        RunStoppedError: somebody stopped a run.
        RegistryError, AccessError: the registry does not answer, or refuses.
    """
    gate = load_gate(request.folder)
    question = _look_up(request, label)
    judgements = judge(question.workflow, question.before.contract, question.after.contract)
    thresholds = gate or DEFAULT
    trial = _try(request, question, engine, thresholds.compare)
    supply = _supply(request, question)
    outcome, checks = judge_gate(thresholds, Facts(judgements, trial.changes, trial.cost, supply, trial.failed))
    return DiffReport(
        question.workflow.name,
        question.workflow.stage,
        request.component,
        question.before.side,
        question.after.side,
        outcome,
        checks,
        judgements,
        trial.inputs,
        trial.base,
        trial.candidate,
        trial.shown(checks, thresholds.compare.k),
        trial.cost,
        supply,
        tuple(_notes(question, has_gate=gate is not None)),
    )


def _supply(request: Request, question: _Question) -> Supply:
    registry, why_none = registry_or_none(question.pins)
    override = question.after.override
    source = at_hand(request.component, override.folder if override is not None else None)
    return supply_of(question.before.side, question.after, registry, why_none, source)


def _notes(question: _Question, *, has_gate: bool) -> Iterator[str]:
    before, after = question.before.side, question.after.side
    if after.digest and after.digest == before.digest:
        yield "this version is the one that is pinned"
    if not has_gate:
        yield f"the workflow has no {GATE_FILE}; what counts are the thresholds that docs/diff.md names"


def _look_up(request: Request, label: Labels) -> _Question:
    pins = without_canary(load_pins(request.folder))
    stage = request.stage or next(iter(pins.stages))
    before = pinned(pins, stage, request.component)
    workflow = load_workflow(request.folder, stage, pins)
    used = {step.contract.name for step in workflow.steps}
    if request.component not in used:
        raise ArgumentsError(
            f"no step of {workflow.name} uses {request.component}.", f"Used: {', '.join(sorted(used))}."
        )
    return _Question(pins, workflow, before, proposed(pins, request.component, request.version, label))


def _try(request: Request, question: _Question, engine: Engine, how: Compare) -> _Trial:
    inputs = choose_inputs(question.workflow, engine.preferences.home, request.run, request.given)
    base = _plan(request, question, inputs, None)
    try:
        candidate = _plan(request, question, inputs, question.after)
    except WorkflowError as error:
        problems = "; ".join(finding.message.rstrip(".") for finding in error.findings)
        return _Trial(engine, inputs.text, failed=f"{error.message} {problems}")
    engine = engine.with_store(inputs.store).for_plans(base, candidate)
    first = engine.run(base, inputs.known)
    check_base(first)
    second = engine.run(candidate, inputs.known)
    ran = described(first), described(second)
    cost = compare_cost(question.workflow, first, second)
    if ran[1].problem:
        return _Trial(engine, inputs.text, *ran, cost, failed=f"{second.name}: {ran[1].problem}")
    names = (f"{request.component} {question.before.side.text}", f"{request.component} {question.after.side.text}")
    sides = Sides(question.workflow, question.pins, first, second, names)
    return _Trial(engine, inputs.text, *ran, cost, sides=sides, compared=compare_results(sides, engine, how))


def _plan(request: Request, question: _Question, inputs: Inputs, after: Proposed | None) -> Plan:
    """The plan with the pins as they are, or with the candidate."""
    stage = question.workflow.stage
    if after is None:
        return plan_workflow(request.folder, stage, (), inputs.values, question.pins, lasting=False)
    return plan_workflow(
        request.folder,
        stage,
        after.overrides,
        inputs.values,
        after.pins(question.pins, stage),
        unkept=after.unkept,
        lasting=False,
    )
