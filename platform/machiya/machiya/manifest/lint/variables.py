"""Tags in a part of a manifest: whether what they name can be known there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from machiya.manifest.grammar.expressions import FUNCTIONS, ExpressionError, parse
from machiya.manifest.grammar.tags import Tag, find_tags, without_tags
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.references import Reference, references
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scope import CHECKED_PREFIXES, Problem, Scope
from machiya_component.findings import Finding

_MISSPELLED = re.compile(
    r"(?P<root>input)\.(parameters|artifacts)\.\S+|(?P<step>step|task)\.[^.\s]+\.(outputs|status|exitCode|id|ip)\b.*"
    r"|(?P<workflows>workflows)\.(parameters|name|uid|outputs|labels)\b.*"
)
_RUN_TIME_ROOTS = frozenset(
    {
        *("status", "duration", "exitCode", "resourcesDuration", "retries", "lastRetry", "node", "pod"),
        *("cronworkflow", "request", "response", "data", "sprig", "payload", "metadata"),
    }
)
"""Identifiers that Argo adds to expressions at some places (metrics, retries, http, data, cron, events)."""
_SHOWN = 60
_CHECKED_ROOTS = frozenset(prefix.removesuffix(".") for prefix in CHECKED_PREFIXES) - {"pod"}

_LANGUAGE = "See https://expr-lang.org/docs/language-definition; names with dashes go in brackets: a['b-c']."
_ROOTS = "Strings stand in quotes; variables begin with inputs, outputs, steps, tasks, workflow or item."


@dataclass(frozen=True)
class Place:
    """How messages call what is checked, and what it is needed for there (``parameter 'x'``)."""

    label: str = ""
    purpose: str = ""


def check_variables(
    node: Node, scope: Scope, skip: Callable[[Node], bool] = lambda _: False, place: Place = Place()
) -> Iterator[Finding]:
    """Check the tags in all strings at and below `node`, except where `skip` says so."""
    if skip(node):
        return
    if "{{" in node.text:
        for tag in find_tags(node.text):
            yield from _check_tag(node, tag, scope, place)
    for key, child in node.entries.items():
        if "{{" in key:
            for tag in find_tags(key):
                yield from _check_tag(child, tag, scope, place)
        yield from check_variables(child, scope, skip, place)
    for child in node.elements:
        yield from check_variables(child, scope, skip, place)


def _check_tag(node: Node, tag: Tag, scope: Scope, place: Place) -> Iterator[Finding]:
    if tag.expression:
        if tag.closed:
            yield from check_expression(node, scope, tag.body, tag.raw, place)
    elif not tag.body.startswith(CHECKED_PREFIXES):
        yield from _check_spelling(node, tag)
    elif not tag.closed:
        shown = tag.raw if len(tag.raw) < _SHOWN else f"{tag.raw[:_SHOWN]}..."
        yield node.finding(
            Rule.VARIABLE_UNRESOLVED, f"failed to resolve {shown}: the tag is not closed", "Close it: }}"
        )
    elif not tag.nested and (problem := scope.problem(tag.body)):
        yield _finding(node, problem, tag.raw, place)


def _check_spelling(node: Node, tag: Tag) -> Iterator[Finding]:
    match = _MISSPELLED.fullmatch(tag.body) if tag.closed else None
    if match is None:
        return
    root = match["root"] or match["step"] or match["workflows"]
    meant = "workflow" if root == "workflows" else f"{root}s"
    message = f"{tag.raw} is not replaced: no variable begins with '{root}.'"
    remedy = f"Did you mean {{{{{meant}{tag.body[len(root) :]}}}}}?"
    yield node.finding(Rule.VARIABLE_MISSPELLED, message, remedy)


def check_expression_field(node: Node, scope: Scope, place: Place) -> Iterator[Finding]:
    """Check a field that holds an expression; tags in it are replaced before it is evaluated."""
    if node.text:
        yield from check_expression(node, scope, without_tags(node.text, "1"), node.text, place)


def check_expression(node: Node, scope: Scope, text: str, shown: str, place: Place) -> Iterator[Finding]:
    """Check an expression: its syntax, and that what it names can be known. `shown` is how it stands in the file."""
    try:
        term = parse(text)
    except ExpressionError as error:
        problem = f"not an expression: {error.message}, at character {error.position + 1}"
        yield node.finding(Rule.EXPRESSION, f"{place.label}: {problem}".lstrip(": "), _LANGUAGE)
        return
    seen: set[str] = set()
    for reference in references(term):
        if reference.guarded or reference.name in seen:
            continue
        seen.add(reference.name)
        if found := _problem(reference, scope):
            about = f": {reference.name} is not known here" if found.rule != Rule.EXPRESSION else ""
            yield _finding(node, found, f"{shown}{about}", place)


def _problem(reference: Reference, scope: Scope) -> Problem | None:
    root = reference.path[0]
    if reference.called:
        if root in FUNCTIONS:
            return None
        return Problem(Rule.EXPRESSION, f"no function is called {root}", _function_remedy(root))
    if root in _CHECKED_ROOTS:
        return scope.problem(reference.name, partly=True)
    if root in _RUN_TIME_ROOTS or root in FUNCTIONS:
        return None
    return Problem(Rule.EXPRESSION, f"nothing is called '{root}'", _ROOTS)


def _function_remedy(name: str) -> str:
    for known in sorted(FUNCTIONS):
        if known.lower() == name.lower():
            return f"Did you mean {known}?"
    return f"If it is one of Sprig's, write sprig.{name}(...)."


def _finding(node: Node, problem: Problem, shown: str, place: Place) -> Finding:
    detail = f": {problem.detail}" if problem.detail else ""
    message = f"failed to resolve {shown}{detail}"
    if problem.rule == Rule.MISSING_DEPENDENCY:
        purpose = f" for {place.purpose}" if place.purpose else ""
        message = f"{place.label} {problem.detail}{purpose}: failed to resolve {shown}"
    elif place.label:
        message = f"{place.label}: {message}"
    return node.finding(problem.rule, message, problem.remedy)
