"""The report against the thresholds: each check says go, look or no-go; the worst of them is the verdict.

What a threshold needs and is not known counts as look, whichever part of the gate asks for it: never as go.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from machiya.release.diff.gate import (
    ContractThresholds,
    CostThresholds,
    Gate,
    ResultThresholds,
    SupplyThresholds,
    Thresholds,
)
from machiya.release.diff.model import Check, MetricChange, Outcome, ResultChange, StepCost, Supply
from machiya.release.usage import Judgement

_ORDER: tuple[Outcome, ...] = ("no-go", "look", "go")
_MB = 1_000_000


@dataclass(frozen=True)
class Facts:
    """What is judged. ``failed``: why the candidate's run came to no good end, or could not begin; empty if it did."""

    contract: Sequence[Judgement]
    results: Sequence[ResultChange]
    cost: Sequence[StepCost]
    supply: Supply
    failed: str = ""


def judge(gate: Gate, facts: Facts) -> tuple[Outcome, tuple[Check, ...]]:
    """The verdict, and every check that it is made of."""
    checks = tuple(_checks(gate, facts))
    outcomes = {check.outcome for check in checks} or {"look"}
    return next(outcome for outcome in _ORDER if outcome in outcomes), checks


def _checks(gate: Gate, facts: Facts) -> Iterator[Check]:
    if facts.failed:
        yield Check("run", "no-go", f"the workflow does not run with it: {facts.failed}")
    elif not facts.results:
        yield Check("results", "look", "the workflow declares no result that could be compared")
    parts: tuple[tuple[Outcome, Thresholds], ...] = (("no-go", gate.no_go), ("look", gate.look))
    for broken, thresholds in parts:
        yield from _contract(thresholds.contract, facts.contract, broken)
        if not facts.failed:
            for result in facts.results:
                yield from _results(thresholds.results, result, broken)
            yield from _cost(thresholds.cost, facts.cost, broken)
        yield from _supply(thresholds.supply, facts.supply, broken)


def _contract(thresholds: ContractThresholds, judgements: Sequence[Judgement], broken: Outcome) -> Iterator[Check]:
    for rule, verdict, most in (
        ("max_breaking", "breaking", thresholds.max_breaking),
        ("max_notes", "note", thresholds.max_notes),
    ):
        if most is not None:
            found = [judgement for judgement in judgements if judgement.verdict == verdict]
            names = ", ".join(dict.fromkeys(judgement.difference.rule for judgement in found))
            what = {"breaking": "breaking differences of the contract", "note": "differences that people should know"}
            text = f"{len(found)} {what[verdict]}{f' ({names})' if names else ''}, {most} allowed"
            yield Check(f"contract.{rule}", "go" if len(found) <= most else broken, text, most, len(found))


_Bound = tuple[str, str, float | None, Callable[[float, float], bool], str]


def _results(thresholds: ResultThresholds, result: ResultChange, broken: Outcome) -> Iterator[Check]:
    at_least, at_most = float.__ge__, float.__le__
    bounds: tuple[_Bound, ...] = (
        ("min_overlap", "overlap", thresholds.min_overlap, at_least, f"overlap of the first {result.k}"),
        ("min_rbo", "rbo", thresholds.min_rbo, at_least, "rank-biased overlap"),
        ("max_changed_users", "changed_share", thresholds.max_changed_users, at_most, "share of users who change"),
        (
            "max_lost_users",
            "lost_users_share",
            thresholds.max_lost_users,
            at_most,
            "share of users who lose their list",
        ),
        ("max_left_items", "left_items_share", thresholds.max_left_items, at_most, "share of items not shown any more"),
    )
    for rule, name, threshold, holds, what in bounds:
        if threshold is None:
            continue
        value = result.statistic(name)
        side = "at least" if holds is at_least else "at most"
        if value is None:
            text = f"{result.name}: {what} is not known: {result.note or 'no users'}"
            yield Check(f"results.{rule}", "look", text, threshold, None, result.name)
        else:
            outcome: Outcome = "go" if holds(float(value), float(threshold)) else broken
            text = f"{result.name}: {what} is {value:.3g}, {side} {threshold:g} wanted"
            yield Check(f"results.{rule}", outcome, text, threshold, value, result.name)
    for name, metric in thresholds.metrics.items():
        yield _metric(name, metric.min_difference, result, broken)


def _metric(name: str, least: float, result: ResultChange, broken: Outcome) -> Check:
    outcome, text, observed = _change(name, least, result, broken)
    return Check(f"results.metrics.{name}", outcome, f"{result.name}: {text}", least, observed, result.name)


def _change(name: str, least: float, result: ResultChange, broken: Outcome) -> tuple[Outcome, str, float | None]:
    """The whole interval must be above the threshold for go, and below it for the other; in between is not certain."""
    if result.same:
        return "go", f"{name} does not change", 0.0
    found = next((one for one in result.metrics if (one.name, one.segment) == (name, "all")), None)
    if found is None or found.difference is None:
        why = result.note or "the evaluation component does not tell it"
        return "look", f"the change of {name} is not known: {why}", None
    text = f"{name} changes by {found.difference:+.4f}{_interval(found)}, at least {least:+g} wanted"
    if found.low is None or found.high is None:
        return "look", f"{text}; without an interval that is not certain", found.difference
    if found.low < least <= found.high:
        return "look", f"{text}: not certain", found.difference
    return "go" if found.low >= least else broken, text, found.difference


def _interval(change: MetricChange) -> str:
    return "" if change.low is None or change.high is None else f" ({change.low:+.4f} to {change.high:+.4f})"


def _cost(thresholds: CostThresholds, costs: Sequence[StepCost], broken: Outcome) -> Iterator[Check]:
    seconds, memory = thresholds.min_seconds, thresholds.min_memory_mb * _MB
    for rule, name, most, floor, what in (
        ("max_duration_ratio", "seconds", thresholds.max_duration_ratio, seconds, "time"),
        ("max_cpu_ratio", "cpu_seconds", thresholds.max_cpu_ratio, seconds, "processor time"),
        ("max_memory_ratio", "peak_memory", thresholds.max_memory_ratio, memory, "peak memory"),
        ("max_output_ratio", "output_size", thresholds.max_output_ratio, memory, "size of its outputs"),
    ):
        if most is None:
            continue
        judged = [one for one in costs if not one.same]
        unknown = [one.step for one in judged if one.before and one.after and not _known(one, name)]
        if unknown:
            text = f"the {what} of {', '.join(unknown)} is not known on both sides"
            yield Check(f"cost.{rule}", "look", text, most)
        ratios = {one.step: one.ratio(name) for one in judged if _counts(one, name, floor)}
        found = {step: ratio for step, ratio in ratios.items() if ratio is not None}
        over = {step: ratio for step, ratio in found.items() if ratio > most}
        worst = max(found.items(), key=lambda pair: pair[1], default=None)
        observed = worst[1] if worst else None
        if over:
            listed = ", ".join(f"{step} {ratio:.2f}" for step, ratio in over.items())
            text = f"{what}, after by before: {listed}; at most {most:g} wanted"
            yield Check(f"cost.{rule}", broken, text, most, observed)
        elif not unknown:
            shown = f"at most {worst[1]:.2f} ({worst[0]})" if worst else "no step that differs is large enough to judge"
            text = f"{what}, after by before: {shown}; at most {most:g} wanted"
            yield Check(f"cost.{rule}", "go", text, most, observed)


def _known(cost: StepCost, name: str) -> bool:
    return all(getattr(usage, name) is not None for usage in (cost.before, cost.after) if usage is not None)


def _counts(cost: StepCost, name: str, floor: float) -> bool:
    """Whether a step is there on both sides, and so large that a ratio says something."""
    if cost.before is None or cost.after is None or not _known(cost, name):
        return False
    larger: float = max(getattr(cost.before, name), getattr(cost.after, name))
    return larger >= floor


def _supply(thresholds: SupplyThresholds, supply: Supply, broken: Outcome) -> Iterator[Check]:
    if thresholds.conformance == "required":
        if supply.conforms is None:
            why = next((note for note in supply.notes if note.startswith("conformance")), "conformance: not known")
            yield Check("supply.conformance", "look", why.removeprefix("conformance: "), 1)
        else:
            outcome: Outcome = "go" if supply.conforms else broken
            yield Check("supply.conformance", outcome, supply.conformance or "", 1, int(supply.conforms))
    most = thresholds.max_new_packages
    if most is not None:
        if supply.new_packages is None:
            why = next((note for note in supply.notes if note.startswith("packages")), "packages: not known")
            yield Check("supply.max_new_packages", "look", why.removeprefix("packages: "), most)
        else:
            number = len(supply.new_packages)
            text = f"{number} new packages, {most} allowed"
            yield Check("supply.max_new_packages", "go" if number <= most else broken, text, most, number)
