"""The README tells everything that the contract promises."""

from pathlib import Path

import pytest

from machiya_evaluation.component import component

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("operation", ["evaluate", "compare"])
def test_every_parameter_port_and_column_is_described(operation: str) -> None:
    chapter = README.split(f"\n## {operation}\n")[1].split("\n## ")[0]
    found = component.contract.operations[operation]
    ports = {**found.inputs, **found.outputs}
    columns = {field.name for port in ports.values() if port.table_schema for field in port.table_schema.fields}
    assert [name for name in {*found.parameters, *ports, *columns} if f"`{name}`" not in chapter] == []


@pytest.mark.parametrize("name", ["ks", "relevance", "bootstrap_samples", "confidence", "segment_edges", "seed"])
def test_defaults_are_those_of_the_contract(name: str) -> None:
    default = component.contract.operations["evaluate"].parameters[name].default
    assert f"| {name} | {default} |" in README.replace("`", "")


def test_every_exit_code_is_described() -> None:
    for code in component.contract.exit_codes:
        assert f"| {code} |" in README
