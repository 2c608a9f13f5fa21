"""Argo's expression language: expr-lang (https://expr-lang.org/docs/language-definition), parsed.

What it accepts is what expr-lang 1.17.7 accepts, with which Argo 4.0 is built.
"""

from machiya.manifest.grammar.expressions.functions import FUNCTIONS
from machiya.manifest.grammar.expressions.parser import parse
from machiya.manifest.grammar.expressions.terms import Term
from machiya.manifest.grammar.expressions.tokens import ExpressionError

__all__ = ["FUNCTIONS", "ExpressionError", "Term", "parse"]
