"""A parser by precedence climbing; the tokens are those of the linter."""

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
from machiya.manifest.lint.expressions.tokens import ExpressionError, Token, tokenize

_BINARY = {
    "|": 0,
    **dict.fromkeys(("||", "or"), 10),
    **dict.fromkeys(("&&", "and"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), 20),
    **dict.fromkeys(("in", "matches", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
_SAME = {"or": "||", "and": "&&", "^": "**"}
_UNARY = {"not": 50, "!": 1000, "-": 90, "+": 90}
_CONSTANTS = {"true": True, "false": False, "nil": None}
_DEPTH_LIMIT = 100


def parse(text: str) -> Term:
    """Parse one expression.

    Raises:
        ExpressionError: it is not one, with the position.
    """
    parser = _Parser(tokenize(text))
    term = parser.sequence()
    parser.expect_end()
    return term


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0

    @property
    def _now(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._now
        self._index += token.kind != "end"
        return token

    def _accept(self, *operators: str) -> bool:
        if self._now.is_operator(*operators):
            self._next()
            return True
        return False

    def _expect(self, operator: str) -> None:
        if not self._accept(operator):
            raise self._unexpected(f"{operator!r} expected")

    def expect_end(self) -> None:
        if self._now.kind != "end":
            raise self._unexpected("an operator expected")

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self._now
        got = "the end" if token.kind == "end" else repr(token.text)
        return ExpressionError(f"unexpected {got}: {wanted}", token.position)

    def sequence(self) -> Term:
        """An expression that ``let`` may come before."""
        token = self._now
        if not token.is_word("let"):
            return self.expression()
        self._next()
        name = self._next()
        if name.kind != "name":
            raise self._unexpected("a name after let")
        self._expect("=")
        value = self.expression()
        self._expect(";")
        return Let(token.position, name.text, value, self.sequence())

    def expression(self, minimum: int = 0) -> Term:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ExpressionError("nested too deeply", self._now.position)
        term = self._binary(minimum)
        if minimum == 0:
            term = self._ternary(term)
        self._depth -= 1
        return term

    def _binary(self, minimum: int) -> Term:
        left = self._unary()
        while True:
            negated = self._now.is_word("not")
            operator = self._tokens[self._index + 1] if negated else self._now
            precedence = _BINARY.get(operator.text, -1) if operator.kind in ("operator", "name") else -1
            if precedence < minimum or (negated and operator.kind != "name"):
                return left
            self._index += 1 + negated
            if operator.text == "|":
                left = self._pipe(left)
                continue
            right_associative = operator.text in ("**", "^")
            right = self.expression(max(precedence + (not right_associative), 1))
            left = Binary(operator.position, _SAME.get(operator.text, operator.text), left, right, negated)

    def _pipe(self, left: Term) -> Term:
        """``a | f(b)`` is ``f(a, b)``."""
        call = self._unary()
        bare = call.term if isinstance(call, Chain) else call
        if not isinstance(bare, Call):
            raise ExpressionError("a function call is expected after '|'", call.position)
        return Call(bare.position, bare.function, (left, *bare.arguments))

    def _ternary(self, condition: Term) -> Term:
        position = self._now.position
        if not self._accept("?"):
            return condition
        if self._accept(":"):
            return Conditional(position, condition, None, self.expression())
        yes = self.expression()
        self._expect(":")
        return Conditional(position, condition, yes, self.expression())

    def _unary(self) -> Term:
        token = self._now
        if token.kind in ("operator", "name") and token.text in _UNARY:
            self._next()
            return Unary(token.position, token.text, self.expression(_UNARY[token.text]))
        term = self._postfix(self._primary())
        return Chain(term.position, term) if isinstance(term, Member | Slice) else term

    def _primary(self) -> Term:
        token = self._next()
        if token.kind == "number":
            return Literal(token.position, _number(token))
        if token.kind == "string":
            return Literal(token.position, token.text)
        if token.kind == "name":
            if token.text in _CONSTANTS:
                return Literal(token.position, _CONSTANTS[token.text])
            return Name(token.position, token.text)
        if token.is_operator("("):
            term = self.sequence()
            self._expect(")")
            return term
        if token.is_operator("["):
            return ListTerm(token.position, self._until("]"))
        if token.is_operator("{"):
            return self._map(token.position)
        if token.is_operator("."):
            return self._key(Name(token.position, "#"))
        self._index -= token.kind != "end"
        raise self._unexpected("a value expected")

    def _until(self, closing: str) -> tuple[Term, ...]:
        """Elements or arguments up to `closing`, which is consumed."""
        parts: list[Term] = []
        while not self._accept(closing):
            parts.append(self._argument())
            if not self._accept(","):
                self._expect(closing)
                break
        return tuple(parts)

    def _argument(self) -> Term:
        """An argument; a closure in braces may stand for one, and looks like a map that has no keys."""
        start, position = self._index, self._now.position
        if self._accept("{"):
            try:
                body = self.sequence()
                self._expect("}")
                return Closure(position, body)
            except ExpressionError:
                self._index = start
        return self.expression()

    def _map(self, position: int) -> Term:
        entries: list[tuple[Term, Term]] = []
        while not self._accept("}"):
            key = self._map_key()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return MapTerm(position, tuple(entries))

    def _map_key(self) -> Term:
        token = self._next()
        if token.is_operator("("):
            key = self.sequence()
            self._expect(")")
            return key
        if token.kind not in ("name", "string", "number"):
            self._index -= token.kind != "end"
            raise self._unexpected("a key of the map expected")
        return Literal(token.position, token.text)

    def _postfix(self, term: Term) -> Term:
        while True:
            position = self._now.position
            if self._accept("?."):
                term = self._index_of(term, optional=True) if self._accept("[") else self._key(term, optional=True)
            elif self._accept("."):
                term = self._key(term)
            elif self._accept("["):
                term = self._index_of(term)
            elif self._accept("("):
                term = Call(position, _function_name(term, position), self._until(")"))
            else:
                return term

    def _key(self, base: Term, *, optional: bool = False) -> Term:
        token = self._next()
        if token.kind != "name":
            self._index -= token.kind != "end"
            raise self._unexpected("a name after '.'; other names go in brackets: inputs.parameters['my-name']")
        return Member(token.position, base, Literal(token.position, token.text), optional)

    def _index_of(self, base: Term, *, optional: bool = False) -> Term:
        position = self._now.position
        start = None if self._now.is_operator(":") else self.expression()
        if self._accept(":"):
            end = None if self._now.is_operator("]") else self.expression()
            self._expect("]")
            return Slice(position, base, start, end)
        self._expect("]")
        if start is None:
            raise self._unexpected("an index expected")
        return Member(position, base, start, optional)


def _function_name(term: Term, position: int) -> str:
    if isinstance(term, Name):
        return term.name
    if isinstance(term, Member) and isinstance(term.base, Name) and isinstance(term.key, Literal):
        return f"{term.base.name}.{term.key.value}"
    raise ExpressionError("only named functions can be called", position)


def _number(token: Token) -> int | float:
    text = token.text.replace("_", "")
    if text[:2].lower() in ("0x", "0b", "0o"):
        return int(text, 0)
    return float(text) if any(mark in text for mark in ".eE") else int(text)
