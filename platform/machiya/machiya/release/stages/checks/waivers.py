"""Waivers: whether each names a rule, and whether what it lets pass is still there."""

import re
from collections.abc import Iterator

from machiya.dsl import WorkflowError, load_workflow
from machiya.dsl.findings import nearest
from machiya.errors import NotFoundError
from machiya.pins import Pin, Pins
from machiya.pins.edit import Waiver, waivers_of
from machiya.pins.validate import CANARY_KEY
from machiya.release.contracts import RULES
from machiya.release.registry import Registry
from machiya.release.stages.assess import FAILED_VERDICT, NO_VERDICT, VERDICT_RULES
from machiya.release.stages.candidate import find_candidate
from machiya.release.stages.checks.lines import Lines, PinnedLine, pinned_lines
from machiya.release.stages.decision import Opened
from machiya.release.stages.history import changes_of, past_of
from machiya.release.usage import judge
from machiya_component.findings import Finding

_FORM = "# waived RULE by WHO: WHY"


def check_waivers(pins: Pins, lines: Lines, registry: Registry) -> Iterator[Finding]:
    """Each waiver of each line."""
    text = pins.file.read_text(encoding="utf-8")
    for one in pinned_lines(pins, lines):
        waivers = waivers_of(text, one.block, one.component)
        if one.line is not None and len(waivers) < len(_meant(text, one.line)):
            message = "what looks like a waiver is none."
            yield _finding(pins, one, "waiver.form", message, f"The form is {_FORM}; several with ; in between")
        broken = _broken(Opened(pins.file.parent, pins, text), one, registry) if waivers else None
        for waiver in waivers:
            yield from _check(pins, one, waiver, broken)


def _meant(text: str, line: int) -> list[str]:
    comment = text.splitlines()[line - 1].partition("#")[2]
    return re.findall(r"\bwaived\b", comment)


def _check(pins: Pins, one: PinnedLine, waiver: Waiver, broken: set[str] | None) -> Iterator[Finding]:
    known = [*RULES, *VERDICT_RULES]
    if waiver.rule not in known:
        message = f"waives {waiver.rule}, and there is no such rule."
        yield _finding(pins, one, "waiver.rule", message, nearest(waiver.rule, known, "Rules"))
    elif broken is not None and waiver.rule not in broken:
        message = f"waives {waiver.rule}, and nothing breaks that any more."
        yield _finding(pins, one, "waiver.unneeded", message, f"Take it out of the comment: {waiver}")


def _finding(pins: Pins, one: PinnedLine, rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, message, remedy, one.where, str(pins.file), one.line)


def _broken(opened: Opened, one: PinnedLine, registry: Registry) -> set[str] | None:
    """The rules that a pin breaks against the one before it; None where nobody can tell any more."""
    before = _before(opened, one)
    if before is None or before.digest is None or one.pin.digest is None:
        return None
    stage = opened.pins.canary[one.component].stage if one.block == CANARY_KEY else one.block
    try:
        old, new = (
            find_candidate(registry, one.component, str(pin), tag_must_agree=False) for pin in (before, one.pin)
        )
        plain = Pins(opened.pins.file, opened.pins.registry, opened.pins.stages)
        workflow = load_workflow(opened.folder, stage, plain)
    except (NotFoundError, WorkflowError):
        return None
    verdict = new.verdict
    found = {one.difference.rule for one in judge(workflow, old.contract, new.contract) if one.is_breaking}
    if verdict is None:
        found.add(NO_VERDICT)
    elif not verdict.passed:
        found.add(FAILED_VERDICT)
    return found


def _before(opened: Opened, one: PinnedLine) -> Pin | None:
    """What a canary is compared with; else the pin before this one."""
    if one.block == CANARY_KEY:
        return opened.pins.stages[opened.pins.canary[one.component].stage].get(one.component)
    earlier = past_of(changes_of(opened, one.block, one.component)).earlier
    return earlier[0].pin if earlier else None
