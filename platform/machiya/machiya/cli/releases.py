"""`machiya releases`: the versions of a component, and who runs them."""

from typing import TYPE_CHECKING

import click

from machiya.cli.options import json_option, registry_option
from machiya.errors import CheckError

if TYPE_CHECKING:
    from machiya.release.overview import Overview


@click.command()
@click.argument("name")
@registry_option
@json_option
def releases(name: str, registry: str | None, as_json: bool) -> None:
    """List the released versions of a component.

    The newest first, each with its date, digest, the verdict of the conformance suite, and the stages and canaries of
    the workflows below workflows/ that run it. Ends with 1 where a pin names a digest that its version does not have
    any more, or that is gone.
    """
    from machiya.cli.output import print_json
    from machiya.dsl import workflow_folders
    from machiya.release.overview import overview
    from machiya.release.publish import choose_registry
    from machiya.release.registry import open_registry

    folders = workflow_folders()
    found = overview(name, open_registry(choose_registry(registry, folders)), folders)
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    if found.findings:
        raise CheckError(f"{len(found.findings)} of the pins of {name} do not hold what they say.")


def _print(found: "Overview") -> None:
    from machiya.cli.findings import echo_findings
    from machiya.cli.output import short_digest, table

    if not found.versions:
        click.echo(f"{found.repository} has no released version.")
    else:
        rows = [
            (one.version, one.created[:10], short_digest(one.digest), one.verdict, ", ".join(map(str, one.uses)) or "-")
            for one in found.versions
        ]
        table(("version", "date", "digest", "conformance", "runs in"), rows, spare=("date",))
    for use in found.unreleased:
        click.echo(f"{use} pins {use.version}, which is not released there.")
    echo_findings(found.findings, as_json=False)
