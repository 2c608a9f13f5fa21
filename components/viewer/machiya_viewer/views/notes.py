"""What to know about the data before believing the rest: how much there is, and what is remarkable about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.i18n import Message, Words, message, messages
from machiya_viewer.records import Summary
from machiya_viewer.text import MISSING, count, percent
from machiya_viewer.view.model import Check, Quality


@dataclass(frozen=True)
class Fact:
    """A line of a table of facts: one value per version, or one for all. A ``gap`` is remarkable unless it is 0."""

    label: Words
    values: tuple[str, ...]
    gap: bool = False


@dataclass(frozen=True)
class Notes:
    """Facts per version, facts about what they share, and remarks in words."""

    per_result: tuple[Fact, ...]
    shared: tuple[Fact, ...]
    remarks: tuple[Message, ...]


@dataclass(frozen=True)
class Finding:
    """A check of one version. ``level`` is good, remarkable, or unknown (nobody looked)."""

    count: str
    share: str
    level: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class CheckRow:
    """One check over all versions. ``kind`` says whose ids the examples are: user or item."""

    name: str
    label: Words
    meaning: Words
    kind: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class QualityView:
    """The page of quality: every check that there is, whether or not it found anything."""

    checks: tuple[CheckRow, ...]
    coverage: tuple[CheckRow, ...]
    order: tuple[Words, ...]

    @property
    def remarkable(self) -> int:
        """How many checks found something, in any version."""
        rows = (*self.checks, *self.coverage)
        return sum(any(finding.level == "remarkable" for finding in row.findings) for row in rows)

    @property
    def unknown(self) -> int:
        """How many checks nobody made for at least one version."""
        rows = (*self.checks, *self.coverage)
        return sum(any(finding.level == "unknown" for finding in row.findings) for row in rows)


_Look = Callable[[Quality], Check]
# Name, what people call it, what it means, whose ids its examples are, where it stands.
_CHECKS: Sequence[tuple[str, Words, Words, str, _Look]] = (
    (
        "duplicates",
        message("Duplicate rows"),
        message("rows that repeat a user and an item"),
        "user",
        lambda quality: quality.duplicates,
    ),
    (
        "rank_gaps",
        message("Rank gaps"),
        message("users whose ranks are not 1, 2, 3, ..."),
        "user",
        lambda quality: quality.rank_gaps,
    ),
    (
        "nan_scores",
        message("Scores that are NaN"),
        message("rows whose score is not a number"),
        "user",
        lambda quality: quality.nan_scores,
    ),
    (
        "users_without_rows",
        message("Users without rows"),
        message("users with a history who get no recommendations"),
        "user",
        lambda quality: quality.users_without_rows,
    ),
    (
        "users_without_history",
        message("Users without a history"),
        message("users who get recommendations though nothing is known about them"),
        "user",
        lambda quality: quality.users_without_history,
    ),
    (
        "unknown_items",
        message("Items missing from the item table"),
        message("rows whose item the item table lacks"),
        "item",
        lambda quality: quality.unknown_items,
    ),
    (
        "untitled_items",
        message("Items without a title"),
        message("different items that are recommended without a title"),
        "item",
        lambda quality: quality.untitled_items,
    ),
)
_COVERAGE: Sequence[tuple[str, Words, Words, str, _Look]] = (
    (
        "titled_rows",
        message("Rows with a title"),
        message("rows whose item has a title in the item table"),
        "item",
        lambda quality: quality.titled_rows,
    ),
    (
        "users_with_history",
        message("Users with a history"),
        message("users with recommendations who are in the interactions"),
        "user",
        lambda quality: quality.users_with_history,
    ),
)
# Checks that a recommender cannot explain: what they find is a fault of the data.
FAULTS = ("duplicates", "rank_gaps", "nan_scores")
_ORDERS: Mapping[bool | None, Words] = {
    True: message("sorted by user in small row groups: pages read little"),
    False: message("not sorted by user in small row groups: it had to be sorted first, which takes the step longer"),
    None: MISSING,
}


def quality_view(quality: Sequence[Quality]) -> QualityView:
    """All checks of one or two versions."""
    return QualityView(
        checks=tuple(_check(quality, *check, complete=False) for check in _CHECKS),
        coverage=tuple(_check(quality, *check, complete=True) for check in _COVERAGE),
        order=tuple(_ORDERS[one.sorted_source] for one in quality),
    )


def _check(
    quality: Sequence[Quality], name: str, label: Words, meaning: Words, kind: str, look: _Look, *, complete: bool
) -> CheckRow:
    return CheckRow(name, label, meaning, kind, tuple(_finding(look(one), complete) for one in quality))


def _finding(check: Check, complete: bool) -> Finding:
    """``complete`` checks are good when they count everything, the others when they count nothing."""
    if check.count is None:
        return Finding(MISSING, MISSING, "unknown", ())
    if complete and check.of is None:
        return Finding(count(check.count), MISSING, "unknown", check.examples)
    good = check.count == (check.of if complete else 0)
    return Finding(count(check.count), percent(check.count, check.of), "good" if good else "remarkable", check.examples)


def notes(summary: Summary, names: Sequence[str]) -> Notes:
    """The data notes of one or two versions; ``names`` are what people call them."""
    return Notes(_per_result(summary), _shared(summary), tuple(_remarks(summary, names)))


def _per_result(summary: Summary) -> tuple[Fact, ...]:
    sides = summary.sides
    shares = tuple(percent(side.items - side.items_unknown, summary.items) for side in sides)
    return (
        Fact(message("Users"), tuple(count(side.users) for side in sides)),
        Fact(message("Recommendations"), tuple(count(side.rows) for side in sides)),
        Fact(message("Different items"), tuple(count(side.items) for side in sides)),
        Fact(message("Share of the catalogue"), shares),
        Fact(message("Rows from the fallback"), tuple(percent(side.fallback, side.rows) for side in sides)),
        Fact(message("Users without a history"), tuple(count(side.users_without_history) for side in sides)),
        _gap(message("Users with a history, without rows"), summary.users_without_rows),
        _gap(message("Items without a title"), [side.items_untitled for side in sides]),
        _gap(message("Items missing from the item table"), [side.items_unknown for side in sides]),
    )


def _gap(label: Words, values: Sequence[int]) -> Fact:
    return Fact(label, tuple(count(value) for value in values), gap=True)


def _shared(summary: Summary) -> tuple[Fact, ...]:
    first, last = (time and time.strftime("%Y-%m-%d") for time in (summary.first_time, summary.last_time))
    facts = [
        Fact(message("Users with a history"), (count(summary.users_with_history),)),
        Fact(message("First interaction"), (first or MISSING,)),
        Fact(message("Last interaction"), (last or MISSING,)),
        Fact(message("Items in the item table"), (count(summary.items),)),
        Fact(message("of these without a title"), (percent(summary.items_untitled, summary.items),)),
    ]
    if len(summary.sides) > 1:
        facts.insert(0, Fact(message("Users in both versions"), (count(summary.users_in_all),)))
    return tuple(facts)


def _remarks(summary: Summary, names: Sequence[str]) -> list[Message]:
    remarks = []
    for name, side, without in zip(names, summary.sides, summary.users_without_rows, strict=True):
        if without:
            remarks.append(
                messages(
                    "%(name)s: one user with a history got no recommendations.",
                    "%(name)s: %(count)s users with a history got no recommendations.",
                    without,
                    name=name,
                )
            )
        if side.items_unknown:
            remarks.append(
                messages(
                    "%(name)s: one recommended item cannot be found in the item table; only the id is shown.",
                    "%(name)s: %(count)s recommended items cannot be found in the item table; only the id is shown.",
                    side.items_unknown,
                    name=name,
                )
            )
        if side.items_untitled:
            remarks.append(
                messages(
                    "%(name)s: one recommended item without a title.",
                    "%(name)s: %(count)s recommended items without a title.",
                    side.items_untitled,
                    name=name,
                )
            )
        if side.fallback is None:
            remarks.append(message("%(name)s: the version does not say which rows come from the fallback.", name=name))
        if len(summary.sides) > 1 and side.users > summary.users_in_all:
            remarks.append(
                messages(
                    "%(name)s: one user only in this version, who is not compared.",
                    "%(name)s: %(count)s users only in this version, who are not compared.",
                    side.users - summary.users_in_all,
                    name=name,
                )
            )
    return remarks
