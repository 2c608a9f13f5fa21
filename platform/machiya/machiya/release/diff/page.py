"""The report as one page: headings, sentences, tables and lists."""

from collections.abc import Iterator, Sequence

from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.release.diff.blocks import Block, Bullets, Heading, Strong, Table, Text, Verdict
from machiya.release.diff.model import DiffReport, Outcome, ResultChange, RunSide, StepCost, View

_MOST = 12
"""Lines of a list that are shown; the others are counted."""
_ENTRY_LINES = 12
_PAIRED = ", with the interval of the mean difference of each user's two lists; bold is certain"

MEANINGS: dict[Outcome, str] = {
    "go": "every threshold holds",
    "look": "something is not certain, not known, or over a threshold that asks for somebody's eyes",
    "no-go": "a threshold that says no is broken",
}


def page(report: DiffReport) -> list[Block]:
    """The whole report, in the order of a mentor's questions: may I, what breaks, who sees what, the cost, whence."""
    return [
        Heading(
            f"{report.workflow} ({report.stage}): {report.component} {report.before.version} → {report.after.text}", 1
        ),
        *_verdict(report),
        Heading("Contract"),
        *_contract(report),
        Heading("Results"),
        *_results(report),
        Heading("Cost"),
        *_cost(report.cost),
        Heading("Supply"),
        *_supply(report),
    ]


def _verdict(report: DiffReport) -> Iterator[Block]:
    yield Verdict(report.outcome, MEANINGS[report.outcome])
    outcomes: tuple[Outcome, ...] = ("no-go", "look")
    reasons = [check for outcome in outcomes for check in report.of_outcome(outcome)]
    if reasons:
        yield Bullets(tuple((check.outcome, f"{check.rule}: {check.text}") for check in reasons))
    broken = {check.rule for check in reasons}
    held = dict.fromkeys(check.rule for check in report.of_outcome("go") if check.rule not in broken)
    if held:
        yield Text(f"What holds: {', '.join(held)}.")
    for note in report.notes:
        yield Text(f"Note: {note}.")


def _contract(report: DiffReport) -> Iterator[Block]:
    shown = [one for verdict in ("breaking", "note") for one in report.contract if one.verdict == verdict]
    rows = tuple(
        (one.verdict, one.difference.rule, str(one.difference.place), f"{one.difference.message}; {one.reason}")
        for one in shown
    )
    if rows:
        yield Table(("for this workflow", "rule", "where", "what, and why"), rows)
    harmless = [one for one in report.contract if one.verdict == "harmless"]
    if harmless:
        number = f"{len(harmless)} difference{'s' if len(harmless) > 1 else ''} harmless here"
        yield Text(f"{number}: {_listed([f'{one.difference.rule} {one.difference.place}' for one in harmless])}.")
    if not report.contract:
        yield Text("The contracts do not differ.")


# Results


def _results(report: DiffReport) -> Iterator[Block]:
    if report.inputs:
        yield Text(f"Input of both runs: {report.inputs}.")
    runs = [("pinned", report.base), ("candidate", report.candidate)]
    rows = tuple((name, *_run(side)) for name, side in runs if side is not None)
    if rows:
        yield Table(("run", "", "computed", "from the cache"), rows)
    if report.candidate is None or report.candidate.problem:
        yield Text("There is no result to compare.")
    for result in report.results:
        yield from _result(result)


def _run(side: RunSide) -> tuple[str, str, str]:
    return side.run, _listed(side.computed) or "nothing", _listed(side.cached) or "nothing"


def _result(result: ResultChange) -> Iterator[Block]:
    yield Heading(result.name, 3)
    if result.same:
        yield Text("Equal, by the digest of the content: no user sees a difference.")
        return
    if result.note:
        yield Text(f"{result.note[:1].upper()}{result.note[1:]}.")
    if result.compared:
        yield from _compared(result)
    if result.view is not None:
        yield Text(_view(result.view))


def _view(view: View) -> str:
    if view.problem:
        return f"There is no view of the two sides: {view.problem}."
    return f"Everybody's two lists side by side: machiya view {view.run} (it opens {view.address})."


def _compared(result: ResultChange) -> Iterator[Block]:
    yield Text(_who(result))
    columns = (f"first {result.k}", "overlap", "RBO", "Kendall's τ", "users changed", "items entered", "items left")
    names = ("overlap", "rbo", "kendall_tau", "changed_share", "entered", "left")
    segments = result.segments if len(result.segments) > 2 else result.segments[:1]
    rows = tuple((one.name, *(_statistic(name, one.statistics.get(name)) for name in names)) for one in segments)
    yield Table(columns, rows, columns[1:])
    if result.metrics:
        yield from _metrics(result)
    if result.examples:
        yield Text(f"Users whose lists change most (the first {max(len(one.base) for one in result.examples)} items):")
        users = tuple((one.user, one.segment, ", ".join(one.base), ", ".join(one.candidate)) for one in result.examples)
        yield Table(("user", "segment", "before", "after"), users)
    if result.items:
        moved = [f"{item} {change:+d}" for item, change in result.items]
        yield Text(f"Items shown to more, and to fewer, users: {', '.join(moved)}.")


def _who(result: ResultChange) -> str:
    counts = result.counts
    users, changed = int(counts.get("users", 0)), result.statistic("changed_share") or 0.0
    text = f"{round(changed * users)} of {users} users ({changed:.0%}) see another list"
    lost, gained = int(counts.get("users_only_in_base", 0)), int(counts.get("users_only_in_candidate", 0))
    vanish = counts.get("left_items_share", 0)
    return f"{text}; {lost} lose theirs, {gained} get one. Of the items shown, {vanish:.0%} vanish."


def _statistic(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if name == "changed_share" else f"{value:.2f}"


def _metrics(result: ResultChange) -> Iterator[Block]:
    """Everybody for each metric; segments only where the change is certain, and there are several."""
    several = len(result.segments) > 2
    shown = [
        one
        for one in result.metrics
        if one.difference is not None and (one.segment == "all" or (several and _certain(one.low, one.high)))
    ]
    paired = any(one.low is not None for one in shown)
    yield Text(f"Accuracy{_PAIRED if paired else ''}:")
    rows = tuple(
        (
            one.name if one.segment == "all" else f"{one.name}, {one.segment}",
            _number(one.base),
            _number(one.candidate),
            Strong(f"{one.difference:+.4f}") if _certain(one.low, one.high) else f"{one.difference:+.4f}",
            "–" if one.low is None or one.high is None else f"{one.low:+.4f} to {one.high:+.4f}",
            str(one.users),
        )
        for one in shown
    )
    columns = ("metric", "before", "after", "difference", "interval", "users")
    yield Table(columns, rows, columns[1:])


def _certain(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and (low > 0 or high < 0)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


# Cost


def _cost(costs: Sequence[StepCost]) -> Iterator[Block]:
    if not costs:
        yield Text("Nothing was run.")
        return
    differ = [one for one in costs if not one.same]
    same = [one.step for one in costs if one.same]
    if differ:
        columns = ("step", "time", "", "processors", "", "peak memory", "", "outputs", "")
        yield Table(columns, tuple((_step(one), *_pairs(one)) for one in differ), columns[1:])
        if any(one.before_cached or one.after_cached for one in differ):
            yield Text("† from the cache: what computing it took, in the run that did.")
    if same:
        yield Text(f"One computation for both: {_listed(same)}.")


def _step(cost: StepCost) -> str:
    return f"{cost.step}{' (new)' if cost.before is None else ' (gone)' if cost.after is None else ''}"


def _pairs(cost: StepCost) -> Iterator[str]:
    for name in ("seconds", "cpu_seconds", "peak_memory", "output_size"):
        before, after = _amount(cost.before, name), _amount(cost.after, name)
        marks = ("†" if cost.before_cached else "", "†" if cost.after_cached else "")
        yield f"{before}{marks[0]} → {after}{marks[1]}"
        ratio = cost.ratio(name)
        yield "" if ratio is None else f"×{ratio:.2f}"


def _amount(usage: Usage | None, name: str) -> str:
    value = getattr(usage, name) if usage is not None else None
    if value is None:
        return "?"
    if name in ("seconds", "cpu_seconds"):
        return f"{value:.1f} s"
    return f"{value / 1e6:.1f} MB" if value >= 1e5 else f"{value / 1e3:.1f} kB"


# Supply


def _supply(report: DiffReport) -> Iterator[Block]:
    supply, before, after = report.supply, report.before, report.after
    rows = [
        ("version", before.text, after.text),
        ("digest", _short(before.digest), _short(after.digest)),
        ("commit", _short(before.commit), _short(after.commit)),
        ("conformance", "", supply.conformance or "not known"),
    ]
    yield Table(("", "pinned", "candidate"), tuple(rows))
    if supply.commits is not None:
        yield Text(f"Commits between them: {len(supply.commits)}.")
        yield from _bullets(supply.commits)
    for version, entry in (supply.changelog or ())[:3]:
        yield Text(f"Changelog, {version}:")
        yield from _bullets(tuple(_entry_lines(entry)), _ENTRY_LINES)
    if supply.packages is not None:
        yield Text(f"Packages that changed: {len(supply.packages)}.")
        changes = [f"{one.name} ({one.kind}): {one.before or 'new'} → {one.after or 'gone'}" for one in supply.packages]
        yield from _bullets(tuple(changes))
    if supply.notes:
        yield Text("Not at hand:")
        yield from _bullets(supply.notes)


def _short(text: str) -> str:
    """The beginning of a digest or commit."""
    kind, _, digits = text.rpartition(":")
    dirty = "-dirty" if digits.endswith("-dirty") else ""
    return f"{kind}:{digits[:12]}" if kind else f"{digits[:12]}{dirty}" or "–"


def _entry_lines(entry: str) -> Iterator[str]:
    """The points of an entry, each as one line, with its heading before it."""
    points: list[str] = []
    heading = ""
    for line in entry.splitlines():
        text = line.strip()
        if text.startswith("#"):
            heading = text.lstrip("# ")
        elif text.startswith(("- ", "* ")):
            points.append(f"{heading}: {text[2:]}" if heading else text[2:])
        elif text and points:
            points[-1] += f" {text}"
        elif text:
            points.append(text)
    yield from points


def _bullets(lines: Sequence[str], most: int = _MOST) -> Iterator[Block]:
    if not lines:
        return
    shown: list[tuple[Outcome | None, str]] = [(None, line) for line in lines[:most]]
    if len(lines) > most:
        shown.append((None, f"and {len(lines) - most} more"))
    yield Bullets(tuple(shown))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
