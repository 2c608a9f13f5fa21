"""Whether a version may take the place of another in a workflow: its verdict, its contract, and the workflow file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from machiya.dsl import WorkflowDefinition, WorkflowError, load_workflow
from machiya.errors import CheckError, MachiyaError
from machiya.pins import Pin, Pins, vendored_contract
from machiya.pins.edit import Waiver
from machiya.release.stages.candidate import Candidate
from machiya.release.usage import Judgement, judge
from machiya_component.contract import Contract
from machiya_component.findings import Finding

NO_VERDICT, FAILED_VERDICT = "verdict.missing", "verdict.failed"
VERDICT_RULES = (NO_VERDICT, FAILED_VERDICT)
"""Rules about the verdict of the conformance suite. All others are those of contracts."""

Kept = Mapping[tuple[str, str], Contract]


class RefusedError(CheckError):
    """Versions that may not be used; ``findings`` has every reason."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        told = "\n".join(f"{replace(finding, remedy='')}\n    {finding.remedy}" for finding in findings)
        super().__init__(message, told)
        self.findings = list(findings)


@dataclass(frozen=True)
class Assessment:
    """What is to be said of a version that takes the place of another (None: of nothing) at a stage.

    ``refusals`` are the reasons against it that nobody waived; ``waived`` those that somebody did.
    """

    stage: str
    candidate: Candidate
    before: Pin | None
    judgements: tuple[Judgement, ...] = ()
    refusals: tuple[Finding, ...] = ()
    waived: tuple[Waiver, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def component(self) -> str:
        """Its name."""
        return self.candidate.component

    @property
    def title(self) -> str:
        """``recommender 1.0.0 -> 1.1.0 in production``."""
        before = f"{self.before.version} -> " if self.before is not None else ""
        return f"{self.component} {before}{self.candidate.pin.version} in {self.stage}"

    def of_verdict(self, verdict: str) -> list[Judgement]:
        """The differences that are judged so."""
        return [judgement for judgement in self.judgements if judgement.verdict == verdict]

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya bump`."""
        verdict = self.candidate.verdict
        return {
            "component": self.component,
            "stage": self.stage,
            "before": str(self.before) if self.before else None,
            "after": str(self.candidate.pin),
            "image": self.candidate.image,
            "commit": self.candidate.commit,
            "conformance": verdict.text if verdict else None,
            "contract": [judgement.to_json() for judgement in self.judgements],
            "waived": [{"rule": one.rule, "who": one.who, "why": one.why} for one in self.waived],
            "notes": list(self.notes),
        }


def assess(
    pins: Pins,
    stage: str,
    candidate: Candidate,
    *,
    after: Pins,
    kept: Kept,
    waivers: Sequence[Waiver] = (),
    verdict_needed: bool = True,
) -> Assessment:
    """Look whether a version may take the place of the one that a stage pins.

    Args:
        pins: as they are.
        stage: one of their stages, or a new one.
        candidate: the version.
        after: the pins as they would be, without any canary; other components may change with this one.
        kept: contracts of versions that `after` pins and that are not kept beside the pins yet.
        waivers: what somebody let pass.
        verdict_needed: whether the conformance suite must have passed: not of what ran before.
    """
    before = pins.stages.get(stage, {}).get(candidate.component)
    found = _verdict_findings(candidate) if verdict_needed else []
    old = _contract_before(pins, candidate, before)
    judgements: tuple[Judgement, ...] = ()
    workflow, problems = _workflow(pins, stage, candidate, before, after, kept)
    if workflow is not None and old is not None:
        judgements = judge(workflow, old, candidate.contract)
        found += [_contract_finding(judgement) for judgement in judgements if judgement.is_breaking]
    rules = {waiver.rule for waiver in waivers}
    refused = [finding for finding in found if finding.rule not in rules]
    broken = {finding.rule for finding in found}
    waived = tuple({one.rule: one for one in reversed(waivers) if one.rule in broken}.values())[::-1]
    if not refused:  # nobody can let pass that the workflow file cannot be read: nothing could be rendered
        refused = problems
    return Assessment(stage, candidate, before, judgements, tuple(refused), waived)


def _verdict_findings(candidate: Candidate) -> list[Finding]:
    what = f"{candidate.component} {candidate.pin.version}"
    waive = "or let it pass: --waive {rule} --because TEXT"
    if candidate.verdict is None:
        message = f"nobody stated that the image passed the conformance suite: {candidate.image}"
        remedy = f"Release it with `machiya release`, which tests it, {waive.format(rule=NO_VERDICT)}"
        return [Finding(NO_VERDICT, message, remedy, what)]
    if not candidate.verdict.passed:
        message = f"its image did not pass the conformance suite: {candidate.verdict.text}"
        remedy = f"Take a version that passed, {waive.format(rule=FAILED_VERDICT)}"
        return [Finding(FAILED_VERDICT, message, remedy, what)]
    return []


def _contract_before(pins: Pins, candidate: Candidate, before: Pin | None) -> Contract | None:
    if before is None:
        return None
    try:
        return vendored_contract(pins.file.parent, candidate.component, before.version)
    except MachiyaError:
        if before.version == candidate.pin.version:
            return None
        raise


def _workflow(
    pins: Pins, stage: str, candidate: Candidate, before: Pin | None, after: Pins, kept: Kept
) -> tuple[WorkflowDefinition | None, list[Finding]]:
    """The workflow whose calls count, and why it cannot be read with the new pins.

    It is read with the pin as it is, so that what it relies on is known, else with the new one: it may have been
    changed for that.
    """
    folder = pins.file.parent
    found, problems = None, []
    try:
        found = load_workflow(folder, stage, after, kept=kept)
    except WorkflowError as error:
        problems = error.findings
    if before is None:
        return found, problems
    try:
        return load_workflow(folder, stage, after.with_pin(stage, candidate.component, before), kept=kept), problems
    except WorkflowError:
        return found, problems


def _contract_finding(judgement: Judgement) -> Finding:
    difference, place = judgement.difference, judgement.places[0] if judgement.places else None
    return Finding(
        difference.rule,
        f"{difference.message}; {judgement.reason}.",
        judgement.remedy,
        str(difference.place),
        place.file if place else "",
        place.line if place else None,
    )


def refuse_if_any(assessments: Sequence[Assessment]) -> None:
    """Raise RefusedError with every reason against any of the versions."""
    refused = [assessment for assessment in assessments if assessment.refusals]
    findings = [finding for assessment in refused for finding in assessment.refusals]
    if not refused:
        return
    count = "1 reason" if len(findings) == 1 else f"{len(findings)} reasons"
    what = " and ".join(assessment.title for assessment in refused)
    raise RefusedError(f"refused: {what}: {count}. Nothing was changed.", findings)
