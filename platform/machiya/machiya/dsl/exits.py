"""What may be said of steps on exit, and what of them alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from machiya.dsl.builder import Workflow
from machiya.dsl.compatible import mismatches
from machiya.dsl.findings import nearest
from machiya.dsl.handles import Draft, OutputHandle, draft_of
from machiya.dsl.model import EARLY_FACTS, RUN_FACTS, RUN_STATUSES, Constant, Place, RunReference, Value
from machiya_component.contract.model import Parameter, Port
from machiya_component.parameters import violations

ON_EXIT = "Use it in a step of workflow.on_exit(...)."
_TELL = "Tell it facts of the run (run.status, run.failures), or let another step do the work."
_ALWAYS_KNOWN = ("workflow", "stage")
"""Facts that the workflow file and the stage decide; they hold for every run."""


@dataclass(frozen=True)
class Problem:
    """A finding before its place is known."""

    rule: str
    message: str
    remedy: str


def exit_problems(draft: Draft) -> Iterator[tuple[Place, str, str]]:
    """(place, message, remedy) for what a step on exit cannot do."""
    if draft.on_exit and draft.fan_out is not None:
        yield draft.fan_out.place, "a step on exit cannot fan out.", "Take the call of fan_out() out."


def wiring_problem(draft: Draft, source: Draft) -> tuple[str, str] | None:
    """(message, remedy) if `draft` cannot read an output of `source` because one of them is on exit."""
    if draft.on_exit:
        message = f"a step on exit cannot read what {source.name} puts out: it may not be there."
        return message, _TELL
    return _too_late(source)


def left_problems(port: Port, outputs: Sequence[OutputHandle]) -> Iterator[Problem]:
    """What is wrong if an input of a step on exit reads what steps of the work left, as far as the run came to them."""
    for output in outputs:
        source = draft_of(output.step)
        if source.on_exit or not port.optional:
            message = f"a step on exit cannot read what {source.name} puts out: it may not be there."
            yield Problem("exit", message, _TELL if source.on_exit else f"Wire an optional input. {_TELL}")
        elif source.may_be_cached:
            message = f"{source.name} may come from the cache, and what it puts out lies with another run then."
            yield Problem("exit", message, f"Read from an operation that says `cache: false`. {_TELL}")
        elif source.fan_out is not None:
            message = f"{source.name} fans out, and it is not known how many of its shards are there."
            yield Problem("exit", message, "Let a step of the work gather them, and read what that puts out.")
        for message, remedy in mismatches(output.port, port):
            yield Problem("type", message, remedy)
    if len(outputs) > 1 and port.type.kind != "files":
        message = f"several outputs go into a port of the type files, and {port.name} is a {port.type}."
        yield Problem("exit", message, "Wire one of them.")
    if len({(draft_of(one.step).name, one.port.name) for one in outputs}) < len(outputs):
        yield Problem("exit", "an output is named twice.", "Name it once.")


def order_problem(draft: Draft, before: Draft) -> tuple[str, str] | None:
    """(message, remedy) if `draft` cannot wait for `before` because one of them is on exit."""
    if draft.on_exit and not before.on_exit:
        return f"a step on exit comes after {before.name} as it is.", "Take the call of after() out."
    return None if draft.on_exit else _too_late(before)


def _too_late(source: Draft) -> tuple[str, str] | None:
    if not source.on_exit:
        return None
    return f"{source.name} is a step on exit: it runs when this one has ended.", "Take it out of workflow.on_exit(...)."


def fact_value(workflow: Workflow, draft: Draft, parameter: Parameter, fact: str) -> tuple[Value, Problem | None]:
    """The value of a parameter that is told a fact of the run, and what is wrong with that."""
    if fact not in (*RUN_FACTS, *_ALWAYS_KNOWN):
        remedy = nearest(fact, [*RUN_FACTS, *_ALWAYS_KNOWN], "Facts")
        return RunReference(fact), Problem("run", f"nothing called {fact!r} is known of a run.", remedy)
    if fact in _ALWAYS_KNOWN:
        constant = workflow.name if fact == "workflow" else workflow.loading.stage
        return Constant(constant), _unfit(parameter, fact, "string", (constant,))
    if not draft.on_exit and fact not in EARLY_FACTS:
        problem = Problem("run", f"run.{fact} is known to steps on exit only.", ON_EXIT)
        return RunReference(fact), problem
    if draft.may_be_cached:
        message = f"run.{fact} differs from run to run, so {draft.operation.name} would never come from the cache."
        return RunReference(fact), Problem("run", message, "Use an operation that says `cache: false`.")
    values = RUN_STATUSES if fact == "status" else ()
    return RunReference(fact), _unfit(parameter, fact, RUN_FACTS[fact], values)


def _unfit(parameter: Parameter, fact: str, kind: str, values: tuple[str, ...]) -> Problem | None:
    if parameter.type != kind:
        message = f"takes a value of type {parameter.type}, but run.{fact} is of type {kind}."
        return Problem("type", message, "Give it to another parameter.")
    for value in values:
        for problem in violations(parameter.fragment, value):
            return Problem("range", f"run.{fact} may be {value}, which does not fit: {problem}.", "Give another value.")
    return None
