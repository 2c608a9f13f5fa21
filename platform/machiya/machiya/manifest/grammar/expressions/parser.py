"""A parser for expr-lang, by precedence climbing."""

from functools import lru_cache

from machiya.manifest.grammar.expressions.cursor import Cursor
from machiya.manifest.grammar.expressions.functions import PREDICATES
from machiya.manifest.grammar.expressions.literals import number
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
from machiya.manifest.grammar.expressions.tokens import WORDS, ExpressionError, Token, tokenize

_COMPARISONS = ("<", ">", "<=", ">=")
_NEGATABLE = ("in", "matches", "contains", "startsWith", "endsWith")
_BINARY = {
    "|": 0,
    **dict.fromkeys(("||", "or"), 10),
    **dict.fromkeys(("&&", "and"), 15),
    **dict.fromkeys(("==", "!=", *_COMPARISONS, *_NEGATABLE), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
_SAME = {"or": "||", "and": "&&", "^": "**", "not": "!"}
_UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "nil": None}
_DEPTH_LIMIT = 100
_BRACKETS = "a name after '.'; other names go in brackets: inputs.parameters['my-name']"


@lru_cache(maxsize=1024)
def parse(text: str) -> Term:
    """Parse one expression.

    Raises:
        ExpressionError: it is not one, with the position.
    """
    cursor = Cursor(tokenize(text))
    term = _Parser(cursor).sequence()
    if cursor.now.kind != "end":
        raise cursor.unexpected("an operator expected")
    return term


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._depth = 0
        self._closures = 0

    def sequence(self) -> Term:
        """Expressions joined by ``;``."""
        position = self._cursor.now.position
        terms = [self.expression()]
        while self._cursor.accept(";") and self._cursor.now.kind != "end":
            terms.append(self.expression())
        return terms[0] if len(terms) == 1 else Sequence(position, tuple(terms))

    def expression(self, minimum: int = 0) -> Term:
        """Operands joined by operators of at least this precedence."""
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ExpressionError("nested too deeply", self._cursor.now.position)
        term = self._whole() if minimum == 0 else self._binary(minimum)
        self._depth -= 1
        return term

    def _whole(self) -> Term:
        if self._cursor.now.is_operator("let"):
            return self._let()
        if self._cursor.now.is_operator("if"):
            return self._if()
        return self._ternary(self._binary(0))

    def _let(self) -> Term:
        self._cursor.next()
        name = self._cursor.name("a name expected after let")
        self._cursor.expect("=")
        value = self.expression()
        self._cursor.expect(";")
        return Let(name.position, name.text, value, self.sequence())

    def _if(self) -> Term:
        position = self._cursor.next().position
        condition = self.expression()
        yes = self._block()
        self._cursor.expect("else")
        no = self._if() if self._cursor.now.is_operator("if") else self._block()
        return Conditional(position, condition, yes, no)

    def _block(self) -> Term:
        self._cursor.expect("{")
        term = self.sequence()
        self._cursor.expect("}")
        return term

    def _ternary(self, condition: Term) -> Term:
        position = self._cursor.now.position
        if not self._cursor.accept("?"):
            return condition
        if self._cursor.accept(":"):
            return Conditional(position, condition, condition, self.expression())
        yes = self.expression()
        self._cursor.expect(":")
        return Conditional(position, condition, yes, self.expression())

    def _binary(self, minimum: int) -> Term:
        left, previous = self._unary(), ""
        while True:
            negated = self._cursor.now.is_operator("not") and self._cursor.after.is_operator(*_NEGATABLE)
            operator = self._cursor.after if negated else self._cursor.now
            precedence = _BINARY.get(operator.text, -1) if operator.kind == "operator" else -1
            if precedence < minimum:
                return left
            if previous == "??" and operator.text not in ("??", "|"):
                message = f"'??' and {operator.text!r} cannot be mixed; put one of them in parentheses"
                raise ExpressionError(message, operator.position)
            if negated:
                self._cursor.next()
            self._cursor.next()
            left = self._joined(left, operator, precedence)
            left = Unary(operator.position, "!", left) if negated else left
            previous = operator.text

    def _joined(self, left: Term, operator: Token, precedence: int) -> Term:
        if operator.text == "|":
            return self._call(self._cursor.name("a function expected after '|'"), (left,))
        if operator.text in _COMPARISONS:
            return self._comparison(left, operator, precedence)
        right_associative = operator.text in ("**", "^")
        right = self.expression(precedence + (not right_associative))
        return Binary(operator.position, _SAME.get(operator.text, operator.text), left, right)

    def _comparison(self, left: Term, operator: Token, precedence: int) -> Term:
        right = self.expression(precedence + 1)
        term: Term = Binary(operator.position, operator.text, left, right)
        while (again := self._cursor.now).is_operator(*_COMPARISONS):
            self._cursor.next()
            left, right = right, self.expression(precedence + 1)
            term = Binary(again.position, "&&", term, Binary(again.position, again.text, left, right))
        return term

    def _unary(self) -> Term:
        token = self._cursor.now
        if token.kind == "operator" and token.text in _UNARY:
            self._cursor.next()
            operand = self.expression(_UNARY[token.text])
            return self._postfix(Unary(token.position, _SAME.get(token.text, token.text), operand))
        return self._primary()

    def _primary(self) -> Term:
        token = self._cursor.now
        if token.kind == "number":
            return self._number()
        if token.kind == "name" and token.text in _CONSTANTS:
            return Literal(self._cursor.next().position, _CONSTANTS[token.text])
        return self._postfix(self._operand(token))

    def _number(self) -> Term:
        token = self._cursor.next()
        try:
            return Literal(token.position, number(token.text))
        except ValueError as error:
            raise ExpressionError(str(error), token.position) from error

    def _operand(self, token: Token) -> Term:
        """What members and indexes can follow."""
        if token.is_operator("#", "."):
            return self._pointer(token)
        if token.kind not in ("string", "name") and not token.is_operator("(", "[", "{", "::"):
            raise self._cursor.unexpected("a value expected")
        self._cursor.next()
        if token.kind == "string":
            return Literal(token.position, token.text)
        if token.kind == "name":
            called = self._cursor.now.is_operator("(")
            return self._call(token) if called else Name(token.position, token.text)
        if token.text == "::":
            return self._call(self._cursor.name("a function expected after '::'"))
        if token.text == "[":
            return ListTerm(token.position, self._until("]"))
        return self._map(token.position) if token.text == "{" else self._parenthesized()

    def _parenthesized(self) -> Term:
        term = self.sequence()
        self._cursor.expect(")")
        return term

    def _pointer(self, token: Token) -> Term:
        """``#``, or nothing before a ``.``, which is left for the member."""
        if not self._closures:
            message = f"unexpected {token.text!r}: it is an element within a predicate, as in filter(list, # > 1)"
            raise ExpressionError(message, token.position)
        named = self._cursor.accept("#") and self._cursor.now.kind == "name"
        return Pointer(token.position, self._cursor.next().text if named else "")

    def _call(self, name: Token, piped: tuple[Term, ...] = ()) -> Term:
        self._cursor.expect("(")
        arguments = self._until(")", name.text, piped)
        least, most = PREDICATES.get(name.text, (0, len(arguments)))
        if not least <= len(arguments) <= most:
            takes = f"{least} arguments" if least == most else f"{least} or {most} arguments"
            raise ExpressionError(f"{name.text} takes {takes}, not {len(arguments)}", name.position)
        return Call(name.position, Name(name.position, name.text), arguments)

    def _until(self, closing: str, function: str = "", first: tuple[Term, ...] = ()) -> tuple[Term, ...]:
        """Elements or arguments up to `closing`, which is read, too."""
        parts = list(first)
        while not self._cursor.accept(closing):
            predicate = function in PREDICATES and len(parts) == 1
            parts.append(self._closure() if predicate else self.expression())
            if not self._cursor.accept(","):
                self._cursor.expect(closing)
                break
        return tuple(parts)

    def _closure(self) -> Term:
        position = self._cursor.now.position
        self._closures += 1
        body = self._block() if self._cursor.now.is_operator("{") else self.expression()
        self._closures -= 1
        return Closure(position, body)

    def _map(self, position: int) -> Term:
        entries: list[tuple[Term, Term]] = []
        while not self._cursor.accept("}"):
            key = self._map_key()
            self._cursor.expect(":")
            entries.append((key, self.expression()))
            if not self._cursor.accept(","):
                self._cursor.expect("}")
                break
        return MapTerm(position, tuple(entries))

    def _map_key(self) -> Term:
        token = self._cursor.now
        if token.is_operator("("):
            return self.expression()
        if token.kind not in ("name", "string", "number"):
            raise self._cursor.unexpected("a key of the map expected; others than names and strings go in parentheses")
        return Literal(self._cursor.next().position, token.text)

    def _postfix(self, term: Term) -> Term:
        while True:
            token = self._cursor.now
            if not token.is_operator(".", "?.", "["):
                return term
            self._cursor.next()
            optional = token.text == "?."
            if token.text == "[" or (optional and self._cursor.accept("[")):
                term = self._index(term, token.position, optional=optional)
            else:
                term = self._member(term, optional=optional)

    def _member(self, base: Term, *, optional: bool) -> Term:
        name = self._cursor.now
        if name.kind != "name" and name.text not in WORDS:
            raise self._cursor.unexpected(_BRACKETS)
        self._cursor.next()
        chained = isinstance(base, Chain)
        inner = base.term if isinstance(base, Chain) else base
        term: Term = Member(name.position, inner, Literal(name.position, name.text), optional)
        if self._cursor.accept("("):
            term = Call(name.position, term, self._until(")"))
        return Chain(name.position, term) if chained or optional else term

    def _index(self, base: Term, position: int, *, optional: bool) -> Term:
        if self._cursor.now.is_operator(":"):
            return self._slice(base, None, position)
        key = self.expression()
        if self._cursor.now.is_operator(":"):
            return self._slice(base, key, position)
        self._cursor.expect("]")
        term = Member(position, base, key, optional)
        return Chain(position, term) if optional else term

    def _slice(self, base: Term, start: Term | None, position: int) -> Term:
        self._cursor.expect(":")
        end = None if self._cursor.now.is_operator("]") else self.expression()
        self._cursor.expect("]")
        return Slice(position, base, start, end)
