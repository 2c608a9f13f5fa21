"""The few numbers that stand on top of a page."""

from dataclasses import dataclass

from machiya_viewer.i18n import Words, message, messages
from machiya_viewer.records import Summary
from machiya_viewer.text import MISSING, count, number, percent, signed
from machiya_viewer.views.gate import OUTCOMES, PASS, Gate
from machiya_viewer.views.metrics import Metrics
from machiya_viewer.views.users import Changes


@dataclass(frozen=True)
class Tile:
    """One number: what it is, its value, a line below, and a tone (a class of the style sheet, or empty)."""

    label: Words
    value: Words
    detail: Words
    tone: str = ""


def tiles(summary: Summary, metrics: Metrics, changes: Changes, gate: Gate | None) -> tuple[Tile, ...]:
    """What to see first: verdict, main metric, change of the lists, size, share of the fallback."""
    chosen = [_quality(metrics)] if metrics.headline else []
    if gate is not None:
        chosen.insert(0, _verdict(gate))
    if len(summary.sides) > 1:
        chosen += [_overlap(changes), _compared(changes)]
    else:
        chosen.append(_size(summary))
    return (*chosen, _fallback(summary))


def _verdict(gate: Gate) -> Tile:
    passed = sum(rule.outcome == PASS for rule in gate.rules)
    detail = messages(
        "%(passed)s of one rule passes", "%(passed)s of %(count)s rules pass", len(gate.rules), passed=passed
    )
    return Tile(message("Gate"), OUTCOMES[gate.outcome], detail, gate.outcome)


def _quality(metrics: Metrics) -> Tile:
    row = metrics.headline
    assert row is not None
    if len(row.estimates) == 1:
        one = row.estimates[0]
        detail = message("interval %(low)s to %(high)s", low=number(one.low), high=number(one.high))
        return Tile(row.label, number(one.value), detail)
    base, candidate = (number(one.value) for one in row.estimates)
    label = message("%(metric)s, change", metric=row.label)
    detail = message("from %(base)s to %(candidate)s", base=base, candidate=candidate)
    return Tile(label, signed(row.difference.value), detail, row.reading)


def _overlap(changes: Changes) -> Tile:
    label = message("Mean overlap of the lists")
    if not changes.total:
        return Tile(label, MISSING, message("no user is in both versions"))
    detail = messages("of one user in both", "of %(count)s users in both", changes.total)
    return Tile(label, number(changes.mean_overlap, 2), detail)


def _compared(changes: Changes) -> Tile:
    label = message("Users who get other items")
    if not changes.total:
        return Tile(label, MISSING, message("no user is in both versions"))
    changed = changes.total - changes.unchanged
    return Tile(
        label, percent(changed, changes.total), messages("one changed user", "%(count)s changed users", changed)
    )


def _size(summary: Summary) -> Tile:
    side = summary.sides[0]
    detail = messages("one recommendation", "%(count)s recommendations", side.rows)
    return Tile(message("Users"), count(side.users), detail)


def _fallback(summary: Summary) -> Tile:
    side = summary.sides[-1]
    detail = messages("one user without a history", "%(count)s users without a history", side.users_without_history)
    return Tile(message("Rows from the fallback"), percent(side.fallback, side.rows), detail)
