"""`machiya render`: the manifests of workflows."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.errors import CheckError, NotFoundError

if TYPE_CHECKING:
    from machiya.manifest.render import Rendered

SHOWN_LINES = 20


@click.command
@click.argument("workflow", required=False, metavar="[WORKFLOW]")
@click.option("--stage", metavar="STAGE", help="Only this stage. [default: all stages of pins.yaml]")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a manifest is not as it would be rendered.")
def render(workflow: str | None, stage: str | None, check: bool) -> None:
    """Write the Argo manifests of workflows.

    WORKFLOW is the name of a folder below workflows/, or a folder; without it all of them. Each stage
    of its pins.yaml gives one file, rendered/STAGE.yaml, which is committed: a WorkflowTemplate, and a
    CronWorkflow where there is a schedule. Needs no network, engine or cluster.
    """
    manifests = list(_manifests(workflow, stage))
    stale = [manifest for manifest in manifests if manifest.is_stale]
    for manifest in manifests:
        if not check and manifest.is_stale:
            manifest.path.parent.mkdir(exist_ok=True)
            manifest.path.write_text(manifest.text, encoding="utf-8")
        click.echo(f"{manifest.path}: {_verdict(manifest, check)}")
        if check and manifest.is_stale:
            _show_differences(manifest)
    if check and stale:
        names = "1 manifest is" if len(stale) == 1 else f"{len(stale)} manifests are"
        raise CheckError(f"{names} stale.", "Run `machiya render`, look at the difference, and commit it.")


def _manifests(workflow: str | None, stage: str | None) -> "Iterator[Rendered]":
    from machiya.dsl import find_workflow, workflow_folders
    from machiya.manifest.render import rendered
    from machiya.pins import load_pins

    folders: list[Path] = [find_workflow(workflow)] if workflow else workflow_folders()
    if not folders:
        raise NotFoundError("There is no workflow below workflows/.", "Name one, or change to the project's folder.")
    for folder in folders:
        pins = load_pins(folder)
        for name in [stage] if stage else pins.stages:
            yield rendered(folder, pins, name)


def _verdict(manifest: "Rendered", check: bool) -> str:
    if not manifest.is_stale:
        return "up to date"
    if not check:
        return "written"
    return "stale" if manifest.kept is not None else "missing"


def _show_differences(manifest: "Rendered") -> None:
    lines = manifest.differences()
    for line in islice(lines, SHOWN_LINES):
        click.echo(f"    {line}")
    if len(lines) > SHOWN_LINES:
        click.echo(f"    ... and {len(lines) - SHOWN_LINES} more lines")
