"""Parameters of a call: text is read by the declared type, and every problem is reported at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from machiya_component.contract.model import Operation, Parameter
from machiya_component.parameters import complete_parameters, parse_arguments, violations

FRAGMENTS: dict[str, dict[str, Any]] = {
    "factors": {"type": "integer", "default": 64, "minimum": 1},
    "alpha": {"type": "number", "default": 1},
    "name": {"type": "string", "default": "x", "pattern": "^[a-z]*$"},
    "kind": {"type": "string", "default": "als", "enum": ["als", "bpr"]},
    "fast": {"type": "boolean", "default": False},
    "ks": {"type": "array", "default": [10], "items": {"type": "integer"}},
    "weights": {"type": "object", "default": {}, "additionalProperties": {"type": "number"}},
    "limits": {"type": "object", "default": {}, "examples": [{"view": 3}]},
    "needed": {"type": "integer"},
}
TRAIN = Operation(
    name="train",
    summary="x",
    parameters={
        name: Parameter(name=name, type=fragment["type"], fragment=fragment) for name, fragment in FRAGMENTS.items()
    },
)


def test_defaults_fill_in_what_a_call_leaves_out() -> None:
    values, findings = parse_arguments(TRAIN, ["--needed", "1"])

    assert findings == []
    assert values == {
        "factors": 64, "alpha": 1.0, "name": "x", "kind": "als", "fast": False, "ks": [10], "weights": {}, "limits": {},
        "needed": 1,
    }  # fmt: skip
    assert isinstance(values["alpha"], float)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--factors", "8"], "factors", 8),
        (["--factors=8"], "factors", 8),
        (["--alpha", "-0.5"], "alpha", -0.5),
        (["--alpha", "3"], "alpha", 3.0),
        (["--alpha", "1e-3"], "alpha", 0.001),
        (["--name", ""], "name", ""),
        (["--name="], "name", ""),
        (["--fast", "true"], "fast", True),
        (["--ks", "[5, 20]"], "ks", [5, 20]),
        (["--weights", '{"view": 1}'], "weights", {"view": 1}),
    ],
)
def test_text_is_read_by_the_declared_type(words: list[str], name: str, value: object) -> None:
    values, findings = parse_arguments(TRAIN, [*words, "--needed", "1"])

    assert findings == []
    assert values[name] == value
    assert type(values[name]) is type(value)


@pytest.mark.parametrize(
    ("words", "rule", "where", "hint"),
    [
        (["--factor", "8"], "arguments.unknown", "--factor", "Did you mean --factors?"),
        (["--zzz", "8"], "arguments.unknown", "--zzz", "factors, alpha"),
        (["--factors", "many"], "arguments.type", "--factors", "--factors 64"),
        (["--factors", "8.5"], "arguments.type", "--factors", "--factors 64"),
        (["--factors", "true"], "arguments.type", "--factors", "--factors 64"),
        (["--alpha", "NaN"], "arguments.type", "--alpha", "--alpha 1"),
        (["--fast", "yes"], "arguments.type", "--fast", "false"),
        (["--ks", "5,20"], "arguments.type", "--ks", "'[10]'"),
        (["--weights", "1"], "arguments.type", "--weights", "'{\"a\": 1}'"),
        (["--limits", "1"], "arguments.type", "--limits", "'{\"view\": 3}'"),
        (["--factors", "0"], "arguments.range", "--factors", "--factors 64"),
        (["--kind", "svd"], "arguments.range", "--kind", "als, bpr"),
        (["--name", "X"], "arguments.range", "--name", "--name x"),
        (["--ks", '["a"]'], "arguments.range", "--ks", "[10]"),
        (["--factors"], "arguments.form", "--factors", "value"),
        (["factors", "8"], "arguments.form", "", "--name value"),
        (["--factors", "8", "--factors", "9"], "arguments.form", "--factors", "once"),
    ],
)
def test_a_wrong_argument_is_found(words: list[str], rule: str, where: str, hint: str) -> None:
    _, findings = parse_arguments(TRAIN, ["--needed", "1", *words])

    assert (findings[0].rule, findings[0].where) == (rule, where)
    assert hint in findings[0].remedy


def test_all_problems_of_a_call_come_at_once() -> None:
    _, findings = parse_arguments(TRAIN, ["--factors", "0", "--alpha", "x", "--zzz", "1"])

    assert sorted(finding.rule for finding in findings) == [
        "arguments.missing", "arguments.range", "arguments.type", "arguments.unknown"
    ]  # fmt: skip


def test_a_value_that_could_not_be_read_is_not_missing_as_well() -> None:
    _, findings = parse_arguments(TRAIN, ["--needed", "x"])

    assert [finding.rule for finding in findings] == ["arguments.type"]


def test_typed_values_are_checked_too() -> None:
    _, findings = complete_parameters(TRAIN, {"factors": "8", "other": 1})

    assert sorted(finding.rule for finding in findings) == ["arguments.missing", "arguments.range", "arguments.unknown"]


SCALAR_FRAGMENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number", "string", "boolean"])},
    optional={
        "minimum": st.integers(-2, 2),
        "maximum": st.integers(-2, 2),
        "exclusiveMinimum": st.integers(-2, 2),
        "exclusiveMaximum": st.floats(-2, 2),
        "enum": st.lists(st.one_of(st.integers(-2, 2), st.text("ab", max_size=2), st.booleans()), min_size=1),
        "minLength": st.integers(0, 2),
        "description": st.just("words"),
    },
)
SCALARS = st.one_of(st.integers(-3, 3), st.floats(-3, 3), st.text("ab", max_size=2), st.booleans(), st.none())


@given(fragment=SCALAR_FRAGMENTS, value=SCALARS)
def test_what_is_told_without_jsonschema_is_what_it_says(fragment: dict[str, Any], value: Any) -> None:
    assert bool(violations(fragment, value)) == (not Draft202012Validator(fragment).is_valid(value))
