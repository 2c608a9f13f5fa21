"""Raw form -> every finding with its line: first the shape (JSON Schema), then what a schema cannot say (``rules``)."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from machiya_component.contract.parse import KeyPath, RawContract
from machiya_component.contract.problem import Problem, Rule
from machiya_component.contract.rules import RULES
from machiya_component.findings import Finding


def validate(raw: RawContract) -> list[Finding]:
    """All findings in the order of their lines."""
    if raw.findings:
        return list(raw.findings)
    problems = list(_shape_problems(raw.data))
    for rule in RULES:
        problems += _applied(rule, raw.data, misshapen=bool(problems))
    findings = [_located(problem, raw) for problem in problems]
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.rule))


def _applied(rule: Rule, data: Any, misshapen: bool) -> list[Problem]:
    """What a rule finds. Where it stumbles over data of a wrong shape, the finding about the shape says it already."""
    found: list[Problem] = []
    try:
        found.extend(rule(data))
    except (AttributeError, KeyError, TypeError):
        if not misshapen:
            raise
    return found


def sample_findings(raw: RawContract, folder: Path) -> list[Finding]:
    """Sample folders that a valid contract names and that are not there or empty."""
    problems = [
        Problem(
            "contract.sample-data",
            ("operations", operation, "samples", sample, "inputs", port),
            f"the sample folder {path!r} is not there or is empty.",
            "Make it with sample/generate.py and commit it.",
        )
        for operation, body in raw.data["operations"].items()
        for sample, call in (body.get("samples") or {}).items()
        for port, path in ((call or {}).get("inputs") or {}).items()
        if not (folder / path).is_dir() or not any((folder / path).iterdir())
    ]
    return [_located(problem, raw) for problem in problems]


def _located(problem: Problem, raw: RawContract) -> Finding:
    return Finding(
        rule=problem.rule,
        message=problem.message,
        remedy=problem.remedy,
        where=".".join(str(part) for part in problem.path),
        file=raw.file,
        line=raw.line_of(problem.path),
    )


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(Path(__file__).with_name("component.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _shape_problems(data: Any) -> Iterator[Problem]:
    """One problem for every way in which the data is not of the published schema's shape."""
    for error in _validator().iter_errors(data):
        yield from _explained(error)


def _explained(error: Any) -> Iterator[Problem]:
    path: KeyPath = tuple(error.absolute_path)
    keyword = error.validator
    if keyword == "required":
        missing = error.message.split("'")[1]
        example = _examples(error.schema.get("properties", {}).get(missing, {}))
        yield Problem("contract.missing", path, f"{missing!r} is missing.", _example_text(missing, example))
    elif keyword == "additionalProperties":
        known = error.schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield Problem("contract.unknown-key", (*path, key), f"unknown key {key!r}.", nearest(key, list(known)))
    elif "propertyNames" in error.absolute_schema_path:
        name = error.instance
        wanted = error.schema.get("pattern") or ", ".join(map(str, error.schema.get("enum", [])))
        yield Problem("contract.name", (*path, name), f"the name {name!r} is not allowed.", f"Names match {wanted}.")
    else:
        example = _examples(error.schema)
        key = str(path[-1]) if path else "component.yaml"
        yield Problem(f"contract.{_RULE_NAMES.get(keyword, 'value')}", path, _say(error), _example_text(key, example))


_RULE_NAMES = {"type": "type", "enum": "enum", "const": "enum", "pattern": "pattern"}


def _say(error: Any) -> str:
    value = json.dumps(error.instance, ensure_ascii=False, default=str)
    value = value if len(value) <= 80 else value[:77] + "..."
    if error.validator == "type":
        wanted = error.validator_value
        wanted = wanted if isinstance(wanted, str) else " or ".join(wanted)
        return f"{value} is not of type {wanted}."
    if error.validator in ("enum", "const"):
        allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
        return f"{value} is not one of {', '.join(map(str, allowed))}."
    if error.validator == "pattern":
        return f"{value} does not match {error.validator_value}."
    return f"{error.message.rstrip('.')}."


def _examples(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = _validator().schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema.get("examples", [None])[0]


def _example_text(key: str, example: Any) -> str:
    return "" if example is None else f"Example: {key}: {json.dumps(example, ensure_ascii=False)}"


def nearest(word: str, known: list[str]) -> str:
    """``Did you mean 'x'?`` where a known word is close, else the list of known words."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known here: {', '.join(known)}."
