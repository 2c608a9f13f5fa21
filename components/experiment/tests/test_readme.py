"""The README tells everything that the contract promises."""

from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from machiya_experiment.buckets import buckets
from machiya_experiment.component import component

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("operation", ["split", "analyze", "allocate"])
def test_every_parameter_port_and_column_is_described(operation: str) -> None:
    chapter = README.split(f"\n## {operation}\n")[1].split("\n## ")[0]
    found = component.contract.operations[operation]
    ports = {**found.inputs, **found.outputs}
    columns = {field.name for port in ports.values() if port.table_schema for field in port.table_schema.fields}
    assert [name for name in {*found.parameters, *ports, *columns} if f"`{name}`" not in chapter] == []


@pytest.mark.parametrize("operation", ["split", "analyze", "allocate"])
def test_defaults_are_those_of_the_contract(operation: str) -> None:
    chapter = README.split(f"\n## {operation}\n")[1].split("\n## ")[0].replace("`", "")
    for name, parameter in component.contract.operations[operation].parameters.items():
        default = parameter.fragment.get("default", "")
        assert f"| {name} | {default} |".replace("  ", " ") in chapter


@pytest.mark.parametrize(("salt", "user"), [("2026-11", "u0001"), ("2026-11", "太郎")])
def test_the_examples_of_buckets_are_true(salt: str, user: str) -> None:
    digest, (bucket,) = sha256(f"{salt}\0{user}".encode()).hexdigest(), buckets(pa.array([user]), salt)
    assert f"| `{salt}` | `{user}` | `{digest[:16]}` | {bucket} |" in README


def test_every_exit_code_is_described() -> None:
    for code in component.contract.exit_codes:
        assert f"| {code} |" in README
