"""Parameters: ``--name value`` text -> typed values, checked against the contract; all problems at once."""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from machiya_component.contract.model import Operation, Parameter
from machiya_component.findings import Finding


def violations(fragment: Mapping[str, Any], value: Any) -> list[str]:
    """Why a value breaks a JSON Schema fragment, each as a clause (``0 is less than the minimum of 1``)."""
    if _plainly_fits(fragment, value):
        return []
    import re

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, UnknownType

    try:
        validator = Draft202012Validator(dict(fragment), format_checker=Draft202012Validator.FORMAT_CHECKER)
        return [error.message.rstrip(".") for error in validator.iter_errors(value)]
    except (SchemaError, UnknownType, re.error):
        return []  # the fragment itself is reported by its own rule


_TOLD = frozenset({"type", "default", "title", "description", "examples"})
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_SCALARS: dict[str, type | tuple[type, ...]] = {"integer": int, "number": (int, float), "string": str, "boolean": bool}


def _plainly_fits(fragment: Mapping[str, Any], value: Any) -> bool:
    """Whether a scalar keeps the common keywords, told without importing jsonschema, which takes a tenth of a second.

    False where that is not plain: jsonschema then says what is wrong, if anything is.
    """
    kind = _SCALARS.get(str(fragment.get("type")))
    if kind is None or not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
        return False
    keywords = fragment.keys() - _TOLD
    if isinstance(value, str):
        return not keywords - {"enum"} and value in fragment.get("enum", [value])
    return not keywords - _BOUNDS.keys() and all(_BOUNDS[name](value, fragment[name]) for name in keywords)


def parse_arguments(operation: Operation, arguments: Sequence[str]) -> tuple[dict[str, Any], list[Finding]]:
    """The values of a call, defaults filled in, and everything that is wrong with it.

    ``arguments`` alternates ``--name`` and value (``--name=value`` works too). Text is read by the declared type:
    integers and numbers in decimal, booleans as ``true`` or ``false``, arrays and objects as JSON.
    """
    given, findings = _pairs(arguments)
    values: dict[str, Any] = {}
    for name, text in given.items():
        parameter = operation.parameters.get(name)
        if parameter is None:
            findings.append(_unknown(operation, name))
            continue
        value, problem = read_value(parameter, text)
        if problem:
            findings.append(Finding("arguments.type", problem, _hint(parameter), where=f"--{name}"))
        else:
            values[name] = value
    completed, more = complete_parameters(operation, values, absent_is_missing=set(given))
    return completed, findings + more


def complete_parameters(
    operation: Operation, values: Mapping[str, Any], absent_is_missing: set[str] | frozenset[str] = frozenset()
) -> tuple[dict[str, Any], list[Finding]]:
    """Typed values of a call -> all parameters in the contract's order with defaults, and what is wrong.

    A name in ``absent_is_missing`` was given but could not be read, so it is not reported as missing as well.
    """
    findings = [_unknown(operation, name) for name in values if name not in operation.parameters]
    completed: dict[str, Any] = {}
    for name, parameter in operation.parameters.items():
        if name in values:
            completed[name] = _number(parameter, values[name])
            findings += [
                Finding("arguments.range", f"{problem}.", _hint(parameter), where=f"--{name}")
                for problem in violations(parameter.fragment, values[name])
            ]
        elif not parameter.required:
            completed[name] = _number(parameter, parameter.default)
        elif name not in absent_is_missing:
            findings.append(Finding("arguments.missing", "a value is required.", _hint(parameter), where=f"--{name}"))
    return completed, findings


def _number(parameter: Parameter, value: Any) -> Any:
    """JSON does not tell 1 from 1.0; a parameter of type number is a float, one of type integer an int."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if parameter.type == "number":
        return float(value)
    return int(value) if parameter.type == "integer" and float(value).is_integer() else value


def _pairs(arguments: Sequence[str]) -> tuple[dict[str, str], list[Finding]]:
    given: dict[str, str] = {}
    findings: list[Finding] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            remedy = "Parameters are given as --name value."
            findings.append(Finding("arguments.form", f"{word!r} is not expected here.", remedy))
            continue
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not rest:
                findings.append(Finding("arguments.form", "no value follows.", "Give --name value.", where=word))
                continue
            value = rest.pop(0)
        if name in given:
            findings.append(Finding("arguments.form", "given twice.", "Give it once.", where=f"--{name}"))
        given[name] = value
    return given, findings


def read_value(parameter: Parameter, text: str) -> tuple[Any, str]:
    """The value that a text means by the parameter's type: (value, "") or (None, what is wrong)."""
    wrong = f"{text!r} is not of type {parameter.type}."
    if parameter.type == "string":
        return text, ""
    if parameter.type == "boolean":
        return (text == "true", "") if text in ("true", "false") else (None, wrong)
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError:
        return None, wrong
    if isinstance(value, bool) or not isinstance(value, _JSON_TYPES[parameter.type]):
        return None, wrong
    return value, ""


_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _hint(parameter: Parameter) -> str:
    """What a right value looks like, for a call."""
    choices = _choices(parameter)
    return choices or f"Example: --{parameter.name} {example_text(parameter)}"


def _choices(parameter: Parameter) -> str:
    return f"One of: {', '.join(map(str, parameter.fragment['enum']))}." if "enum" in parameter.fragment else ""


def example_text(parameter: Parameter) -> str:
    """A right value as it is typed into a shell."""
    examples = {"integer": "20", "number": "0.5", "boolean": "true", "array": "'[1, 2]'", "object": "'{\"a\": 1}'"}
    fragment = parameter.fragment
    example = next(iter(fragment.get("enum", ())), fragment.get("examples", [fragment.get("default")])[0])
    if example in (None, [], {}):
        return examples.get(parameter.type, "text")
    text = example if isinstance(example, str) and example else json.dumps(example, ensure_ascii=False)
    return f"'{text}'" if parameter.type in ("array", "object") else text


def _unknown(operation: Operation, name: str) -> Finding:
    known = list(operation.parameters)
    close = get_close_matches(name, known, n=1)
    remedy = f"Did you mean --{close[0]}?" if close else f"Parameters: {', '.join(known) or 'none'}."
    return Finding("arguments.unknown", f"{operation.name} has no such parameter.", remedy, where=f"--{name}")
