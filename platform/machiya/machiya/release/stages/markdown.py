"""A decision as the text of a pull request: one page that a mentor can decide from."""

from collections.abc import Iterator

from machiya.release.stages.assess import Assessment
from machiya.release.stages.decision import Decision


def markdown_of(decision: Decision) -> str:
    """The page."""
    lines = [f"# {decision.summary}", ""]
    for assessment in decision.assessments:
        lines += _assessment(assessment)
    lines += [f"- {_cell(note)}" for note in decision.notes]
    lines += ["", "## Files", ""]
    lines += [f"- `{edit.path}`: {edit.what}" for edit in decision.changed] or ["- nothing changes"]
    return "\n".join([*lines, "", *_how_to_undo(decision), ""])


def _assessment(assessment: Assessment) -> Iterator[str]:
    candidate = assessment.candidate
    before = f"`{assessment.before}`" if assessment.before else "not pinned"
    yield from (f"## {assessment.title}", "", "| | |", "|---|---|")
    yield f"| before | {before} |"
    yield f"| after | `{candidate.pin}` |"
    yield f"| commit | `{candidate.commit or 'not known'}` |"
    yield f"| conformance of this digest | {candidate.verdict.text if candidate.verdict else '**not stated**'} |"
    yield f"| contract | {contract_line(assessment)} |"
    yield ""
    yield from _contract(assessment)


def contract_line(assessment: Assessment) -> str:
    """The judgements in one line."""
    count = len(assessment.judgements)
    if assessment.before is None:
        return "new at this stage: nothing to compare it with"
    if not count:
        return "no difference"
    breaking, notes = (len(assessment.of_verdict(verdict)) for verdict in ("breaking", "note"))
    parts = [f"{breaking} breaking and waived" if breaking else "none breaking here"]
    parts += [f"{notes} to note"] if notes else []
    return f"{count} difference{'s' if count > 1 else ''}: {', '.join(parts)}"


def _contract(assessment: Assessment) -> Iterator[str]:
    if assessment.judgements:
        yield from ("| rule | where | what differs | here |", "|---|---|---|---|")
    order = {"breaking": 0, "note": 1, "harmless": 2}
    for one in sorted(assessment.judgements, key=lambda judgement: order[judgement.verdict]):
        difference = one.difference
        here = f"{one.verdict}: {one.reason}"
        yield f"| `{difference.rule}` | `{difference.place}` | {_cell(difference.message)} | {_cell(here)} |"
    if assessment.judgements:
        yield ""
    for waiver in assessment.waived:
        yield f"- **waived** `{waiver.rule}` by {_cell(waiver.who)}: {_cell(waiver.why)}"


def _how_to_undo(decision: Decision) -> Iterator[str]:
    name = decision.folder.resolve().name
    yield from ("## How to decide", "")
    for one in decision.assessments:
        version = one.candidate.pin.version
        yield f"- What it does to results and cost: `machiya diff {name} {one.component} {version} --stage {one.stage}`"
    yield "- To undo it: `git revert` of this commit; `machiya rollback` tells what will be computed again."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
