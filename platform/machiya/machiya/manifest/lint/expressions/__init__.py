"""Expressions of expr-lang, as Argo uses them: enough of a parser to find mistakes and the variables they name."""

from machiya.manifest.lint.expressions.functions import FUNCTIONS
from machiya.manifest.lint.expressions.parser import ExpressionError, Term, parse
from machiya.manifest.lint.expressions.references import Reference, references

__all__ = ["FUNCTIONS", "ExpressionError", "Reference", "Term", "parse", "references"]
