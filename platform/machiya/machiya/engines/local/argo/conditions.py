"""``when``: Argo evaluates it with govaluate (https://github.com/Knetic/govaluate), where bare words are strings."""

import re
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[^\W\d]\w*)
      |(?P<bracket>\[(?:[^\]\\]|\\.)*\])|(?P<operator>&&|\|\||==|!=|<=|>=|=~|!~|\*\*|\?\?|[-+*/%<>!?:(),]))""",
    re.VERBOSE,
)
_HINT = "try wrapping the affected expression in quotes"
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!=", "<", ">", "<=", ">=", "=~", "!~", "in"),
    ("+", "-"),
)
_PRODUCT = ("*", "/", "%")


class ConditionError(ValueError):
    """A ``when`` cannot be evaluated."""


def holds(condition: str) -> bool:
    """Whether a condition, its tags replaced, is true; an empty one is.

    Raises:
        ConditionError: it cannot be read, or is neither true nor false.
    """
    if not condition.strip():
        return True
    parser = _Parser(condition)
    value = parser.level(0)
    parser.expect_end()
    if not isinstance(value, bool):
        raise ConditionError(f"expected boolean evaluation for '{condition}', got {value}")
    return value


class _Parser:
    """Evaluates while it reads; both sides of && and || are evaluated, which no side effect can tell."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._index = 0

    @property
    def _now(self) -> tuple[str, str]:
        return self._tokens[self._index] if self._index < len(self._tokens) else ("end", "")

    def _accept(self, *operators: str) -> str:
        kind, text = self._now
        if (kind == "operator" or text == "in") and text in operators:
            self._index += 1
            return text
        return ""

    def expect_end(self) -> None:
        if self._now[0] != "end":
            raise self._error(f"unexpected {self._now[1]!r}")

    def _error(self, message: str) -> ConditionError:
        return ConditionError(f"invalid 'when' expression '{self._text}': {message} (hint: {_HINT} (\"))")

    def level(self, depth: int) -> Any:
        if depth == len(_LEVELS):
            return self._product()
        left = self.level(depth + 1)
        while operator := self._accept(*_LEVELS[depth]):
            left = self._apply(operator, left, self.level(depth + 1))
        return left

    def _product(self) -> Any:
        left = self._prefix()
        while operator := self._accept(*_PRODUCT):
            left = self._apply(operator, left, self._prefix())
        return left

    def _prefix(self) -> Any:
        if self._accept("!"):
            value = self._prefix()
            if not isinstance(value, bool):
                raise self._error(f"'!' does not apply to {value!r}")
            return not value
        if self._accept("-"):
            value = self._prefix()
            if isinstance(value, str):
                raise self._error(f"'-' does not apply to {value!r}")
            return -value
        return self._value()

    def _value(self) -> Any:
        kind, text = self._now
        self._index += 1
        if kind == "number":
            return float(text)
        if kind in ("string", "bracket"):
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "word":
            return {"true": True, "false": False}.get(text, text)
        if text == "(":
            values = [self.level(0)]
            while self._accept(","):
                values.append(self.level(0))
            if not self._accept(")"):
                raise self._error("a parenthesis is not closed")
            return values if len(values) > 1 else values[0]
        raise self._error(f"a value is expected where it has {text!r}" if text else "a value is expected at its end")

    def _apply(self, operator: str, left: Any, right: Any) -> Any:
        try:
            return _OPERATIONS[operator](left, right)
        except (TypeError, ZeroDivisionError, re.error) as error:
            raise self._error(f"{left!r} {operator} {right!r} cannot be evaluated") from error


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            problem = f"invalid token {text[position:].split()[0]!r}"
            raise ConditionError(f"invalid 'when' expression '{text}': {problem} (hint: {_HINT} (\"))")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


def _both(kind: type | tuple[type, ...], left: Any, right: Any) -> None:
    if not (isinstance(left, kind) and isinstance(right, kind)):
        raise TypeError


def _logic(left: Any, right: Any) -> tuple[bool, bool]:
    _both(bool, left, right)
    return left, right


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, bool) or isinstance(left, str) != isinstance(right, str):
        raise TypeError
    return left, right


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return f"{_text(left)}{_text(right)}"
    return left + right


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(left: Any, right: Any) -> tuple[float, float]:
    _both(float, left, right)
    return left, right


def _pair(test: Any, check: Any) -> Any:
    return lambda left, right: test(*check(left, right))


_OPERATIONS: dict[str, Any] = {
    "||": _pair(lambda left, right: left or right, _logic),
    "&&": _pair(lambda left, right: left and right, _logic),
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": _pair(lambda left, right: left < right, _ordered),
    ">": _pair(lambda left, right: left > right, _ordered),
    "<=": _pair(lambda left, right: left <= right, _ordered),
    ">=": _pair(lambda left, right: left >= right, _ordered),
    "=~": lambda left, right: re.search(right, left) is not None,
    "!~": lambda left, right: re.search(right, left) is None,
    "in": lambda left, right: left in (right if isinstance(right, list) else [right]),
    "+": _plus,
    "-": _pair(lambda left, right: left - right, _number),
    "*": _pair(lambda left, right: left * right, _number),
    "/": _pair(lambda left, right: left / right, _number),
    "%": _pair(lambda left, right: left % right, _number),
}
