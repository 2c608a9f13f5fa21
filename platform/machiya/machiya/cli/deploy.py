"""`machiya deploy`: the template and the schedule of a workflow, on a cluster."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from machiya.cli.options import Target, cluster_options, json_option
from machiya.errors import CheckError

if TYPE_CHECKING:
    from machiya.engines.argo.deployment import Change
    from machiya.manifest.render import Rendered

SHOWN_LINES = 20
_DONE = {"create": "created", "update": "updated", "suspend": "suspended", "leave": "up to date"}
_TO_DO = {"create": "would be created", "update": "would be updated", "suspend": "would be suspended"}


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.option("--stage", required=True, metavar="STAGE", help="Deploy the manifest of this stage.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@cluster_options
@json_option
def deploy(workflow: str, stage: str, dry_run: bool, target: Target, as_json: bool) -> None:
    """Put the template and the schedule of a workflow on a cluster.

    What is deployed is the file rendered/STAGE.yaml, which must be what `machiya render` makes now, and
    pass `machiya lint`. What others added - labels, a schedule that was suspended by hand - stays; what
    somebody changes at the same time is not overwritten. Doing it again changes nothing.
    """
    from machiya.cli.cluster import connected
    from machiya.cli.output import print_json
    from machiya.dsl import find_workflow
    from machiya.engines.argo.deployment import apply, changes
    from machiya.engines.argo.documents import read_documents
    from machiya.manifest.profile import load_profile
    from machiya.manifest.render import rendered
    from machiya.pins import load_pins

    folder = find_workflow(workflow)
    manifest = rendered(folder, load_pins(folder), stage)
    _check(manifest)
    documents = read_documents(manifest.text, str(manifest.path))
    with connected(target.within(load_profile(folder, stage).namespace)) as server:
        found = list(changes(server, documents))
        for change in found:
            if not dry_run:
                apply(server, change)
            if not as_json:
                _show(change, server.settings.namespace, dry_run=dry_run)
    if as_json:
        print_json([_told(change, dry_run=dry_run) for change in found])


def _check(manifest: "Rendered") -> None:
    """The manifest is the one that was looked at and committed, and it is sound."""
    from machiya.manifest.lint import lint

    if manifest.is_stale:
        raise CheckError(
            f"{manifest.path} is not what would be rendered now.",
            "Run `machiya render`, look at the difference, commit it, and deploy again.",
        )
    findings = lint([(str(manifest.path), manifest.text)])
    if findings:
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        raise CheckError(f"{manifest.path} has {count}.", "\n".join(map(str, findings)))


def _show(change: "Change", namespace: str, *, dry_run: bool) -> None:
    click.echo(f"{change.kind} {change.name} ({namespace}): {_outcome(change, dry_run=dry_run)}")
    for line in islice(change.lines, SHOWN_LINES):
        click.echo(f"    {line}")
    if len(change.lines) > SHOWN_LINES:
        click.echo(f"    ... and {len(change.lines) - SHOWN_LINES} more lines")
    for note in change.notes:
        click.echo(f"    note: {note}")


def _outcome(change: "Change", *, dry_run: bool) -> str:
    return _TO_DO.get(change.action, _DONE[change.action]) if dry_run else _DONE[change.action]


def _told(change: "Change", *, dry_run: bool) -> dict[str, Any]:
    """Documented in docs/cli.md, below `machiya deploy`."""
    return {
        "kind": change.kind,
        "name": change.name,
        "action": change.action,
        "applied": not dry_run and change.action != "leave",
        "differences": list(change.lines),
        "notes": list(change.notes),
    }
