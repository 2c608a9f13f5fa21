"""`machiya check`: a component.yaml against the rules of the contract; no container engine needed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.findings import echo_findings
from machiya.errors import ContractError, NotFoundError

if TYPE_CHECKING:
    from machiya_component.findings import Finding


@click.command
@click.argument("path", type=click.Path(path_type=Path), default=Path(), metavar="[FOLDER|FILE]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(path: Path, as_json: bool) -> None:
    """Check a component.yaml against the rules of the contract.

    FOLDER is a component's folder, FILE its component.yaml; without either, the folder you are in. Also looks whether
    the sample data is there. Prints everything that is wrong at once, each with its line and what would be right, and
    ends with 65 if anything is.
    """
    from machiya_component.contract import CONTRACT_FILE

    file = path / CONTRACT_FILE if path.is_dir() else path
    if not file.is_file():
        raise NotFoundError(f"{file} is not there.", "Name the folder of a component, or its component.yaml.")
    found = findings_of(file)
    echo_findings(found, as_json=as_json)
    if found:
        rules = "1 rule" if len(found) == 1 else f"{len(found)} rules"
        raise ContractError(f"{file} breaks {rules} of the contract.")
    if not as_json:
        click.echo(f"{file}: nothing to complain about")


def findings_of(file: Path) -> "list[Finding]":
    """Everything that is wrong with the contract in `file`, be it only that it cannot be read as YAML."""
    from machiya_component.contract import ContractError as Unreadable
    from machiya_component.contract import check_contract

    try:
        return check_contract(file)
    except Unreadable as error:
        return error.findings
