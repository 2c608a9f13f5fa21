"""The rules by which contracts are compared. Their ids are stable: documents, waivers and pipelines name them.

A rule that can go both ways (a column that accepts more is good for those who write it, bad for those who read it) has
no fixed breaking side here: `narrowed` and `widened` (in `judging`) tell by the side of the port.
"""

from dataclasses import dataclass

from machiya.release.contracts.difference import Breaks, Change


@dataclass(frozen=True)
class Rule:
    """A kind of difference: what it means and, as a rule, for whom it breaks something (``either``: see the port)."""

    id: str
    meaning: str
    breaks: Breaks | str
    change: Change | str


def _rule(identifier: str, breaks: str, meaning: str) -> Rule:
    change = {"nobody": "minor", "text": "patch", "either": "major or minor"}.get(breaks, "major")
    return Rule(identifier, meaning, "nobody" if breaks == "text" else breaks, change)


_ALL = (
    _rule("component.renamed", "callers", "the contract is that of a component of another name"),
    _rule("operation.removed", "callers", "an operation is gone"),
    _rule("operation.added", "nobody", "there is a new operation"),
    _rule("operation.kind", "callers", "a batch operation became a service, or a service a batch operation"),
    _rule("service.changed", "callers", "a service listens at another port, or is asked for its health elsewhere"),
    _rule("service.shows", "nobody", "a service is fed other outputs of its component"),
    _rule("parameter.removed", "callers", "a parameter is gone; who gives it is refused"),
    _rule("parameter.added", "nobody", "there is a new parameter with a default"),
    _rule("parameter.required", "callers", "a parameter must be given now: it is new without a default, or lost it"),
    _rule("parameter.optional", "nobody", "a parameter has a default now"),
    _rule("parameter.type", "either", "a parameter is of another type; integer to number takes more, all else less"),
    _rule("default.changed", "nobody", "who does not give the parameter gets another value, and maybe other results"),
    _rule("input.removed", "callers", "an input is gone; who wires it is refused"),
    _rule("input.added", "nobody", "there is a new optional input"),
    _rule("input.required", "callers", "an input must be wired now: it is new, or was optional"),
    _rule("input.optional", "nobody", "an input may be left out now"),
    _rule("output.removed", "readers", "an output is gone"),
    _rule("output.added", "nobody", "there is a new output"),
    _rule("type.changed", "either", "a port carries another type of artifact"),
    _rule("type.major", "either", "a port carries another major version of its type"),
    _rule("empty.allowed", "either", "a table may be without rows now"),
    _rule("empty.refused", "either", "a table may not be without rows any more"),
    _rule("expose.changed", "nobody", "other metrics are told to those who watch the runs"),
    _rule("schema.added", "either", "a table has a schema now"),
    _rule("schema.removed", "either", "a table has no schema any more"),
    _rule("column.added", "either", "a table has a new column; an input must have it"),
    _rule("column.removed", "either", "a column is not promised any more, or, of an input, not asked for"),
    _rule("column.type", "either", "a column is of another type"),
    _rule("columns.closed", "either", "columns that are not declared are refused now (fieldsMatch: equal)"),
    _rule("columns.opened", "either", "columns that are not declared may be there now"),
    _rule("key.changed", "either", "other columns identify a row, or none do (primaryKey)"),
    _rule("enum.narrowed", "either", "fewer values are possible"),
    _rule("enum.widened", "either", "more values are possible"),
    _rule("constraint.narrowed", "either", "a constraint of values became stricter"),
    _rule("constraint.widened", "either", "a constraint of values became looser"),
    _rule("constraint.changed", "either", "a constraint became another, and which values differ cannot be told"),
    _rule("watch.changed", "nobody", "the data watch warns or stops at other changes of a table"),
    _rule("secret.removed", "nobody", "a secret is not asked for any more"),
    _rule("secret.added", "nobody", "an operation may be told a new secret; it does without"),
    _rule("resources.raised", "nobody", "a step asks for more processors or memory"),
    _rule("resources.lowered", "text", "a step asks for less"),
    _rule("timeout.lowered", "nobody", "a step is ended sooner"),
    _rule("timeout.raised", "text", "a step is ended later, or never"),
    _rule("cache.changed", "nobody", "results are reused now, or are not any more"),
    _rule("checkpoint.changed", "nobody", "a step that is tried again goes on from a checkpoint, or does not any more"),
    _rule("exitcode.changed", "text", "what an exit code means, and what to do then"),
    _rule("text.changed", "text", "a summary, description, title, owner or link"),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _ALL}
"""By id, in the order of the documentation."""
