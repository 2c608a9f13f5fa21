"""`machiya show` for people."""

import time
from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from machiya.cli.output import STYLES, duration, local_time, phase_text, short_digest, size
from machiya.engines.local.argo.interpreter.nodes import Phase
from machiya.records import INTERRUPTED, RunRecord, Step
from machiya.records.details import cached_from, last_line
from machiya.records.diagnosis import Press
from machiya.records.failures import Command, way_on
from machiya.records.keys import DIGEST, sources_of
from machiya.records.logs import harmless
from machiya.records.meanings import exit_meaning
from machiya.records.record import UNREADABLE
from machiya.records.steps import count_steps

_FEW = 10
"""Turns of a loop that are all shown."""
_LONGEST = 200
"""Characters of a line of a log, or of a value."""
_UNREADABLE = (
    "its event log has no sound beginning: it was never begun, or is damaged; run it again, and remove the folder"
)
_QUIET = ("Succeeded", "Skipped", "Omitted")


def header(record: RunRecord, *, every: bool) -> Group:
    """What the run is, and with what it was made; `every` parameter, or those that are not the manifest's."""
    rows = Table.grid(padding=(0, 2))
    for name, text in _facts(record, every=every):
        rows.add_row(Text(f"  {name}", "dim"), Text(text))
    took = f" in {duration(record.seconds)}" if record.seconds is not None else ""
    head = Text(record.name, "bold").append("  ").append(phase_text(record.phase)).append(took)
    message = _UNREADABLE if record.phase == UNREADABLE else record.state.message
    return Group(head, *([Text(f"  {_short(message)}")] if message else []), rows)


def _facts(record: RunRecord, *, every: bool) -> Iterator[tuple[str, str]]:
    yield "workflow", f"{record.workflow} ({record.stage})" if record.stage else record.workflow
    yield "started", local_time(record.state.started or record.created)
    if record.state.sessions > 1:
        yield "sessions", str(record.state.sessions)
    yield from _labelled("parameters", _parameters(record, every=every))
    yield from _labelled("components", [_component(record, one) for one in record.versions])
    sources = sources_of(record)
    yield from _labelled("sources", [_source(name, dict(one)) for name, one in sources.items()])
    if store := record.options.get("store"):
        yield "store", str(store)
    yield from _labelled("notes", record.state.notes)
    if link := record.options.get("link"):
        yield "link", str(link)
    if not record.remote:
        yield "folder", str(record.folder.path)


def _labelled(name: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    """Several lines of which the first has a label."""
    for number, line in enumerate(lines):
        yield "" if number else name, line


def _parameters(record: RunRecord, *, every: bool) -> list[str]:
    set_by_people = dict(_settings(record))
    given = record.options.get("given") or ()
    own = {
        name: value
        for name, value in set_by_people.items()
        if every or name in given or value != record.defaults.get(name)
    }
    lines = [f"{name}={_short(value)}" for name, value in own.items()]
    others = len(set_by_people) - len(own)
    # What Argo keeps of a run are its own values: who gave which in the UI is not known.
    where = "; --all lists them" if record.remote else " as the manifest has them"
    return [*lines, f"{others}{' others' if own else ''}{where}"] if others else lines


def _settings(record: RunRecord) -> Iterator[tuple[str, str]]:
    """Parameters but for the digests that belong to others, and for where data from outside lies in the store."""
    sources = sources_of(record)
    components = {one["component"] for one in record.versions}
    for name, value in record.parameters.items():
        derived = name.removesuffix(DIGEST) in record.parameters and name.endswith(DIGEST)
        code = name.endswith("-code") and name.removesuffix("-code") in components
        if name not in sources and not derived and not code:
            yield name, value


def _component(record: RunRecord, one: dict[str, str]) -> str:
    name = one["component"]
    replaced = (record.options.get("with") or {}).get(name)
    commit = f", commit {one['commit'][:12]}" if one["commit"] else ""
    instead = f"; in its place {replaced}" if replaced else ""
    return f"{name} {one['version']}: {one['image']}{commit}{instead}"


def _source(name: str, source: dict[str, str]) -> str:
    return f"{name}: {source.get('location', '')} ({short_digest(str(source.get('digest', '')))})"


def _short(text: str) -> str:
    line = harmless(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def steps_tree(record: RunRecord, *, every: bool) -> Tree | None:
    """The steps in their groups. The workflow's own node is left out: what it says stands above."""
    roots = record.tree
    tops = [inner for root in roots for inner in (root.children or [root])]
    if not tops:
        return None
    tree = Tree(Text("steps"), guide_style="dim")
    waiting = [(tree, step) for step in reversed(tops)]
    while waiting:
        branch, step = waiting.pop()
        leaf = branch.add(_step_text(record, step))
        for text in _below(record, step):
            leaf.add(text)
        shown = step.children if every else _worth_showing(step)
        waiting += [(leaf, child) for child in reversed(shown)]
    return tree


def _worth_showing(step: Step) -> list[Step]:
    """Of a long loop only the turns that did not come to a good end."""
    if len(step.children) <= _FEW or not step.is_loop:
        return step.children
    return [child for child in step.children if child.phase not in _QUIET][:_FEW]


def _step_text(record: RunRecord, step: Step) -> Text:
    text = Text(_short(step.name), "bold" if step.children else "").append("  ").append(phase_text(step.phase))
    facts = [_time(record, step), usage_text(step)]
    if step.cached:
        facts.append(f"cached from {cached_from(record, step) or 'a run that is not recorded any more'}")
    if step.is_loop:
        facts.append(_turns(record, step))
    if len(step.attempts) > 1:
        facts.append(f"{len(step.attempts)} attempts")
    for fact in facts:
        text.append(f"  {fact}" if fact else "", "dim")
    return text.append(_message(step))


def _time(record: RunRecord, step: Step) -> str:
    """How long it took; of a step that runs, how long it has been running."""
    if step.cached:
        return ""
    if record.alive and step.node.phase is Phase.RUNNING:
        return f"for {duration(time.time() - step.node.started)}"
    return duration(step.seconds)


def usage_text(step: Step) -> str:
    """``cpu 2.1 s, memory 310.4 MB, wrote 1.2 MB``; of a cached step, what it took to compute that."""
    usage = step.usage
    if usage is None:
        return ""
    parts = (
        ("took ", duration(usage.seconds) if step.cached else ""),
        ("cpu ", duration(usage.cpu_seconds)),
        ("memory ", size(usage.peak_memory)),
        ("wrote ", size(usage.output_size)),
    )
    return ", ".join(f"{name}{value}" for name, value in parts if value)


def _turns(record: RunRecord, step: Step) -> str:
    """``1000 turns: 997 done, 3 failed``."""
    counts = count_steps(leaf for child in step.children for leaf in child.leaves()).to_json()
    if not record.alive:
        counts["interrupted"] = counts.pop("running")
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{len(step.children)} turns: {told}"


def _message(step: Step) -> str:
    """Why it ended so, and what its exit code means."""
    if step.children and not step.attempts:
        return ""
    meaning = exit_meaning(step.exit_code, step.last.message) if step.bad else ""
    return "  " + ": ".join(one for one in (_short(step.node.message), meaning) if one)


def _below(record: RunRecord, step: Step) -> Iterator[Text]:
    """Attempts that failed, where there was another, and the last words of a step that failed."""
    for attempt in step.attempts if len(step.attempts) > 1 else ():
        if attempt.bad:
            meaning = exit_meaning(attempt.exit_code, attempt.node.message)
            told = ": ".join(one for one in (_short(attempt.node.message), meaning) if one)
            yield (
                Text(f"{_short(attempt.name)}  ")
                .append(phase_text(attempt.phase))
                .append(f"  {duration(attempt.seconds)}", "dim")
                .append(f"  {told}")
            )
    if line := last_line(record, step):
        yield Text(f"log: {_short(line)}", "dim")


def what_next(record: RunRecord, command: Command) -> Table | None:
    """The commands that help after a bad end."""
    failed = record.failed_steps
    ended_badly = record.phase in ("Failed", "Error")
    if not ended_badly and record.phase != INTERRUPTED:
        return None
    rows = Table.grid(padding=(0, 2))
    if ended_badly and failed:
        rows.add_row("its log:", Text(command("logs", record.name, record.reference(failed[0]))))
    press, words = way_on(record, command) if ended_badly else (None, command("retry", record.name))
    what = "mended, anew:" if press is Press.RESUBMIT else "to continue:"
    rows.add_row(what if ended_badly else "its engine is gone; to continue:", Text(words, STYLES["Running"]))
    return rows
