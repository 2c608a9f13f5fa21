"""withItems, withParam and withSequence."""

import re
from collections.abc import Iterator

from machiya.manifest.grammar.tags import find_tags, has_tags
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.templates import is_looped
from machiya_component.findings import Finding

_LOOPS = ("withItems", "withParam", "withSequence")
_FORMAT = re.compile(r"%%|%[-+ 0#]*\d*[a-zA-Z]")


def check_loop(call: Node) -> Iterator[Finding]:
    """The loop of one step or task."""
    given = [name for name in _LOOPS if call.has(name) and (call.get(name).elements or name != "withItems")]
    if len(given) > 1:
        message = (
            f"only one of withItems, withParam, withSequence can be specified: {call.get('name').text} has {given}"
        )
        yield call.finding(Rule.LOOP, message, "Keep one, or nest the loops by a template of steps between them.")
    for item in call.get("withItems").elements:
        if item.kind == "null":
            yield item.finding(Rule.LOOP, "unsupported withItems type: null", 'Write "" for an empty string.')
    yield from _check_sequence(call.get("withSequence"))
    yield from _check_param(call.get("withParam"))


def _check_param(param: Node) -> Iterator[Finding]:
    """A constant must be a JSON list; what tags become is known later."""
    if param.kind == "str" and param.text and not has_tags(param.text) and not param.text.lstrip().startswith("["):
        remedy = 'For example withParam: "{{steps.list.outputs.result}}", or withItems for a list written here.'
        yield param.finding(Rule.LOOP, f"withParam is not a JSON list: {param.text}", remedy)


def _check_sequence(sequence: Node) -> Iterator[Finding]:
    if not sequence.given:
        return
    if sequence.has("count") and sequence.has("end"):
        message = "only one of count or end can be defined in withSequence"
        yield sequence.finding(Rule.SEQUENCE, message, "Keep one of the two.")
    elif not sequence.has("count") and not sequence.has("end"):
        message = "neither end nor count was specified in withSequence"
        yield sequence.finding(Rule.SEQUENCE, message, 'Add `count: "10"`.')
    for name in ("start", "end", "count"):
        bound = sequence.get(name)
        if bound.is_scalar and not has_tags(bound.text) and not re.fullmatch(r"[-+]?\d+", bound.text):
            yield bound.finding(
                Rule.SEQUENCE, f"withSequence.{name} is not a whole number: {bound.text}", 'As in "10".'
            )
    layout = sequence.get("format")
    if layout.text and not has_tags(layout.text):
        verbs = [verb for verb in _FORMAT.findall(layout.text) if verb != "%%"]
        if len(verbs) != 1 or verbs[0][-1] not in "dxXob":
            message = f"withSequence.format needs exactly one place for a number: {layout.text}"
            yield layout.finding(Rule.SEQUENCE, message, "As in part-%02d; %% stands for a percent sign.")


def check_item_is_looped(call: Node) -> Iterator[Finding]:
    """``{{item}}`` stands in loops only; elsewhere it is never replaced."""
    if is_looped(call) or call.has("withItems"):
        return
    for node in call.walk():
        if any(tag.body == "item" and not tag.expression for tag in find_tags(node.text)):
            message = f"failed to resolve {{{{item}}}}: {call.get('name').text} has no loop"
            yield node.finding(Rule.ITEM_WITHOUT_LOOP, message, "Add withItems, withParam or withSequence.")
