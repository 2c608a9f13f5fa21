"""Which earlier tasks a DAG task waits for, and with which ends of theirs it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from machiya.engines.local.argo.model import Task
from machiya.manifest.grammar.depends import (
    RESULTS,
    Condition,
    Dependency,
    DependsError,
    Junction,
    Negation,
    dependencies_in,
    parse_depends,
)

__all__ = ["Dependence", "DependsError", "Results", "dependence_of"]

_PLAIN = frozenset({"Succeeded", "Skipped", "Daemoned"})

Results = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Dependence:
    """`tasks` in the order in which they are named; `holds` says whether their results let the task run."""

    tasks: tuple[str, ...]
    holds: Callable[[Results], bool]


def dependence_of(task: Task, others: Mapping[str, Task]) -> Dependence:
    """What `task` waits for.

    Raises:
        DependsError: ``depends`` cannot be read, or names a task or result that there is not.
    """
    condition = _parsed(task.depends) if task.depends.strip() else Junction(True, _needed(task, others))
    named = list(dependencies_in(condition))
    for dependency in named:
        _check(dependency, others)
    return Dependence(tuple(dict.fromkeys(one.task for one in named)), lambda results: _holds(condition, results))


def _parsed(text: str) -> Condition:
    try:
        return parse_depends(text)
    except DependsError as error:
        raise DependsError(f"depends {text!r}: {error}") from error


def _needed(task: Task, others: Mapping[str, Task]) -> tuple[Condition, ...]:
    """Its ``dependencies``; continueOn of an earlier task lets the failures of that pass."""
    return tuple(Junction(False, (Dependency(name), *_passing(name, others))) for name in task.dependencies)


def _passing(name: str, others: Mapping[str, Task]) -> tuple[Dependency, ...]:
    if name not in others:
        return ()
    continue_on = others[name].continue_on
    passing = (("Failed", continue_on.failed), ("Errored", continue_on.error))
    return tuple(Dependency(name, result) for result, passes in passing if passes)


def _check(dependency: Dependency, others: Mapping[str, Task]) -> None:
    if dependency.task not in others:
        raise DependsError(f"there is no task {dependency.task!r} to wait for")
    if dependency.result and dependency.result not in RESULTS:
        raise DependsError(f"depends: {dependency.result!r} is none of {', '.join(RESULTS)}")


def _holds(condition: Condition, results: Results) -> bool:
    if isinstance(condition, Negation):
        return not _holds(condition.operand, results)
    if isinstance(condition, Junction):
        return (all if condition.every else any)(_holds(operand, results) for operand in condition.operands)
    wanted = frozenset({condition.result}) if condition.result else _PLAIN
    return bool(wanted & results[condition.task])
