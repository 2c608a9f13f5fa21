"""`machiya pins`: the pins of workflows."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import json_option
from machiya.errors import CheckError, NotFoundError

if TYPE_CHECKING:
    from machiya_component.findings import Finding


@click.group
def pins() -> None:
    """Verify the pins of workflows."""


@pins.command
@click.argument("workflow", required=False, metavar="[WORKFLOW]")
@click.option("--offline", is_flag=True, help="Ask no registry.")
@json_option
def check(workflow: str | None, offline: bool, as_json: bool) -> None:
    """Check pins.yaml and everything derived from it.

    That it is valid and whole; that contracts are kept, and are those of the images; that manifests are rendered; that
    every digest is in the registry, its tag still points at it, and its image passed; that waivers are needed. All
    findings at once, with line and remedy. WORKFLOW is the name of a folder below workflows/, or a folder; without it
    all of them.
    """
    from machiya.cli.findings import echo_findings

    folders = _folders(workflow)
    found = [finding for folder in folders for finding in _findings(folder, offline)]
    echo_findings(found, as_json=as_json)
    if found:
        count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
        raise CheckError(f"{count}.", "Mend them from the first to the last, then check again.")
    if not as_json:
        for folder in folders:
            click.echo(f"{folder / 'pins.yaml'}: everything is in order, {_asked(folder, offline)}")


def _asked(folder: Path, offline: bool) -> str:
    """What the registry had to say."""
    from machiya.pins import load_pins

    if offline:
        return "without asking the registry"
    pins = load_pins(folder)
    released = bool(pins.canary) or any(pin.digest for stage in pins.stages.values() for pin in stage.values())
    return "the registry agrees" if released else "and nothing pinned is released yet"


def _folders(workflow: str | None) -> list[Path]:
    from machiya.dsl import find_workflow, workflow_folders

    folders = [find_workflow(workflow)] if workflow else workflow_folders()
    if not folders:
        raise NotFoundError("There is no workflow below workflows/.", "Name one, or change to the project's folder.")
    return folders


def _findings(folder: Path, offline: bool) -> "list[Finding]":
    from machiya.release.stages.checks import check_pins

    return check_pins(folder, offline=offline)
