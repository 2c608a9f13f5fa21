"""Argo's expression language: expr-lang (https://expr-lang.org/docs/language-definition) of version 1.17, parsed.

What it accepts is what expr-lang accepts, but for byte literals, which came after the version that Argo 4.1 has.
"""

from machiya.manifest.grammar.expressions.functions import FUNCTIONS
from machiya.manifest.grammar.expressions.parser import parse
from machiya.manifest.grammar.expressions.terms import Term
from machiya.manifest.grammar.expressions.tokens import ExpressionError

__all__ = ["FUNCTIONS", "ExpressionError", "Term", "parse"]
