"""component.yaml, the code and the documents say the same."""

import tomllib
from pathlib import Path

import pytest

from machiya_component.testing import run_operation
from machiya_preprocess.component import component
from machiya_preprocess.verdict import REASONS, REMEDIES

SAMPLES = [
    (operation.name, sample.name)
    for operation in component.contract.operations.values()
    for sample in operation.samples.values()
    if sample.expect == 0
]


def test_functions_agree_with_the_contract() -> None:
    component.check()


def test_the_version_is_the_same_everywhere(home: Path) -> None:
    project = tomllib.loads((home / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == component.contract.version
    assert f"## [{component.contract.version}]" in (home / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_reasons_are_those_of_the_contract() -> None:
    clean = component.contract.operations["clean"]
    schema = clean.outputs["rejected"].table_schema
    assert schema is not None
    declared = next(field.constraints.enum for field in schema.fields if field.name == "reason")
    assert declared == tuple(reason.value for reason in REASONS)
    assert REMEDIES.keys() == set(REASONS)
    for reason in REASONS:
        assert f"`{reason}`" in (clean.description or "")


def test_every_parameter_is_described_here_and_in_the_readme(home: Path) -> None:
    readme = (home / "README.md").read_text(encoding="utf-8")
    for operation in component.contract.operations.values():
        for parameter in operation.parameters.values():
            assert parameter.description
            assert f"`{parameter.name}`" in readme, parameter.name


@pytest.mark.parametrize(("operation", "name"), SAMPLES)
def test_samples_give_the_same_digests_twice(operation: str, name: str, home: Path, tmp_path: Path) -> None:
    sample = component.contract.operations[operation].samples[name]
    inputs = {port: home / path for port, path in sample.inputs.items()}
    runs = [
        run_operation(component, operation, inputs=inputs, parameters=sample.parameters, folder=tmp_path / number)
        for number in "12"
    ]
    first, second = ({port: artifact.digest for port, artifact in run.sidecars.items()} for run in runs)
    assert first == second
