"""CronWorkflows: when they run."""

import re
import zoneinfo
from collections.abc import Iterator

from machiya.manifest.grammar.durations import go_duration
from machiya.manifest.grammar.expressions import ExpressionError, parse
from machiya.manifest.grammar.tags import without_tags
from machiya.manifest.lint.manifests import Manifest
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya_component.findings import Finding

_POLICIES = ("Allow", "Forbid", "Replace")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_ZONE = re.compile(r"(CRON_)?TZ=(\S+)\s+")


def check_cron(manifest: Manifest) -> Iterator[Finding]:
    """Schedules, time zone and policies of a CronWorkflow."""
    if manifest.kind != "CronWorkflow":
        return
    spec = manifest.root.get("spec")
    yield from _check_schedules(spec)
    yield from _check_zone(spec.get("timezone"), spec.get("timezone").text)
    yield from _check_policies(spec)
    for expression in (spec.get("when"), spec.get("stopStrategy", "expression")):
        text = without_tags(expression.text, "1")
        if text:
            try:
                parse(text)
            except ExpressionError as error:
                message = f"not an expression: {error.message}, at character {error.position + 1}"
                yield expression.finding(Rule.EXPRESSION, message, "As in cronworkflow.failed >= 3.")


def _check_schedules(spec: Node) -> Iterator[Finding]:
    schedules = spec.get("schedules")
    if not schedules.elements:
        message = "cron workflow must have at least one schedule"
        yield spec.finding(Rule.CRON_SCHEDULE, message, 'Add `schedules: ["0 2 * * *"]`.')
    for schedule in schedules.elements:
        text = schedule.text
        if zone := _ZONE.match(text):
            yield from _check_zone(schedule, zone[2])
            text = text[zone.end() :]
        if problem := schedule_problem(text):
            message = f"cron schedule {schedule.text} is malformed: {problem}"
            remedy = "Minute, hour, day of the month, month, day of the week: 30 2 * * 1-5 is 2:30 on weekdays."
            yield schedule.finding(Rule.CRON_SCHEDULE, message, remedy)


def schedule_problem(text: str) -> str:
    """Why `text` is no cron schedule; nothing if it is one."""
    if text.startswith("@"):
        every = text.startswith("@every ") and go_duration(text.removeprefix("@every ")) is not None
        return "" if every or text in _DESCRIPTORS else f"unrecognized descriptor: {text}"
    parts = text.split()
    if len(parts) != len(_FIELDS):
        return f"expected exactly {len(_FIELDS)} fields, found {len(parts)}"
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        for piece in part.split(","):
            if problem := _piece_problem(piece.lower(), low, high, words):
                return f"{name}: {problem}"
    return ""


def _piece_problem(piece: str, low: int, high: int, words: tuple[str, ...]) -> str:
    span, _, step = piece.partition("/")
    if "/" in piece and not (step.isdigit() and int(step) > 0):
        return f"the step in {piece} is not a positive number"
    if span in ("*", "?"):
        return ""
    bounds: list[int] = []
    for text in span.split("-"):
        if text in words:
            bounds.append(words.index(text) + low)
        elif text.isdigit():
            bounds.append(int(text))
        else:
            return f"{text or piece!r} is not a number"
    if len(bounds) > 2:
        return f"too many hyphens: {piece}"
    if not all(low <= bound <= high for bound in bounds):
        return f"{span} is not within {low} to {high}"
    return f"the beginning of {span} is beyond its end" if bounds[0] > bounds[-1] else ""


def _check_zone(place: Node, name: str) -> Iterator[Finding]:
    """Time zones are looked up in the system's database; where there is none, any is taken."""
    known = zoneinfo.available_timezones()
    if name and known and name not in known and name != "Local":
        message = f'invalid timezone "{name}": unknown time zone'
        yield place.finding(Rule.CRON_TIMEZONE, message, "Use a name of the tz database, such as Europe/Berlin or UTC.")


def _check_policies(spec: Node) -> Iterator[Finding]:
    policy, deadline = spec.get("concurrencyPolicy"), spec.get("startingDeadlineSeconds")
    if policy.text and policy.text not in _POLICIES:
        message = f"'{policy.text}' is not a valid concurrencyPolicy"
        yield policy.finding(Rule.CRON_POLICY, message, f"One of: {', '.join(_POLICIES)}.")
    if deadline.text.startswith("-"):
        message = "startingDeadlineSeconds must be positive"
        yield deadline.finding(Rule.CRON_POLICY, message, "For example 60.")
