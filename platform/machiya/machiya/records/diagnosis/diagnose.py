"""From the record of a run to its diagnosis."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.records.diagnosis.facts import Contracts, FactsReader
from machiya.records.diagnosis.model import Cause, Diagnosis, Failure, Verdict
from machiya.records.diagnosis.rules import judge
from machiya.records.record import RunRecord
from machiya.records.steps import Step

Words = Callable[[Step], Sequence[str]]
"""The last lines of the log of a step; none where there is no log."""

_CONTAINER = re.compile(r"^(main|init|wait|supervisor): ")
_SAID = re.compile(r"\(exit code \d+\): (.+)$", re.DOTALL)
_PARTICULAR = re.compile(r"\b[0-9a-f]{8,}\b|\d+(\.\d+)?")
_LOGS_READ = 50
"""Of so many failed steps the logs are read; of a fan-out that failed as a whole, they are alike."""


def diagnose(record: RunRecord, contracts: Contracts, words: Words) -> Diagnosis:
    """Say what became of a run: what failed first and of itself, what that means, what is not lost."""
    reader = FactsReader(record, contracts)
    roots = list(_roots(record.tree))
    passed = _tolerated(record)
    failures = [_failure(step, reader, words if number < _LOGS_READ else None) for number, step in enumerate(roots)]
    causes = _grouped(record, [one for one in failures if one.step.node.id not in passed])
    tolerated = _grouped(record, [one for one in failures if one.step.node.id in passed])
    own = [cause for cause in causes if not cause.verdict.consequence]
    if not causes and record.phase in ("Failed", "Error"):
        own = [_of_the_run(record, reader)]
    return Diagnosis(
        record,
        causes=own or causes,
        consequences=[cause for cause in causes if cause not in own] if own else [],
        tolerated=tolerated,
        kept=_names(step for step in record.steps if step.node.phase is Phase.SUCCEEDED and not _on_exit(record, step)),
        again=_names(step for step in record.steps if step.bad or step.node.phase is Phase.OMITTED),
        waiting=_grouped(record, [_failure(step, reader, None) for step in record.steps if _waits(step)]),
        only_exit=bool(causes) and all(_on_exit(record, one.step) for cause in causes for one in cause.failures),
        message=record.state.message,
    )


def _roots(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps that failed though nothing inside them did."""
    for step in sorted(steps, key=lambda one: one.node.finished or 0.0):
        inner = list(_roots(step.children))
        if inner:
            yield from inner
        elif step.bad:
            yield step


def _failure(step: Step, reader: FactsReader, words: Words | None) -> Failure:
    message = step.last.message or step.node.message
    container = _CONTAINER.match(message)
    lines = tuple(words(step)) if words is not None else ()
    if not lines and (said := _SAID.search(message)):
        lines = tuple(line.strip() for line in said[1].splitlines() if line.strip())[-1:]
    return Failure(step, reader.of(step), message, container[1] if container else "", lines)


def _grouped(record: RunRecord, failures: Iterable[Failure]) -> list[Cause]:
    """Failures of the same kind as one cause; the causes, and what is in each, in the order in which they ended."""
    loops = {child.node.id: step for step in record.walk() if step.is_loop for child in step.children}
    found: dict[tuple[object, ...], list[Failure]] = {}
    verdicts: dict[tuple[object, ...], tuple[Verdict, int]] = {}
    for failure in sorted(failures, key=lambda one: one.step.node.finished or one.step.node.started):
        verdict = judge(failure)
        loop = loops.get(failure.step.node.id)
        place = loop.node.id if loop is not None else (failure.step.node.template, failure.step.node.boundary)
        key = (verdict.rule, place, failure.exit_code, _general(failure))
        found.setdefault(key, []).append(failure)
        verdicts[key] = (verdict, len(loop.children) if loop is not None else 1)
    return [Cause(verdicts[key][0], group, verdicts[key][1]) for key, group in found.items()]


def _general(failure: Failure) -> str:
    """The reason without what is particular to one turn: numbers and digests."""
    return _PARTICULAR.sub("#", failure.words[-1] if failure.words else failure.message)


def _of_the_run(record: RunRecord, reader: FactsReader) -> Cause:
    """A run that failed before, or beside, its steps: Argo tells it of the workflow alone."""
    node = Node(record.name, record.name, record.name, NodeType.DAG, Phase.ERROR, message=record.state.message)
    node.finished = record.state.finished
    step = Step(node, str(node.phase))
    failure = Failure(step, replace(reader.of(step), timeout=reader.deadline), record.state.message, "")
    return Cause(judge(failure), [failure])


def _tolerated(record: RunRecord) -> set[str]:
    """The ids of failed steps after which the run went on: something beside them, that waited for them, did run."""
    waiters: dict[str, list[str]] = {}
    for step in record.walk():
        node = step.node
        if (node.phase.completed or node.phase is Phase.RUNNING) and not step.is_hook:
            for identifier in node.after:
                waiters.setdefault(identifier, []).append(node.id)
    found: set[str] = set()
    for step in record.walk():
        if step.bad and step.node.id in waiters:
            inside = {inner.node.id for inner in step.walk()}
            found |= inside if not inside.issuperset(waiters[step.node.id]) else set()
    return found


def _on_exit(record: RunRecord, step: Step) -> bool:
    return step.node.name.startswith(f"{record.name}.onExit")


def _waits(step: Step) -> bool:
    """Whether something holds up a step, or an attempt of it, that has not begun."""
    last = step.last
    return last.phase is Phase.PENDING and bool(last.message) and not last.message.startswith("Backoff")


def _names(steps: Iterable[Step]) -> list[str]:
    """The names of steps; turns of a loop as one, with how many they are."""
    counts: dict[str, int] = {}
    for step in steps:
        name = step.name.split("(")[0]
        counts[name] = counts.get(name, 0) + 1
    return [name if count == 1 else f"{name} ({count})" for name, count in counts.items()]
