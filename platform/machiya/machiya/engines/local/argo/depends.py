"""``depends``: which earlier tasks a DAG task waits for, and with which ends of theirs it runs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from machiya.engines.local.argo.model import ContinueOn, Task

RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z0-9_][-A-Za-z0-9_]*)(?:\.(?P<result>[A-Za-z]+))?|(?P<operator>&&|\|\||[!()]))"
)
_PLAIN = frozenset({"Succeeded", "Skipped", "Daemoned"})

Results = Mapping[str, frozenset[str]]
_Test = Callable[[Results], bool]


class DependsError(ValueError):
    """A ``depends`` cannot be read."""


@dataclass(frozen=True)
class Dependence:
    """`tasks` in the order in which they are named; `holds` says whether their results let the task run."""

    tasks: tuple[str, ...]
    holds: _Test


def dependence_of(task: Task, others: Mapping[str, Task]) -> Dependence:
    """What `task` waits for.

    Raises:
        DependsError: ``depends`` cannot be read, or names a task or result that there is not.
    """
    if not task.depends:
        text = " && ".join(f"({_expanded(name, others)})" for name in task.dependencies)
    else:
        text = task.depends
    if not text.strip():
        return Dependence((), _always)
    parser = _Parser(text, others)
    test = parser.disjunction()
    parser.expect_end()
    return Dependence(tuple(dict.fromkeys(parser.names)), test)


def _always(_: Results) -> bool:
    return True


def _expanded(name: str, others: Mapping[str, Task]) -> str:
    """One of ``dependencies``: continueOn of the earlier task lets its failures pass."""
    continue_on = others[name].continue_on if name in others else ContinueOn()
    passing = (("Failed", continue_on.failed), ("Errored", continue_on.error))
    more = " || ".join(f"{name}.{result}" for result, passes in passing if passes)
    return f"{name} || {more}" if more else name


class _Parser:
    def __init__(self, text: str, others: Mapping[str, Task]) -> None:
        self._text = text
        self._others = others
        self._position = 0
        self.names: list[str] = []

    def _accept(self, operator: str) -> bool:
        match = _TOKEN.match(self._text, self._position)
        if match is None or match["operator"] != operator:
            return False
        self._position = match.end()
        return True

    def expect_end(self) -> None:
        if self._text[self._position :].strip():
            raise self._error(f"unexpected {self._text[self._position :].strip()!r}")

    def _error(self, message: str) -> DependsError:
        return DependsError(f"depends {self._text!r}: {message}")

    def disjunction(self) -> _Test:
        tests = [self._conjunction()]
        while self._accept("||"):
            tests.append(self._conjunction())
        return tests[0] if len(tests) == 1 else lambda results: any(test(results) for test in tests)

    def _conjunction(self) -> _Test:
        tests = [self._negation()]
        while self._accept("&&"):
            tests.append(self._negation())
        return tests[0] if len(tests) == 1 else lambda results: all(test(results) for test in tests)

    def _negation(self) -> _Test:
        if self._accept("!"):
            test = self._negation()
            return lambda results: not test(results)
        if self._accept("("):
            test = self.disjunction()
            if not self._accept(")"):
                raise self._error("a parenthesis is not closed")
            return test
        return self._result()

    def _result(self) -> _Test:
        match = _TOKEN.match(self._text, self._position)
        if match is None or match["name"] is None:
            raise self._error("the name of a task is expected")
        self._position = match.end()
        name, result = match["name"], match["result"]
        if name not in self._others:
            raise self._error(f"there is no task {name!r}")
        if result is not None and result not in RESULTS:
            raise self._error(f"{result!r} is none of {', '.join(RESULTS)}")
        self.names.append(name)
        wanted = _PLAIN if result is None else frozenset({result})
        return lambda results: bool(wanted & results[name])
