"""The gate: what a mentor needs to decide whether a version is used. What is not known never passes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from machiya_viewer.charts import Estimate
from machiya_viewer.i18n import Message, Words, message, messages
from machiya_viewer.records import MetricChange, Rule
from machiya_viewer.text import is_number
from machiya_viewer.views.metrics import EVERYBODY, Metrics, Row
from machiya_viewer.views.notes import FAULTS, QualityView

PASS, WARN, FAIL, UNKNOWN = "pass", "warn", "fail", "unknown"

OUTCOMES: Mapping[str, Words] = {
    PASS: message("PASS"),
    WARN: message("WARN"),
    FAIL: message("FAIL"),
    UNKNOWN: message("NOT ENOUGH DATA"),
}
# Rule -> what it limits, and where to look: a page, and how users are sorted there.
_RULES: Mapping[str, tuple[Words, str, str]] = {
    "min_overlap": (message("mean overlap of the lists"), "users", "overlap"),
    "min_rbo": (message("mean rank-biased overlap of the lists"), "users", "rbo"),
    "min_kendall_tau": (message("mean Kendall tau of the shared items"), "users", "kendall_tau"),
    "max_changed_share": (message("share of users who get other items"), "users", "entered"),
    "max_lost_users_share": (message("share of users who get nothing any more"), "quality", ""),
    "max_left_items_share": (message("share of items that nobody gets any more"), "overview", ""),
}


@dataclass(frozen=True)
class RuleView:
    """One rule: its limit, what was observed (with an interval where there is one), and where the evidence is.

    ``meaning`` of a rule that has no words here is what the verdict says of it: untrusted. ``at_least`` tells a lower
    limit from an upper one; None where the rule's name does not say. ``page`` is empty where no page has the evidence.
    """

    rule: str
    meaning: Words
    at_least: bool | None
    threshold: float | None
    observed: Estimate
    outcome: str
    page: str
    sort: str


@dataclass(frozen=True)
class Warned:
    """Something to look at before saying yes, and the page to look at."""

    words: Message
    page: str


@dataclass(frozen=True)
class Gate:
    """Go or no-go. ``outcome`` is one of ``OUTCOMES``; ``reason`` says in a sentence why; ``metrics`` are evidence."""

    outcome: str
    reason: Message
    rules: tuple[RuleView, ...] = ()
    warnings: tuple[Warned, ...] = ()
    metrics: tuple[Row, ...] = ()


def gate(
    rules: Sequence[Rule] | None,
    metrics: Metrics,
    changes: Sequence[MetricChange] | None = None,
    quality: QualityView | None = None,
    stale: bool = False,
) -> Gate:
    """Judge by the rules, and warn of what no rule looked at: worse metrics, faults of the data, old data."""
    views = tuple(_rule(rule, changes or ()) for rule in rules or ())
    warnings = tuple(_warnings(views, metrics, quality, stale))
    outcome = _overall([view.outcome for view in views], warnings)
    return Gate(outcome, _reason(outcome, views), views, warnings, metrics.first)


def _overall(outcomes: Sequence[str], warnings: Sequence[Warned]) -> str:
    if FAIL in outcomes:
        return FAIL
    if not outcomes or UNKNOWN in outcomes:
        return UNKNOWN
    return WARN if warnings else PASS


def _reason(outcome: str, rules: Sequence[RuleView]) -> Message:
    failed = sum(rule.outcome == FAIL for rule in rules)
    unknown = sum(rule.outcome == UNKNOWN for rule in rules)
    warned = sum(rule.outcome == WARN for rule in rules)
    if not rules:
        return message("No rule was given, so nothing was decided.")
    if outcome == FAIL:
        return messages("One rule fails.", "%(count)s rules fail.", failed)
    if outcome == UNKNOWN:
        return messages(
            "No rule fails, and one could not be judged: there is not enough data.",
            "No rule fails, and %(count)s could not be judged: there is not enough data.",
            unknown,
        )
    if warned:
        return messages(
            "No rule fails, and one asks for a look.", "No rule fails, and %(count)s ask for a look.", warned
        )
    if outcome == WARN:
        return message("Every rule passes, and there is something to look at first.")
    return message("Every rule passes.")


def _rule(rule: Rule, changes: Sequence[MetricChange]) -> RuleView:
    """What a rule is about stands before its name, as in ``cost.max_memory_ratio``, where it is not about the lists."""
    subject, _, name = rule.rule.rpartition(".")
    limit, _, about = name.partition("_")
    at_least = {"min": True, "max": False}.get(limit)
    meaning, page, sort = _RULES.get(rule.rule, (rule.text or "", "" if subject else "overview", ""))
    observed = _observed(rule, about, changes)
    outcome = _outcome(rule, observed, at_least)
    return RuleView(rule.rule, meaning, at_least, rule.threshold, observed, outcome, page, sort)


def _observed(rule: Rule, about: str, changes: Sequence[MetricChange]) -> Estimate:
    """The interval is that of the change which the rule is about and whose value it observed."""
    for change in changes:
        if about in _names(change) and change.segment == EVERYBODY and change.difference == rule.observed:
            return Estimate(rule.observed, change.low, change.high)
    return Estimate(rule.observed)


def _names(change: MetricChange) -> Iterator[str]:
    """What rules call it: ``ndcg``, ``ndcg_change``, ``ndcg@10_difference``."""
    for metric in (change.metric, f"{change.metric}@{change.k}"):
        yield from (metric, f"{metric}_change", f"{metric}_difference")


def _outcome(rule: Rule, observed: Estimate, at_least: bool | None) -> str:
    """As it was judged; what passed is a warning where its interval reaches beyond the limit."""
    if rule.outcome == FAIL:
        return FAIL
    if rule.outcome not in (PASS, WARN) or not is_number(observed.value):
        return UNKNOWN
    reached = observed.low if at_least else observed.high
    return WARN if _beyond(reached, rule.threshold, at_least) else rule.outcome


def _beyond(value: float | None, limit: float | None, at_least: bool | None) -> bool:
    """Whether a value is on the wrong side of a limit; the limit itself is not."""
    if value is None or limit is None or at_least is None:
        return False
    return value < limit if at_least else value > limit


def _warnings(rules: Sequence[RuleView], metrics: Metrics, quality: QualityView | None, stale: bool) -> list[Warned]:
    said = [Warned(_why(rule), rule.page) for rule in rules if rule.outcome == WARN]
    said += [
        Warned(message("%(metric)s is worse than in the base.", metric=row.label), "overview")
        for row in metrics.first
        if row.reading == "worse"
    ]
    if metrics.absent is not None:
        said.append(Warned(message("There is no ground truth: nothing is known about quality."), "overview"))
    for check in quality.checks if quality is not None else ():
        if check.name in FAULTS and check.findings[-1].level == "remarkable":
            said.append(Warned(message("The data has a fault: %(check)s.", check=check.label), "quality"))
    if stale:
        said.append(Warned(message("The data is old."), "overview"))
    return said


def _why(rule: RuleView) -> Message:
    """Why a rule that does not fail is to be looked at."""
    if _beyond(rule.observed.value, rule.threshold, rule.at_least):
        return message("%(rule)s is beyond its limit.", rule=rule.rule)
    if _beyond(rule.observed.low if rule.at_least else rule.observed.high, rule.threshold, rule.at_least):
        return message("%(rule)s passes, but its interval reaches beyond the limit.", rule=rule.rule)
    return message("%(rule)s asks for a look.", rule=rule.rule)
