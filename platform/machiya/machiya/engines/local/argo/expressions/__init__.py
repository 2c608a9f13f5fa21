"""Evaluates Argo's expression language, expr-lang, as `machiya.manifest.grammar.expressions` parses it.

Numbers are Python's int and float, maps are dicts, lists are lists, nil is None. A name that is not known is an error;
a key that a map does not have is nil, as in Go.
"""

from machiya.engines.local.argo.expressions.evaluate import evaluate
from machiya.engines.local.argo.expressions.text import go_text
from machiya.manifest.grammar.expressions import ExpressionError

__all__ = ["ExpressionError", "evaluate", "go_text"]
