"""The few numbers that stand on top of a page."""

from dataclasses import dataclass

from machiya_viewer.records import Summary
from machiya_viewer.text import MISSING, count, interval, number, percent, plural, signed
from machiya_viewer.views.metrics import Metrics
from machiya_viewer.views.notes import Verdict
from machiya_viewer.views.users import Changes

_OUTCOMES = {"pass": "PASS", "fail": "FAIL"}


@dataclass(frozen=True)
class Tile:
    """One number: what it is, its value, a line below, and a tone (a class of the style sheet, or empty)."""

    label: str
    value: str
    detail: str
    tone: str = ""


def tiles(summary: Summary, metrics: Metrics, changes: Changes, verdict: Verdict | None) -> tuple[Tile, ...]:
    """What to see first: verdict, main metric, change of the lists, size, share of the fallback."""
    chosen = [_quality(metrics)] if metrics.headline else []
    if verdict is not None:
        chosen.insert(0, _verdict(verdict))
    if len(summary.sides) > 1:
        chosen += [_overlap(changes), _compared(changes)]
    else:
        chosen.append(_size(summary))
    return (*chosen, _fallback(summary))


def _verdict(verdict: Verdict) -> Tile:
    passed = sum(rule.outcome == "pass" for rule in verdict.rules)
    value = _OUTCOMES.get(verdict.outcome, "NOT ENOUGH DATA")
    return Tile("Verdict", value, f"{passed} of {plural(len(verdict.rules), 'rule')} pass", verdict.outcome)


def _quality(metrics: Metrics) -> Tile:
    row = metrics.headline
    assert row is not None
    if len(row.estimates) == 1:
        one = row.estimates[0]
        return Tile(row.label, number(one.value), f"interval {interval(one.low, one.high)}")
    values = " to ".join(number(one.value) for one in row.estimates)
    reading = f" ({row.reading})" if row.reading else ""
    return Tile(f"{row.label}, change", signed(row.difference), f"from {values}{reading}", row.reading)


def _overlap(changes: Changes) -> Tile:
    detail = f"of {plural(changes.total, 'user')} in both" if changes.total else "no user is in both results"
    return Tile("Mean overlap of the lists", number(changes.mean_overlap, 2), detail)


def _compared(changes: Changes) -> Tile:
    if not changes.total:
        return Tile("Users who get other items", MISSING, "no user is in both results")
    changed = changes.total - changes.unchanged
    return Tile("Users who get other items", percent(changed, changes.total), plural(changed, "user"))


def _size(summary: Summary) -> Tile:
    side = summary.sides[0]
    return Tile("Users", count(side.users), plural(side.rows, "recommendation"))


def _fallback(summary: Summary) -> Tile:
    side = summary.sides[-1]
    detail = f"{plural(side.users_without_history, 'user')} without a history"
    return Tile("Rows from the fallback", percent(side.fallback, side.rows), detail)
