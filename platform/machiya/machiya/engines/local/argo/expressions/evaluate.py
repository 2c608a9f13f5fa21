"""From a parsed expression and its variables to a value."""

from collections.abc import Callable, Mapping
from typing import Any

from machiya.engines.local.argo.expressions import functions
from machiya.engines.local.argo.expressions.operators import (
    OPERATORS,
    OperandError,
    is_number,
    kind_of,
    member,
    part_of,
)
from machiya.engines.local.argo.expressions.text import go_text
from machiya.manifest.grammar.expressions import ExpressionError, parse
from machiya.manifest.grammar.expressions.terms import (
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
    Pointer,
    Sequence,
    Slice,
    Term,
    Unary,
)

Variables = Mapping[str, Any]
_ALL = "$env"


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
    except (ExpressionError, _CutError, RecursionError):
        raise
    except Exception as error:
        raise ExpressionError(str(error) or type(error).__name__, term.position) from error


def _name(term: Name, variables: Variables) -> Any:
    if term.name in variables:
        return variables[term.name]
    if term.name == _ALL:
        return variables
    raise ExpressionError(f"unknown name {term.name}", term.position)


def _pointer(term: Pointer, variables: Variables) -> Any:
    key = f"#{term.name}"
    if key not in variables:
        raise ExpressionError(f"there is no {key} here", term.position)
    return variables[key]


def _member(term: Member, variables: Variables) -> Any:
    base = _evaluate(term.base, variables)
    if base is None and term.optional:
        raise _CutError
    return member(base, _evaluate(term.key, variables))


def _chain(term: Chain, variables: Variables) -> Any:
    try:
        return _evaluate(term.term, variables)
    except _CutError:
        return None


def _slice(term: Slice, variables: Variables) -> Any:
    base = _evaluate(term.base, variables)
    start = None if term.start is None else _evaluate(term.start, variables)
    end = None if term.end is None else _evaluate(term.end, variables)
    return part_of(base, start, end)


def _call(term: Call, variables: Variables) -> Any:
    function = functions.FUNCTIONS.get(term.name)
    if function is None:
        raise ExpressionError(f"unknown function {term.name or 'of a value'}", term.position)
    return function(*(_evaluate(argument, variables) for argument in term.arguments))


def _closure(term: Closure, variables: Variables) -> functions.Body:
    def apply(element: Any, **more: Any) -> Any:
        pointers = {f"#{name}": value for name, value in more.items()}
        return _evaluate(term.body, {**variables, "#": element, **pointers})

    return apply


def _unary(term: Unary, variables: Variables) -> Any:
    value = _evaluate(term.operand, variables)
    if term.operator == "!":
        return not _boolean(value, term)
    if not is_number(value):
        raise ExpressionError(f"{term.operator!r} does not apply to {kind_of(value)}", term.position)
    return -value if term.operator == "-" else value


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
        return OPERATORS[term.operator](left, right)
    except OperandError as error:
        message = f"{term.operator!r} does not apply to {kind_of(left)} and {kind_of(right)}"
        raise ExpressionError(message, term.position) from error


def _conditional(term: Conditional, variables: Variables) -> Any:
    condition = _boolean(_evaluate(term.condition, variables), term)
    return _evaluate(term.yes if condition else term.no, variables)


def _let(term: Let, variables: Variables) -> Any:
    return _evaluate(term.body, {**variables, term.name: _evaluate(term.value, variables)})


def _boolean(value: Any, term: Term) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"true or false is expected, not {kind_of(value)} {go_text(value)!r}", term.position)
    return value


_HANDLERS: dict[type[Term], Callable[[Any, Variables], Any]] = {
    Literal: lambda term, _: term.value,
    Name: _name,
    Pointer: _pointer,
    ListTerm: lambda term, variables: [_evaluate(element, variables) for element in term.elements],
    MapTerm: lambda term, variables: {
        _evaluate(key, variables): _evaluate(value, variables) for key, value in term.entries
    },
    Member: _member,
    Chain: _chain,
    Slice: _slice,
    Call: _call,
    Closure: _closure,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Let: _let,
    Sequence: lambda term, variables: [_evaluate(part, variables) for part in term.terms][-1],
}
