"""What to know about the data before believing the rest: gaps, shares of the fallback, and the verdict's rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from machiya_viewer.records import Rule, Summary
from machiya_viewer.text import count, percent, plural


@dataclass(frozen=True)
class Fact:
    """A line of a table of facts: one value per result, or one for all. A ``gap`` is remarkable unless it is 0."""

    label: str
    values: tuple[str, ...]
    gap: bool = False


@dataclass(frozen=True)
class Notes:
    """Facts per result, facts about what they share, and remarks in words."""

    per_result: tuple[Fact, ...]
    shared: tuple[Fact, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The rules of a comparison. ``outcome`` is pass only if every rule passes; what is not known never passes."""

    outcome: str = "unknown"
    rules: tuple[Rule, ...] = ()
    absent: str = ""


def verdict(rules: Sequence[Rule] | None) -> Verdict | None:
    """The verdict as shown; None when there is none to show."""
    if rules is None:
        return None
    if not rules:
        return Verdict(absent="The verdict has no rules: nothing was decided.")
    outcomes = {rule.outcome for rule in rules}
    overall = "fail" if "fail" in outcomes else "pass" if outcomes == {"pass"} else "unknown"
    return Verdict(overall, tuple(rules))


def notes(summary: Summary, names: Sequence[str]) -> Notes:
    """The data notes of one or two results; ``names`` are what people call them."""
    return Notes(_per_result(summary), _shared(summary), tuple(_remarks(summary, names)))


def _per_result(summary: Summary) -> tuple[Fact, ...]:
    sides = summary.sides
    without_rows = summary.users_without_rows
    return (
        Fact("Users", tuple(count(side.users) for side in sides)),
        Fact("Recommendations", tuple(count(side.rows) for side in sides)),
        Fact("Different items", tuple(count(side.items) for side in sides)),
        Fact(
            "Share of the catalogue", tuple(percent(side.items - side.items_unknown, summary.items) for side in sides)
        ),
        Fact("Rows from the fallback", tuple(percent(side.fallback, side.rows) for side in sides)),
        Fact("Users without a history", tuple(count(side.users_without_history) for side in sides)),
        _gap("Users with a history, without rows", without_rows),
        _gap("Items without a title", [side.items_untitled for side in sides]),
        _gap("Items missing from the item table", [side.items_unknown for side in sides]),
    )


def _gap(label: str, values: Sequence[int]) -> Fact:
    return Fact(label, tuple(count(value) for value in values), gap=True)


def _shared(summary: Summary) -> tuple[Fact, ...]:
    times = [time.strftime("%Y-%m-%d") for time in (summary.first_time, summary.last_time) if time]
    facts = [
        Fact("Users with a history", (count(summary.users_with_history),)),
        Fact("Interactions", (" to ".join(times) or "n/a",)),
        Fact("Items in the item table", (count(summary.items),)),
        Fact("of these without a title", (percent(summary.items_untitled, summary.items),)),
    ]
    if len(summary.sides) > 1:
        facts.insert(0, Fact("Users in both results", (count(summary.users_in_all),)))
    return tuple(facts)


def _remarks(summary: Summary, names: Sequence[str]) -> list[str]:
    remarks = []
    for name, side, without in zip(names, summary.sides, summary.users_without_rows, strict=True):
        if without:
            remarks.append(f"{name}: {plural(without, 'user')} with a history got no recommendations.")
        if side.items_unknown:
            remarks.append(
                f"{name}: {plural(side.items_unknown, 'recommended item')} cannot be found in the item table; "
                "only the id is shown."
            )
        if side.items_untitled:
            remarks.append(f"{name}: {plural(side.items_untitled, 'recommended item')} without a title.")
        if side.fallback is None:
            remarks.append(f"{name}: the result does not say which rows come from the fallback.")
        if len(summary.sides) > 1 and side.users > summary.users_in_all:
            alone = side.users - summary.users_in_all
            remarks.append(f"{name}: {plural(alone, 'user')} only in this result; they are not compared.")
    return remarks
