"""What the suite derives from a contract and its samples: broken tables, and values that must be refused."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya.conformance.calls import Damage, Inputs, parameter_words
from machiya.conformance.damage import damaged_field, damages, do_damage
from machiya.conformance.values import ill_typed, out_of_range
from machiya.conformance.workspace import Workspace
from machiya_component.artifacts import SIDECAR, check_artifact
from machiya_component.contract import Contract
from machiya_component.contract.complete import complete, table_schema
from machiya_component.contract.model import ArtifactType, Parameter, ParameterType, Port
from machiya_component.parameters import parse_arguments

SCHEMA = {
    "fields": [
        {"name": "user_id", "type": "string"},
        {"name": "tags", "type": "array"},
        {"name": "weight", "type": "number"},
    ]
}


def port(**changes: Any) -> Port:
    return Port(name="events", type=ArtifactType(kind="table"), table_schema=table_schema(SCHEMA), **changes)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A good table in two parts, with a sidecar."""
    folder = tmp_path / "events"
    folder.mkdir()
    columns = {"user_id": ["a", "b"], "tags": [["x"], []], "weight": [1.0, 2.0], "more": [True, False]}
    for number in range(2):
        pq.write_table(pa.table(columns), folder / f"part-{number:05}.parquet")
    assert check_artifact(folder, port()) == []
    (folder / SIDECAR).write_text("{}")
    return folder


@pytest.mark.parametrize("kind", ["truncated", "wrong-column", "wrong-type", "empty"])
def test_a_damaged_table_breaks_the_contract(table: Path, kind: Damage) -> None:
    do_damage(table, port(), kind)
    assert check_artifact(table, port()) != []
    assert not (table / SIDECAR).exists()


def test_every_part_has_the_damaged_column_and_the_others_stay(table: Path) -> None:
    do_damage(table, port(), "wrong-type")
    for part in table.glob("*.parquet"):
        schema = pq.read_schema(part)
        assert schema.names == ["user_id", "tags", "weight", "more"]
        assert schema.field("weight").type == pa.string()
        assert schema.field("user_id").type == pa.string()
    assert damaged_field(port(), "wrong-type") == "weight"


def test_an_empty_table_keeps_its_columns(table: Path) -> None:
    do_damage(table, port(), "empty")
    [part] = table.glob("*.parquet")
    assert pq.read_table(part).num_rows == 0
    assert pq.read_schema(part).names == ["user_id", "tags", "weight", "more"]


CONTRACT: dict[str, Any] = {
    "apiVersion": "machiya/v1",
    "name": "tally",
    "version": "1.0.0",
    "summary": "Counts",
    "owner": "platform",
    "operations": {
        "count": {
            "summary": "Counts",
            "inputs": {
                "events": {"type": "table", "schema": SCHEMA},
                "plain": {"type": "table"},
                "sparse": {"type": "table", "allowEmpty": True, "schema": {"fields": [{"name": "a", "type": "any"}]}},
                "extra": {"type": "table", "optional": True, "schema": SCHEMA},
                "unused": {"type": "table", "optional": True, "schema": SCHEMA},
                "model": {"type": "model"},
            },
            "outputs": {"size": {"type": "metrics"}},
            "samples": {
                "small": {"inputs": dict.fromkeys(("events", "plain", "sparse", "extra", "model"), "sample/t")}
            },
        }
    },
}


@pytest.fixture
def contract() -> Contract:
    return complete(CONTRACT)


@pytest.mark.parametrize(
    ("kind", "ports"),
    [
        ("truncated", ["events", "plain", "sparse", "extra"]),
        ("wrong-column", ["events", "sparse", "extra"]),
        ("wrong-type", ["events", "extra"]),
        ("empty", ["events", "plain", "extra"]),
        ("absent", ["events", "plain", "sparse", "model"]),
    ],
)
def test_damage_is_done_where_the_contract_makes_it_an_error(
    contract: Contract, kind: Damage, ports: list[str]
) -> None:
    assert [inputs.port for inputs in damages(contract, "count", "small", kind)] == ports


def test_inputs_hold_every_port_of_the_sample_and_only_one_is_damaged(
    contract: Contract, table: Path, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "workspace")
    table.rename(tmp_path / "t")
    (workspace.component / "sample").mkdir(parents=True)
    (tmp_path / "t").rename(workspace.component / "sample" / "t")
    whole = workspace.inputs(contract, Inputs("count", "small"))
    absent = workspace.inputs(contract, Inputs("count", "small", "events", "absent"))
    empty = workspace.inputs(contract, Inputs("count", "small", "events", "empty"))
    names = {"events", "plain", "sparse", "extra", "model"}
    assert {path.name for path in whole.iterdir()} == names
    assert {path.name for path in absent.iterdir()} == names - {"events"}
    assert pq.read_table(whole / "events").num_rows == pq.read_table(empty / "plain").num_rows == 4
    assert pq.read_table(empty / "events").num_rows == 0
    assert workspace.inputs(contract, Inputs("count", "small")) == whole


def parameter(kind: ParameterType, **fragment: Any) -> Parameter:
    return Parameter(name="p", type=kind, fragment={"type": kind, **fragment})


def refused(one: Parameter, text: str) -> bool:
    """Whether the kit, which implements the contract, refuses the value."""
    [operation] = complete(CONTRACT).operations.values()
    _, findings = parse_arguments(operation.model_copy(update={"parameters": {"p": one}}), ["--p", text])
    return bool(findings)


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "array", "object"])
def test_an_ill_typed_value_is_one_that_must_be_refused(kind: ParameterType) -> None:
    text = ill_typed(parameter(kind))
    assert text is not None
    assert refused(parameter(kind), text)


def test_every_text_is_a_string() -> None:
    assert ill_typed(parameter("string")) is None


@pytest.mark.parametrize(
    ("one", "values"),
    [
        (parameter("integer", minimum=1), ["0"]),
        (parameter("integer", minimum=0, maximum=6), ["-1", "7"]),
        (parameter("number", exclusiveMinimum=0), ["0"]),
        (parameter("number", minimum=0, exclusiveMaximum=1), ["-1", "1"]),
        (parameter("integer", multipleOf=4), ["5"]),
        (parameter("integer", enum=[1, 2]), ["3"]),
        (parameter("string", enum=["als", "bpr"]), ["no-such-value"]),
        (parameter("string", pattern="^[a-z]+$"), ["?!"]),
        (parameter("string", minLength=1), [""]),
        (parameter("string", maxLength=3), ["xxxx"]),
        (parameter("array", minItems=1), ["[]"]),
        (
            parameter("array", items={"type": "integer", "minimum": 1}),
            ["[0]"],
        ),
        (parameter("array", maxItems=1, default=["a"]), ['["a", "a"]']),
        (parameter("object", required=["a"]), ['{"no_such_key": null}']),
        (parameter("array", items={"type": "string"}), ['[{"not": "an item"}]']),
        (parameter("number", multipleOf=0.5), ["0.25"]),
    ],
)
def test_values_out_of_range_break_one_rule_each(one: Parameter, values: list[str]) -> None:
    assert out_of_range(one) == values
    assert all(refused(one, value) for value in values)


@pytest.mark.parametrize("kind", ["integer", "number", "string", "boolean", "object"])
def test_where_everything_is_allowed_nothing_is_out_of_range(kind: ParameterType) -> None:
    assert out_of_range(parameter(kind)) == []


def test_values_become_words_as_the_contract_says() -> None:
    values = {"unit": "kilo bytes", "places": 2, "scale": 0.5, "strict": True, "kinds": ["a"], "map": {"b": None}}
    assert parameter_words(values) == (
        *("--unit", "kilo bytes", "--places", "2", "--scale", "0.5", "--strict", "true"),
        *("--kinds", '["a"]', "--map", '{"b": null}'),
    )
