"""From a parsed expression and its variables to a value."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from machiya.engines.local.argo.expressions import functions
from machiya.engines.local.argo.expressions.parser import parse
from machiya.engines.local.argo.expressions.syntax import (
    Binary,
    Call,
    Chain,
    Closure,
    Conditional,
    Let,
    ListTerm,
    Literal,
    MapTerm,
    Member,
    Name,
    Slice,
    Term,
    Unary,
)
from machiya.engines.local.argo.expressions.text import go_text
from machiya.manifest.lint.expressions.tokens import ExpressionError

Variables = Mapping[str, Any]
RANGE_LIMIT = 1_000_000


class _CutError(Exception):
    """The base of ``?.`` was nil."""


def evaluate(expression: str | Term, variables: Variables) -> Any:
    """The value of an expression.

    Raises:
        ExpressionError: it cannot be parsed, names what is not there, or combines what does not fit.
    """
    term = parse(expression) if isinstance(expression, str) else expression
    return _evaluate(term, variables)


def _evaluate(term: Term, variables: Variables) -> Any:
    handler: Callable[[Any, Variables], Any] = _HANDLERS[type(term)]
    try:
        return handler(term, variables)
    except (ExpressionError, _CutError):
        raise
    except RecursionError:
        raise
    except Exception as error:
        raise ExpressionError(str(error) or type(error).__name__, term.position) from error


def _name(term: Name, variables: Variables) -> Any:
    if term.name in variables:
        return variables[term.name]
    element = variables.get("#")
    if term.name.startswith("#") and isinstance(element, dict) and term.name != "#":
        return element.get(term.name[1:])
    raise ExpressionError(f"unknown name {term.name}", term.position)


def _member(term: Member, variables: Variables) -> Any:
    base = _evaluate(term.base, variables)
    if base is None and term.optional:
        raise _CutError
    key = _evaluate(term.key, variables)
    if isinstance(base, Mapping):
        return base.get(key)
    if isinstance(base, list | str) and isinstance(key, int | float) and not isinstance(key, bool):
        return base[int(key)]
    raise ExpressionError(f"cannot get {go_text(key)!r} of {_kind(base)}", term.position)


def _chain(term: Chain, variables: Variables) -> Any:
    try:
        return _evaluate(term.term, variables)
    except _CutError:
        return None


def _slice(term: Slice, variables: Variables) -> Any:
    base = _evaluate(term.base, variables)
    start = None if term.start is None else _evaluate(term.start, variables)
    end = None if term.end is None else _evaluate(term.end, variables)
    return base[start:end]


def _call(term: Call, variables: Variables) -> Any:
    over = functions.CLOSURES.get(term.function)
    if over is not None:
        if not term.arguments:
            raise ExpressionError(f"{term.function} needs a list", term.position)
        elements = _evaluate(term.arguments[0], variables)
        bodies = [_applied(argument, variables) for argument in term.arguments[1:]]
        return over(elements, *bodies)
    function = functions.FUNCTIONS.get(term.function)
    if function is None:
        raise ExpressionError(f"unknown function {term.function}", term.position)
    return function(*(_evaluate(argument, variables) for argument in term.arguments))


def _applied(term: Term, variables: Variables) -> Any:
    """A closure as a Python function of its element; another argument as its value."""
    if not isinstance(term, Closure):
        mentions = isinstance(term, Name | Member | Chain | Binary | Call | Unary | Conditional)
        if not mentions:
            return _evaluate(term, variables)
    body = term.body if isinstance(term, Closure) else term

    def apply(element: Any, **more: Any) -> Any:
        return _evaluate(body, {**variables, "#": element, **{f"#{name}": value for name, value in more.items()}})

    return apply


def _unary(term: Unary, variables: Variables) -> Any:
    value = _evaluate(term.operand, variables)
    if term.operator in ("not", "!"):
        return not _boolean(value, term)
    return -value if term.operator == "-" else +value


def _binary(term: Binary, variables: Variables) -> Any:
    left = _evaluate(term.left, variables)
    if term.operator == "&&":
        return _boolean(left, term) and _boolean(_evaluate(term.right, variables), term)
    if term.operator == "||":
        return _boolean(left, term) or _boolean(_evaluate(term.right, variables), term)
    if term.operator == "??":
        return _evaluate(term.right, variables) if left is None else left
    right = _evaluate(term.right, variables)
    try:
        result = _OPERATORS[term.operator](left, right)
    except TypeError as error:
        message = f"{term.operator!r} does not apply to {_kind(left)} and {_kind(right)}"
        raise ExpressionError(message, term.position) from error
    return not result if term.negated else result


def _conditional(term: Conditional, variables: Variables) -> Any:
    condition = _evaluate(term.condition, variables)
    if term.yes is None:
        return condition or _evaluate(term.no, variables)
    return _evaluate(term.yes if _boolean(condition, term) else term.no, variables)


def _let(term: Let, variables: Variables) -> Any:
    return _evaluate(term.body, {**variables, term.name: _evaluate(term.value, variables)})


def _boolean(value: Any, term: Term) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"true or false is expected, not {_kind(value)} {go_text(value)!r}", term.position)
    return value


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a map"}
    return "nil" if value is None else names.get(type(value), type(value).__name__)


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) != isinstance(right, str):
        raise TypeError
    return left + right


def _range(left: int, right: int) -> list[int]:
    if right - left > RANGE_LIMIT:
        raise ValueError(f"the range has more than {RANGE_LIMIT} elements")
    return list(range(left, right + 1))


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "+": _add,
    "-": lambda left, right: left - right,
    "*": lambda left, right: _numbers(left, right) and left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: _numbers(left, right) and left % right,
    "**": lambda left, right: float(left**right),
    "..": _range,
    "in": lambda left, right: right is not None and left in right,
    "contains": lambda left, right: right in left,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "matches": lambda left, right: re.search(right, left) is not None,
}


def _numbers(left: Any, right: Any) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        raise TypeError
    return True


_HANDLERS: dict[type[Term], Callable[[Any, Variables], Any]] = {
    Literal: lambda term, _: term.value,
    Name: _name,
    ListTerm: lambda term, variables: [_evaluate(element, variables) for element in term.elements],
    MapTerm: lambda term, variables: {
        _evaluate(key, variables): _evaluate(value, variables) for key, value in term.entries
    },
    Member: _member,
    Chain: _chain,
    Slice: _slice,
    Call: _call,
    Closure: lambda term, variables: _evaluate(term.body, variables),
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Let: _let,
}
