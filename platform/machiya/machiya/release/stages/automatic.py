"""`machiya canary --auto`: what users did since the last run says which share comes next.

The component `experiment` of the stage computes it, in a run of two steps: `analyze` counts who converted, `allocate`
proposes the shares. Their contract is the one of components/experiment.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machiya.dsl import ArtifactReference, Constant, ExternalArtifact, OutputReference, Step, WorkflowDefinition
from machiya.dsl.canary import CANDIDATE, CONTROL, EXPERIMENT
from machiya.engines.local.locations import Source
from machiya.engines.local.runner import Preferences, ReadyRun, Runner
from machiya.engines.planning import Plan
from machiya.errors import ArgumentsError, NotFoundError, RunFailedError
from machiya.manifest.render import render
from machiya.pins import CanaryPin, vendored_contract
from machiya.records import RunRecord, load_record, recent_runs
from machiya.records.artifacts import find_output
from machiya.records.stores import scratch, sidecar_of, store_of
from machiya.release.stages.canary import running_canary, with_share
from machiya.release.stages.decision import Decision, Opened, open_pins
from machiya.release.stages.logs import as_table
from machiya_component.contract import Contract
from machiya_component.contract.model import Operation
from machiya_component.parameters import read_value

ANALYZE, ALLOCATE = "analyze", "allocate"
_MIXED = "canary-mixed"
_OWN = ("shares", "control")
"""Parameters that the canary decides."""

Begun = Callable[[ReadyRun], None]


@dataclass(frozen=True)
class Assignment:
    """Who belonged to which side in the last run of a stage."""

    record: RunRecord
    source: Source


@dataclass(frozen=True)
class Proposal:
    """What the events say. ``decision`` is one of wait, continue, promote, stop; ``share`` the canary's next.

    ``variants`` are the rows of the analysis; ``mismatch`` says that the users are not divided as they should be.
    """

    component: str
    canary: CanaryPin
    run: str
    computed_by: str
    decision: str
    reason: str
    share: float
    mismatch: bool
    variants: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya canary`."""
        return {
            "run": self.run,
            "computedBy": self.computed_by,
            "decision": self.decision,
            "reason": self.reason,
            "currentShare": self.canary.share,
            "share": self.share,
            "mismatch": self.mismatch,
            "variants": [dict(one) for one in self.variants],
        }


def propose(
    folder: Path,
    component: str,
    events: str,
    given: Mapping[str, str],
    preferences: Preferences,
    begun: Begun = lambda _: None,
) -> tuple[Proposal, Decision | None]:
    """Run the experiment on an event log; the second is the decision on another share, None where it stays.

    Args:
        folder: of the workflow.
        component: whose canary it is.
        events: the log: a Parquet file or folder, a CSV file, or a URL of the former.
        given: parameters of the experiment, as texts.
        preferences: how it is run, and where runs are remembered.
        begun: told of the run before it starts.

    Raises:
        NotFoundError: there is no canary, or no run that divided the users by it.
        RunFailedError: the experiment failed.
    """
    opened = open_pins(folder)
    canary = running_canary(opened, component)
    assignment = _assignment(preferences.home, opened, component, canary)
    with ExitStack() as stack:
        log = as_table(events, Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="machiya-"))))
        plan = _plan(opened, canary, assignment, log, given)
        runner = stack.enter_context(Runner(replace(preferences, store=_store(preferences, assignment))))
        ready = runner.begin(plan, {"assignment": assignment.source})
        begun(ready)
        result = ready.execute()
    record = load_record(ready.folder)
    if not result.succeeded:
        raise RunFailedError(f"the experiment failed in the run {record.name}.", f"machiya show {record.name}")
    proposal = _read(record, component, canary, assignment)
    moves = proposal.decision == "continue" and proposal.share != canary.share
    return proposal, with_share(opened, component, proposal.share) if moves else None


def _store(preferences: Preferences, assignment: Assignment) -> str:
    """That of the run whose assignment is read."""
    return preferences.store or str(assignment.record.options.get("store") or "")


def _assignment(home: Path, opened: Opened, component: str, canary: CanaryPin) -> Assignment:
    """The last run of the stage that divided the users, by the share and salt that the pins have now."""
    for folder in recent_runs(home):
        record = load_record(folder)
        if record.stage != canary.stage or record.phase != "Succeeded" or record.purpose:
            continue
        key = next(
            (node.outputs.artifacts["assignment"].key for node in (step.node for step in record.walk())
             if node.template == _MIXED and "assignment" in node.outputs.artifacts),
            "",
        )  # fmt: skip
        if key:
            return _checked(record, key, component, canary)
    message = f"no run of {canary.stage} divided the users yet."
    raise NotFoundError(message, f"Run it first: machiya run {opened.name} --stage {canary.stage}")


def _checked(record: RunRecord, key: str, component: str, canary: CanaryPin) -> Assignment:
    store = store_of(record)
    reference = store.find(key)
    with scratch(record.folder.home) as folder:
        sidecar = sidecar_of(store, key, folder / "sidecar") if reference is not None else None
    if reference is None or sidecar is None:
        message = f"the assignment of the run {record.name} is not in the store any more."
        raise NotFoundError(message, "Run the workflow again.")
    then = {name: sidecar.producer.parameters.get(name) for name in ("share", "salt")}
    if then != {"share": canary.share, "salt": canary.salt}:
        message = (
            f"the last run, {record.name}, divided the users otherwise: share {then['share']}, salt {then['salt']}."
        )
        remedy = f"Run the workflow with what is pinned for {component} now, and wait for what users do."
        raise ArgumentsError(message, remedy)
    return Assignment(record, Source(f"{record.name}/assignment", key, reference.digest))


def _plan(opened: Opened, canary: CanaryPin, assignment: Assignment, events: str, given: Mapping[str, str]) -> Plan:
    pins = replace(opened.pins, canary={})
    pin = pins.stage(canary.stage)[EXPERIMENT]
    contract = vendored_contract(opened.folder, EXPERIMENT, pin.version)
    operations = _operations(contract)
    values = _values(operations, given, canary, assignment)
    sources = {"assignment": ArtifactReference("assignment"), "events": ArtifactReference("events")}
    analyze = Step(ANALYZE, contract, operations[ANALYZE], pin, values[ANALYZE], sources)
    made = {
        "variants": OutputReference(ANALYZE, "variants"),
        "analysis": OutputReference(ANALYZE, "metrics"),
    }
    allocate = Step(ALLOCATE, contract, operations[ALLOCATE], pin, values[ALLOCATE], made)
    workflow = WorkflowDefinition(
        f"{opened.name}-experiment",
        canary.stage,
        f"What users did with the canary of {opened.name}",
        contract.owner,
        artifacts=(
            ExternalArtifact("assignment", "Who belongs to which side", assignment.source.location),
            ExternalArtifact("events", "What users did", events),
        ),
        steps=(analyze, allocate),
    )
    return Plan(
        render(workflow, pins),
        "the experiment",
        locations={"assignment": assignment.source.location, "events": events},
        workflow=workflow.name,
        stage=canary.stage,
        components=(EXPERIMENT,),
        unreleased={} if pin.digest else {EXPERIMENT: pins.image(EXPERIMENT, pin)},
        purpose="experiment",
    )


def _operations(contract: Contract) -> dict[str, Operation]:
    missing = [name for name in (ANALYZE, ALLOCATE) if name not in contract.operations]
    if missing:
        message = f"{contract.name} {contract.version} has no operation {missing[0]}."
        raise ArgumentsError(message, "Pin a version of it that has.")
    return {name: contract.operations[name] for name in (ANALYZE, ALLOCATE)}


def _values(
    operations: Mapping[str, Operation], given: Mapping[str, str], canary: CanaryPin, assignment: Assignment
) -> dict[str, dict[str, Constant]]:
    """The parameters of both steps. What happened before the users were divided does not count."""
    shares = {CONTROL: round(1 - canary.share, 6), CANDIDATE: canary.share}
    found = {name: {"shares": Constant(shares), "control": Constant(CONTROL)} for name in operations}
    if "window_from" not in given:
        since = datetime.fromtimestamp(assignment.record.state.finished or assignment.record.created, UTC)
        found[ANALYZE]["window_from"] = Constant(since.isoformat(timespec="seconds"))
    for name, text in given.items():
        taking = [one for one in operations if name in operations[one].parameters and name not in _OWN]
        if not taking:
            known = sorted({key for one in operations.values() for key in one.parameters} - set(_OWN))
            raise ArgumentsError(
                f"-p {name}: the experiment has no such parameter.", f"Parameters: {', '.join(known)}."
            )
        for one in taking:
            value, problem = read_value(operations[one].parameters[name], text)
            if problem:
                raise ArgumentsError(f"-p {name}: {problem}", f"machiya show tells what {one} takes.")
            found[one][name] = Constant(value)
    return found


def _read(record: RunRecord, component: str, canary: CanaryPin, assignment: Assignment) -> Proposal:
    from pyarrow.parquet import ParquetDataset

    store = store_of(record)
    with scratch(record.folder.home) as folder:
        for step, port in ((ALLOCATE, "decision"), (ANALYZE, "metrics"), (ANALYZE, "variants")):
            output = find_output(record, step, port)
            assert output is not None, f"{step} puts {port} out"
            store.link(output.key, folder / port)
        decision = json.loads((folder / "decision" / "decision.json").read_text("utf-8"))
        metrics = json.loads((folder / "metrics" / "metrics.json").read_text("utf-8"))
        parts = sorted(str(path) for path in (folder / "variants").glob("*.parquet"))
        variants = ParquetDataset(parts).read().to_pylist()
    return Proposal(
        component,
        canary,
        assignment.record.name,
        record.name,
        str(decision["decision"]),
        str(decision["reason"]),
        round(float(decision["shares"][CANDIDATE]), 4),
        bool(metrics.get("srm_mismatch")),
        tuple(variants),
    )
