"""A place in the tokens of an expression, which moves forward as they are read."""

from machiya.manifest.grammar.expressions.tokens import ExpressionError, Token


class Cursor:
    """Reads tokens one after the other; the last one stays."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._index = 0

    @property
    def now(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._index]

    @property
    def after(self) -> Token:
        """The token after that."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def next(self) -> Token:
        """Read a token."""
        token = self.now
        self._index += token.kind != "end"
        return token

    def accept(self, *operators: str) -> bool:
        """Read the token if it is one of these operators."""
        if self.now.is_operator(*operators):
            self.next()
            return True
        return False

    def expect(self, operator: str) -> None:
        """Read this operator."""
        if not self.accept(operator):
            raise self.unexpected(f"{operator!r} expected")

    def name(self, wanted: str) -> Token:
        """Read a name; `wanted` says what for."""
        if self.now.kind != "name":
            raise self.unexpected(wanted)
        return self.next()

    def unexpected(self, wanted: str) -> ExpressionError:
        """The error that the next token is."""
        token = self.now
        if token.is_operator("="):
            return ExpressionError("unexpected '='; equality is written ==", token.position)
        got = "the end" if token.kind == "end" else f"{token.text!r}"
        return ExpressionError(f"unexpected {got}: {wanted}", token.position)
