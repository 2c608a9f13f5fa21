"""Retry strategies."""

import re
from collections.abc import Iterator

from machiya.manifest.grammar.expressions import FUNCTIONS, ExpressionError, Term, parse
from machiya.manifest.grammar.expressions.terms import Binary, Literal, Member, Name
from machiya.manifest.grammar.tags import has_tags, without_tags
from machiya.manifest.lint.checks.durations import check_duration
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.references import references
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.view import TemplateView
from machiya_component.findings import Finding

_POLICIES = ("Always", "OnFailure", "OnError", "OnTransientError")
_LAST_RETRY = ("exitCode", "status", "duration", "message")
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_ROOTS = frozenset({"lastRetry", "retries", "sprig"})


def check_retry(view: TemplateView) -> Iterator[Finding]:
    """The retry strategy of a template."""
    yield from check_strategy(view.template.get("retryStrategy"), f"{view.label}.retryStrategy")


def check_strategy(strategy: Node, label: str) -> Iterator[Finding]:
    """The policy, limit, backoff and expression of a strategy."""
    policy = strategy.get("retryPolicy")
    if policy.text and policy.text not in _POLICIES and not has_tags(policy.text):
        message = f"{policy.text} is not a valid RetryPolicy"
        yield policy.finding(Rule.RETRY_POLICY, message, f"One of: {', '.join(_POLICIES)}.")
    yield from _check_number(strategy.get("limit"), f"{label}.limit")
    yield from _check_backoff(strategy.get("backoff"), f"{label}.backoff")
    if strategy.has("backoff") and not strategy.has("limit"):
        message = f"{label} has a backoff and no limit: Argo does not wait then, and tries again for ever"
        yield strategy.get("backoff").finding(Rule.RETRY_LIMIT, message, "Add `limit: 3`.")
    yield from _check_expression(strategy.get("expression"), label)


def _check_number(node: Node, label: str) -> Iterator[Finding]:
    if node.is_scalar and not has_tags(node.text) and not re.fullmatch(r"\+?\d+", node.text):
        yield node.finding(Rule.RETRY_POLICY, f"{label} is not a whole number: {node.text}", "For example 3.")


def _check_backoff(backoff: Node, label: str) -> Iterator[Finding]:
    if not backoff.given:
        return
    if not backoff.get("duration").text:
        message = f"{label}: no base duration specified for retryStrategy"
        yield backoff.finding(Rule.RETRY_BACKOFF, message, "Add `duration: 10s`.")
    for name in ("duration", "maxDuration", "cap"):
        yield from check_duration(backoff.get(name), f"{label}.{name}")
    yield from _check_number(backoff.get("factor"), f"{label}.factor")


def _check_expression(expression: Node, label: str) -> Iterator[Finding]:
    """Tags are replaced before it is evaluated; besides, it knows only `retries` and `lastRetry`."""
    if not expression.text:
        return
    try:
        term = parse(without_tags(expression.text, "1"))
    except ExpressionError as error:
        message = f"{label}.expression is not an expression: {error.message}, at character {error.position + 1}"
        yield expression.finding(Rule.RETRY_EXPRESSION, message, "As in asInt(lastRetry.exitCode) == 75.")
        return
    for problem, remedy in dict.fromkeys((*_unknown_names(term), *_number_comparisons(term))):
        yield expression.finding(Rule.RETRY_EXPRESSION, f"{label}.expression: {problem}", remedy)


def _unknown_names(term: Term) -> Iterator[tuple[str, str]]:
    for reference in references(term):
        root = reference.path[0]
        if reference.called:
            if root not in FUNCTIONS:
                yield f"no function is called {root}", "Sprig's functions are called sprig.NAME."
        elif root not in _ROOTS:
            yield (
                f"nothing is called '{root}'",
                "Here are only lastRetry and retries; put others in: '{{inputs.parameters.x}}'.",
            )
        elif root == "lastRetry" and reference.path[1:2] and reference.path[1] not in _LAST_RETRY:
            yield f"lastRetry has no {reference.path[1]}", f"It has: {', '.join(_LAST_RETRY)}."


def _number_comparisons(term: Term) -> Iterator[tuple[str, str]]:
    """What the last attempt left is text, which is never equal to a number."""
    if isinstance(term, Binary) and term.operator in _COMPARISONS and any(map(_is_number, term.parts)):
        for name in filter(None, map(_of_last_retry, term.parts)):
            remedy = f"Write asInt(lastRetry.{name}), or compare with a string in quotes."
            yield f"lastRetry.{name} is a string and is compared with a number", remedy
    for part in term.parts:
        yield from _number_comparisons(part)


def _is_number(term: Term) -> bool:
    return isinstance(term, Literal) and type(term.value) in (int, float)


def _of_last_retry(term: Term) -> str:
    """The x of ``lastRetry.x``."""
    if not (isinstance(term, Member) and isinstance(term.base, Name) and isinstance(term.key, Literal)):
        return ""
    return str(term.key.value) if term.base.name == "lastRetry" else ""
