"""Secrets of an operation: declared in the contract, told by the environment, written nowhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from machiya_component import Component
from machiya_component.contract import check_contract, contract_from_json, contract_to_json, load_contract
from machiya_component.testing import run_operation

Load = Callable[[], object]
VALUE = "hunter2-and-more"
DECLARED = (
    '    secrets:\n      token: {description: "Opens the door. Without it the door stays closed."}\n    samples:\n'
)


@pytest.fixture
def secretive(toy: Path) -> Path:
    """The toy component with a secret, whose length it tells as a metric: -1 where there is none."""
    contract, code = toy / "component.yaml", toy / "toy_component" / "component.py"
    contract.write_text(contract.read_text().replace("    samples:\n", DECLARED))
    told = 'len(context.secret("token")) if context.secret("token") else -1'
    code.write_text(code.read_text().replace("0 if extra is None else len(extra.files)", told))
    return toy


def component(toy: Path, data: Path, *words: str, **secrets: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(toy), "MACHIYA_DATA": str(data), **secrets}
    command = [sys.executable, "-m", "machiya_component", "toy", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_declared_secret_is_part_of_the_contract(secretive: Path) -> None:
    contract = load_contract(secretive)
    secret = contract.operations["double"].secrets["token"]

    assert check_contract(secretive) == []
    assert secret.variable == "MACHIYA_SECRET_TOKEN"
    assert secret.description.startswith("Opens the door.")
    assert contract_from_json(contract_to_json(contract)) == contract


def test_a_contract_without_secrets_does_not_speak_of_them(toy: Path) -> None:
    assert "secrets" not in contract_to_json(load_contract(toy))


@pytest.mark.parametrize(
    ("written", "rule", "said"),
    [
        ("token: {}", "contract.missing", "'description' is missing."),
        ("token: {description: a, default: b}", "contract.unknown-key", "unknown key 'default'."),
        ("Token: {description: a}", "contract.name", "the name 'Token' is not allowed."),
    ],
)
def test_a_wrong_declaration_is_a_finding_with_its_line(toy: Path, written: str, rule: str, said: str) -> None:
    contract = toy / "component.yaml"
    contract.write_text(
        contract.read_text().replace("    samples:\n", f"    secrets:\n      {written}\n    samples:\n")
    )
    (finding,) = check_contract(toy)

    line = next(n for n, text in enumerate(contract.read_text().splitlines(), 1) if written in text)
    assert (finding.rule, finding.message, finding.line) == (rule, said, line)


@pytest.mark.parametrize(("value", "told"), [(VALUE, len(VALUE)), ("", -1), (None, -1)])
def test_an_operation_is_told_its_secret(secretive: Path, tmp_path: Path, value: str | None, told: int) -> None:
    (tmp_path / "data" / "in").mkdir(parents=True)
    (tmp_path / "data" / "in" / "rows").symlink_to(secretive / "sample" / "rows")
    secrets = {} if value is None else {"MACHIYA_SECRET_TOKEN": value}

    done = component(secretive, tmp_path / "data", "run", "double", **secrets)

    assert done.returncode == 0, done.stderr
    assert f'"extra": {told}' in (tmp_path / "data" / "out" / "metrics" / "metrics.json").read_text()
    written = [file.read_bytes() for file in (tmp_path / "data" / "out").rglob("*") if file.is_file()]
    assert not any(VALUE.encode() in content for content in [*written, done.stderr.encode(), done.stdout.encode()])


def test_samples_run_without_secrets(secretive: Path, tmp_path: Path) -> None:
    code = secretive / "toy_component" / "component.py"
    code.write_text(code.read_text().replace("    table = rows.read()", '    assert context.secret("token") is None'))
    code.write_text(
        code.read_text().replace(
            "doubled.write(table.set_column", "table = rows.read()\n    doubled.write(table.set_column"
        )
    )

    done = component(secretive, tmp_path, MACHIYA_SECRET_TOKEN=VALUE)

    assert done.returncode == 0, done.stderr


def test_help_names_the_variable(secretive: Path, tmp_path: Path) -> None:
    text = component(secretive, tmp_path, "run", "double", "--help").stdout

    assert "MACHIYA_SECRET_TOKEN  Opens the door." in text


def test_a_secret_that_is_not_declared_cannot_be_asked_for(load_toy: Load, secretive: Path, tmp_path: Path) -> None:
    code = secretive / "toy_component" / "component.py"
    code.write_text(code.read_text().replace('secret("token")', 'secret("tokn")'))

    with pytest.raises(LookupError, match="declares no secret 'tokn' for double"):
        run_operation(
            cast(Component, load_toy()), "double", folder=tmp_path, inputs={"rows": secretive / "sample" / "rows"}
        )


def test_a_test_can_give_a_secret(load_toy: Load, secretive: Path, tmp_path: Path) -> None:
    rows = {"rows": secretive / "sample" / "rows"}
    toy = cast(Component, load_toy())

    assert run_operation(toy, "double", folder=tmp_path, inputs=rows, secrets={"token": VALUE}).metrics()["extra"] == 16
