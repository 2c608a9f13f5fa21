"""A parser for expr-lang (https://expr-lang.org/docs/language-definition), by precedence climbing."""

from dataclasses import dataclass

from machiya.manifest.lint.expressions.tokens import ExpressionError, Token, tokenize

__all__ = ["ExpressionError", "Term", "parse"]

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
_UNARY = {"not": 50, "!": 1000, "-": 90, "+": 90}
_CONSTANTS = {"true", "false", "nil"}
_DEPTH_LIMIT = 100


@dataclass(frozen=True)
class Term:
    """A part of an expression.

    ``kind`` is one of name, constant, number, string, list, map, member (``value`` is the key, empty where it is
    computed; the parts are the base and the computed key), optional (a member behind ``?.``), slice, call (the parts
    are the function and its arguments), closure, binary, unary, conditional, let (the parts are value and body).
    """

    kind: str
    value: str = ""
    parts: tuple["Term", ...] = ()


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
        if token.is_operator("="):
            return ExpressionError("unexpected '='; equality is written ==", token.position)
        got = "the end" if token.kind == "end" else f"{token.text!r}"
        return ExpressionError(f"unexpected {got}: {wanted}", token.position)

    def sequence(self) -> Term:
        """Expressions joined by ``;``, and ``let``."""
        if self._now.is_word("let"):
            return self._let()
        term = self.expression()
        while self._accept(";"):
            term = Term("binary", ";", (term, self.sequence()))
        return term

    def _let(self) -> Term:
        self._next()
        name = self._next()
        if name.kind != "name":
            self._index -= name.kind != "end"
            raise self._unexpected("a name expected after let")
        self._expect("=")
        value = self.expression()
        self._expect(";")
        return Term("let", name.text, (value, self.sequence()))

    def expression(self, minimum: int = 0) -> Term:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ExpressionError("nested too deeply", self._now.position)
        if minimum == 0 and self._now.is_word("if"):
            term = self._if()
        else:
            term = self._binary(minimum)
            if minimum == 0:
                term = self._ternary(term)
        self._depth -= 1
        return term

    def _if(self) -> Term:
        self._next()
        condition = self.expression()
        yes = self._block()
        if not self._now.is_word("else"):
            raise self._unexpected("'else' expected")
        self._next()
        no = self._if() if self._now.is_word("if") else self._block()
        return Term("conditional", "if", (condition, yes, no))

    def _block(self) -> Term:
        self._expect("{")
        term = self.sequence()
        self._expect("}")
        return term

    def _binary(self, minimum: int) -> Term:
        left = self._unary()
        while True:
            start = self._index
            negated = self._now.is_word("not")
            operator = self._tokens[self._index + 1] if negated else self._now
            precedence = _BINARY.get(operator.text, -1) if operator.kind in ("operator", "name") else -1
            if precedence < minimum or (negated and operator.kind != "name"):
                self._index = start
                return left
            self._index += 1 + negated
            right_associative = operator.text in ("**", "^")
            right = self.expression(max(precedence + (not right_associative), 1))
            left = Term("binary", operator.text, (left, right))

    def _ternary(self, condition: Term) -> Term:
        if not self._accept("?"):
            return condition
        if self._accept(":"):
            return Term("conditional", "?:", (condition, self.expression()))
        yes = self.expression()
        self._expect(":")
        return Term("conditional", "?:", (condition, yes, self.expression()))

    def _unary(self) -> Term:
        token = self._now
        if token.kind in ("operator", "name") and token.text in _UNARY:
            self._next()
            return Term("unary", token.text, (self.expression(_UNARY[token.text]),))
        return self._postfix(self._primary())

    def _primary(self) -> Term:
        token = self._next()
        if token.kind in ("number", "string"):
            return Term(token.kind, token.text)
        if token.kind == "name":
            return Term("constant" if token.text in _CONSTANTS else "name", token.text)
        if token.is_operator("("):
            term = self.sequence()
            self._expect(")")
            return term
        if token.is_operator("["):
            return Term("list", "", self._until("]"))
        if token.is_operator("{"):
            return self._map()
        if token.is_operator("."):
            return self._key(Term("name", "#"), "member")
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
        start, depth = self._index, self._depth
        if self._accept("{"):
            try:
                body = self.sequence()
                self._expect("}")
                return Term("closure", "", (body,))
            except ExpressionError:
                self._index, self._depth = start, depth
        return self.expression()

    def _map(self) -> Term:
        parts: list[Term] = []
        while not self._accept("}"):
            key = self._next()
            if key.is_operator("("):
                parts.append(self.sequence())
                self._expect(")")
            elif key.kind not in ("name", "string", "number"):
                self._index -= key.kind != "end"
                raise self._unexpected("a key of the map expected")
            self._expect(":")
            parts.append(self.expression())
            if not self._accept(","):
                self._expect("}")
                break
        return Term("map", "", tuple(parts))

    def _postfix(self, term: Term) -> Term:
        while True:
            if self._accept("?."):
                term = self._index_of(term, "optional") if self._accept("[") else self._key(term, "optional")
            elif self._accept("."):
                term = self._key(term, "member")
            elif self._accept("["):
                term = self._index_of(term, "member")
            elif self._accept("("):
                term = Term("call", "", (term, *self._until(")")))
            else:
                return term

    def _key(self, base: Term, kind: str) -> Term:
        token = self._next()
        if token.kind != "name":
            self._index -= token.kind != "end"
            raise self._unexpected("a name after '.'; other names go in brackets: inputs.parameters['my-name']")
        return Term(kind, token.text, (base,))

    def _index_of(self, base: Term, kind: str) -> Term:
        start = None if self._now.is_operator(":") else self.expression()
        if self._accept(":"):
            end = None if self._now.is_operator("]") else self.expression()
            self._expect("]")
            return Term("slice", "", tuple(part for part in (base, start, end) if part is not None))
        self._expect("]")
        if start is None:
            raise self._unexpected("an index expected")
        return Term(kind, start.value, (base,)) if start.kind == "string" else Term(kind, "", (base, start))
