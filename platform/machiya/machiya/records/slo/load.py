"""``slo.yaml`` beside the pins -> the objectives of each stage, or everything that is wrong with it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from machiya.dsl.findings import nearest
from machiya.records.slo.model import API_VERSION, SLO_FILE, Objectives, ServiceLevels, SloError
from machiya.records.slo.schedule import Schedule
from machiya_component.contract.parse import RawContract, parse_file
from machiya_component.findings import Finding

_EXAMPLES = {
    "finishedBy": 'finishedBy: "06:00"',
    "successRate": "successRate: {atLeast: 0.95, over: 30d}",
    "freshness": "freshness: 26h",
    "coverage": "coverage: {atLeast: 0.9}",
    "duration": "duration: {atMost: 2h}",
}
_EXAMPLE = f"Example: production: {{{_EXAMPLES['successRate']}}}"

ScheduleOf = Callable[[str], Schedule | None]
"""The schedule of the workflow at a stage; None where it has none. ``ValueError`` where it cannot be read."""


def load_slo(folder: Path, stages: Collection[str], schedule_of: ScheduleOf) -> ServiceLevels | None:
    """The objectives of the workflow in `folder`; None where it has none.

    Args:
        folder: the workflow's.
        stages: those of its pins; a promise about another would never be judged.
        schedule_of: by which it is decided whether `finishedBy` can be judged.

    Raises:
        SloError: the file is not valid; it has every finding.
    """
    file = folder / SLO_FILE
    if not file.is_file():
        return None
    raw = parse_file(file)
    findings = list(_findings(raw, stages, schedule_of))
    if findings:
        raise SloError(str(file), sorted(findings, key=lambda finding: finding.line or 0))
    return ServiceLevels({name: Objectives.model_validate(one) for name, one in raw.data.items() if name in stages})


def _findings(raw: RawContract, stages: Collection[str], schedule_of: ScheduleOf) -> Iterator[Finding]:
    yield from (replace(one, rule=one.rule.replace("contract.", "slo.")) for one in raw.findings)
    if raw.findings:
        return
    if not isinstance(raw.data, dict):
        yield _finding(raw, (), "slo.type", "a mapping is expected.", _EXAMPLE)
        return
    if raw.data.get("apiVersion") != API_VERSION:
        what = "is missing." if "apiVersion" not in raw.data else f"{raw.data['apiVersion']!r} is not known."
        yield _finding(raw, ("apiVersion",), "slo.version", what, f"Write apiVersion: {API_VERSION}")
    for stage in (name for name in raw.data if name != "apiVersion"):
        if stage not in stages:
            remedy = nearest(str(stage), list(stages), "Stages of pins.yaml")
            yield _finding(raw, (stage,), "slo.stage", f"no stage {stage!r} is pinned.", remedy)
        yield from _stage(raw, stage)
        if stage in stages:
            yield from _scheduled(raw, stage, schedule_of)


def _stage(raw: RawContract, stage: str) -> Iterator[Finding]:
    try:
        Objectives.model_validate(raw.data[stage])
    except ValidationError as error:
        yield from (_as_finding(raw, stage, details) for details in error.errors())


def _as_finding(raw: RawContract, stage: str, details: ErrorDetails) -> Finding:
    path = (stage, *details["loc"])
    unknown = details["type"] == "extra_forbidden"
    if unknown and len(path) == 2:
        remedy = nearest(str(path[-1]), list(_EXAMPLES), "Objectives")
    else:
        example = _EXAMPLES.get(str(path[1])) if len(path) > 1 else None
        remedy = f"Example: {example}" if example else _EXAMPLE
    rule = "slo.unknown-key" if unknown else "slo.value"
    return _finding(raw, path, rule, _sentence(details), remedy)


def _sentence(details: ErrorDetails) -> str:
    match details["type"]:
        case "extra_forbidden":
            return "there is no such objective." if len(details["loc"]) == 1 else "there is no such key."
        case "missing":
            return "is missing."
        case "string_pattern_mismatch":
            return f"{details['input']!r} is not of the form that is wanted here."
        case "model_type" | "string_type" | "float_type":
            return f"{details['input']!r} is not of the type that is wanted here."
        case _:
            return f"{details['msg'].removeprefix('Value error, ')}."


def _scheduled(raw: RawContract, stage: str, schedule_of: ScheduleOf) -> Iterator[Finding]:
    """A time of day is a promise about the runs that a schedule starts."""
    if not isinstance(raw.data[stage], dict) or raw.data[stage].get("finishedBy") is None:
        return
    try:
        schedule = schedule_of(stage)
    except ValueError as error:
        remedy = "Correct the schedule in workflow.py."
        yield _finding(raw, (stage, "finishedBy"), "slo.schedule", f"{error}.", remedy)
        return
    if schedule is None:
        remedy = 'Give the workflow a schedule ("0 3 * * *"), or promise freshness: 26h.'
        yield _finding(raw, (stage, "finishedBy"), "slo.schedule", "the workflow has no schedule.", remedy)


def _finding(raw: RawContract, path: tuple[Any, ...], rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, message, remedy, ".".join(map(str, path)), raw.file, raw.line_of(path) or 1)
