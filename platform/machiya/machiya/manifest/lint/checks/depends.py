"""The language of `depends`: tasks, their results, &&, ||, ! and parentheses."""

import re
from dataclasses import dataclass

RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")
ITEM_RESULTS = frozenset({"AnySucceeded", "AllFailed"})
_TOKEN = re.compile(
    r"\s*(?:(?P<task>[a-zA-Z0-9][-a-zA-Z0-9]*)(?:\.(?P<result>[A-Za-z]+))?|(?P<operator>&&|\|\||[!()]))"
)


class DependsError(ValueError):
    """The text is no such expression."""


@dataclass(frozen=True)
class Dependency:
    """A task that is waited for, and the result it must have (nothing: the usual ones)."""

    task: str
    result: str = ""


def parse_depends(text: str) -> list[Dependency]:
    """The dependencies in the order they are named.

    Raises:
        DependsError: it is no such expression; the dependencies that can be found anyway are `named_in`.
    """
    dependencies: list[Dependency] = []
    position, depth, value_expected = 0, 0, True
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise DependsError(f"unexpected {text[position:].lstrip()[:1]!r}")
        operator = match["operator"]
        begins_value = match["task"] is not None or operator in ("!", "(")
        if begins_value != value_expected:
            raise DependsError(f"unexpected {match[0].strip()!r}")
        if match["task"] is not None:
            dependencies.append(Dependency(match["task"], match["result"] or ""))
        depth += (operator == "(") - (operator == ")")
        if depth < 0:
            raise DependsError("a parenthesis is closed that was not opened")
        value_expected = (begins_value and match["task"] is None) or operator in ("&&", "||")
        position = match.end()
    if value_expected or depth:
        raise DependsError("a parenthesis is not closed" if depth else "a task is missing at its end")
    return dependencies


def named_in(text: str) -> list[Dependency]:
    """The dependencies of an expression that need not be well formed."""
    found = re.finditer(r"([a-zA-Z0-9][-a-zA-Z0-9]*)(?:\.([A-Z][A-Za-z]+))?", text)
    return [Dependency(match[1], match[2] or "") for match in found]
