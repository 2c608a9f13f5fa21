"""Unknown fields, values of the wrong type and missing fields: the manifest beside the table of known fields."""

import difflib
import re
from collections.abc import Iterator, Mapping

from machiya.manifest.lint.fields import Field, known_models
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.rules import Rule
from machiya_component.findings import Finding

_STEP_GROUP = re.compile(r"\.steps\[\d+\]$")
_GO_NAMES = {"map": "object", "list": "array", "str": "string", "int": "number", "float": "number", "bool": "bool"}
_ACCEPTED: dict[str, tuple[str, ...]] = {
    "str": ("str",),
    "time": ("str",),
    "any-str": ("str", "int", "float", "bool"),
    "int": ("int",),
    "float": ("int", "float"),
    "bool": ("bool",),
    "quantity": ("str", "int", "float"),
    "int-or-str": ("str", "int"),
}
_WANTED = {
    "str": "a string",
    "time": "a time, as a string",
    "any-str": "a string, number or boolean",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "quantity": "a quantity such as 500m or 2Gi",
    "int-or-str": "a whole number or a string",
}


def check_structure(root: Node, kind: str) -> Iterator[Finding]:
    """Everything in the document that Argo's decoder would refuse, at any depth. `kind` is the model of the root."""
    yield from _check_model(root, kind)


def _check(node: Node, kind: str) -> Iterator[Finding]:
    if not node.given or kind == "any":
        return
    if kind.startswith("["):
        if node.kind == "list":
            for element in node.elements:
                yield from _check(element, kind[1:-1])
        else:
            yield _wrong_type(node, "a list", _as_list(node))
    elif kind.startswith("{"):
        if node.kind == "map":
            for value in node.entries.values():
                yield from _check(value, kind[1:-1])
        else:
            yield _wrong_type(node, "a map of names to values", "Write `name: value` lines below it.")
    elif kind in _ACCEPTED:
        if node.kind not in _ACCEPTED[kind]:
            yield _wrong_type(node, _WANTED[kind], _scalar_remedy(node, kind))
    elif node.kind == "map":
        yield from _check_model(node, kind)
    else:
        known = ", ".join(list(known_models()[kind])[:4])
        yield _wrong_type(node, f"an object ({_plain_name(kind)})", f"Write its fields below it: {known}, ...")


def _check_model(node: Node, model: str) -> Iterator[Finding]:
    fields = known_models()[model]
    for name, value in node.entries.items():
        if name in fields:
            yield from _check(value, fields[name].type)
        else:
            yield value.finding(
                Rule.UNKNOWN_FIELD, f'unknown field "{name}" in {_plain_name(model)}', _advice(name, fields)
            )
    for name, known in fields.items():
        if known.required and not node.has(name):
            remedy = f"Add `{name}:` to it."
            yield node.finding(
                Rule.MISSING_FIELD, f'required field "{name}" of {_plain_name(model)} is missing', remedy
            )


def _wrong_type(node: Node, wanted: str, remedy: str) -> Finding:
    shown = f" {node.text}" if node.is_scalar and len(node.text) <= 60 else ""
    return node.finding(Rule.WRONG_TYPE, f"cannot unmarshal {_GO_NAMES[node.kind]}{shown}: {wanted} is wanted", remedy)


def _as_list(node: Node) -> str:
    if _STEP_GROUP.search(node.path):
        return "Each group of steps is a list of its own: begin it with two dashes, `- - name: ...`."
    if node.kind == "map" and node.entries:
        first = next(iter(node.entries))
        return f"Begin each element with a dash; a list of named things is `- name: {first}` and what belongs to it."
    return (
        f"Begin each element with a dash, or write [{node.text}]."
        if node.is_scalar
        else "Begin each element with a dash."
    )


def _scalar_remedy(node: Node, kind: str) -> str:
    if kind in ("str", "time") and node.is_scalar:
        return f'Quote it: "{node.text}".'
    if node.kind == "str" and "{{" in node.text:
        return "Fields of this type take no {{variables}}; write the value itself."
    if node.kind == "str" and kind in ("int", "float", "bool"):
        return "Write it without quotes."
    return f"Write {_WANTED[kind]}."


def _advice(name: str, fields: Mapping[str, Field]) -> str:
    close = {known.lower(): known for known in fields}
    if match := difflib.get_close_matches(name.lower(), close, n=1, cutoff=0.75):
        return f"Did you mean `{close[match[0]]}`? Names are case-sensitive."
    models = known_models()
    below = [known for known, field in fields.items() if name in models.get(field.type.strip("[]{}"), {})]
    if below:
        return f"It belongs below `{'` or `'.join(below[:3])}`."
    return f"Remove it. Known here: {', '.join(sorted(fields)[:12])}{', ...' if len(fields) > 12 else ''}."


def _plain_name(model: str) -> str:
    return model.removeprefix("k8s.")
