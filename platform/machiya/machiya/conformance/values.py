"""Values that a parameter must refuse, derived from its JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from machiya_component.contract.model import Parameter
from machiya_component.parameters import violations

_ILL_TYPED = {
    "integer": "not-a-number",
    "number": "not-a-number",
    "boolean": "perhaps",
    "array": '{"not": "an array"}',
    "object": '["not an object"]',
}


def ill_typed(parameter: Parameter) -> str | None:
    """Text that is not of the parameter's type; None for strings, as every text is one."""
    return _ILL_TYPED.get(parameter.type)


def out_of_range(parameter: Parameter) -> list[str]:
    """Texts of values that are of the right type and break a rule, one for each rule; empty where all are allowed."""
    found: dict[str, None] = {}
    for alternatives in _candidates(parameter.fragment):
        for value in alternatives:
            if _has_type(value, parameter.type) and violations(parameter.fragment, value):
                found[value if isinstance(value, str) else json.dumps(value)] = None
                break
    return list(found)


def _has_type(value: Any, kind: str) -> bool:
    types: Mapping[str, Any] = {
        "integer": int,
        "number": int | float,
        "string": str,
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _candidates(fragment: Mapping[str, Any]) -> Iterator[list[Any]]:
    """For each keyword, values that are likely to break it; the caller takes the first that does."""
    if "minimum" in fragment:
        yield [fragment["minimum"] - 1]
    if "exclusiveMinimum" in fragment:
        yield [fragment["exclusiveMinimum"]]
    if "maximum" in fragment:
        yield [fragment["maximum"] + 1]
    if "exclusiveMaximum" in fragment:
        yield [fragment["exclusiveMaximum"]]
    if "multipleOf" in fragment:
        yield [fragment["multipleOf"] + 1, fragment["multipleOf"] / 2]
    if "enum" in fragment or "const" in fragment:
        yield ["no-such-value", *_outside(fragment.get("enum", [fragment.get("const")]))]
    if "pattern" in fragment or "format" in fragment:
        yield ["?!", "no such text", "0"]
    if "minLength" in fragment:
        yield ["x" * (fragment["minLength"] - 1)]
    if "maxLength" in fragment:
        yield ["x" * (fragment["maxLength"] + 1)]
    if fragment.get("type") == "array":
        yield from _arrays(fragment)
    if fragment.get("type") == "object":
        yield [{"no_such_key": None}, {}]


def _outside(allowed: list[Any]) -> list[Any]:
    """A number that is not in a list of numbers."""
    numbers = [value for value in allowed if isinstance(value, int | float) and not isinstance(value, bool)]
    return [max(numbers) + 1] if numbers else []


def _arrays(fragment: Mapping[str, Any]) -> Iterator[list[Any]]:
    items = fragment.get("items")
    if isinstance(items, dict):
        wrong = [value for alternatives in _candidates(items) for value in alternatives]
        yield [[value] for value in (*wrong, "not-an-item", {"not": "an item"})]
    examples = fragment.get("default") or (fragment.get("examples") or [[]])[0] or ["x"]
    if "minItems" in fragment:
        yield [examples[: fragment["minItems"] - 1]]
    if "maxItems" in fragment:
        yield [[examples[0]] * (fragment["maxItems"] + 1)]
    if fragment.get("uniqueItems"):
        yield [[examples[0], examples[0]]]
