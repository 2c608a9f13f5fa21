"""`machiya release`: stage one, a version of a component in a registry."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import json_option, registry_option
from machiya.errors import CheckError

if TYPE_CHECKING:
    from machiya.release.publish import Report


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@registry_option
@click.option("--dry-run", is_flag=True, help="Check, build and test, and say what would be pushed; push nothing.")
@click.option("--base-image", help="What the image is built from, as for `machiya build`.")
@json_option
def release(folder: Path, registry: str | None, dry_run: bool, base_image: str | None, as_json: bool) -> None:
    """Release the version of a component that FOLDER holds.

    Nothing uses it until a pin is moved. Checks that all is committed, that the version is new and its step fits what
    changed in the contract, that CHANGELOG.md has an entry for it, and that the image passes the conformance suite;
    then pushes that image, and puts the suite's verdict and the list of its packages beside it.

    Interrupted, run it again: it goes on where it was. A version never changes once it is released.
    """
    from machiya import containers
    from machiya.cli.conformance_output import progress
    from machiya.conformance import CHECKS
    from machiya.dsl import workflow_folders
    from machiya.release.publish import Releaser, choose_registry
    from machiya.release.registry import open_registry

    opened = open_registry(choose_registry(registry, workflow_folders()))
    with containers.connect() as engine, progress(len(CHECKS)) as shown:
        releaser = Releaser(
            opened,
            engine,
            base=base_image,
            note=shown.note,
            on_finding=lambda finding: shown.note(f"found: {finding.rule}: {finding.message}"),
            on_result=shown.result,
        )
        report = releaser.release(folder, dry_run=dry_run)
    _print(report, as_json)


def _print(report: "Report", as_json: bool) -> None:
    from machiya.cli.findings import echo_findings
    from machiya.cli.output import print_json

    if as_json:
        print_json(report.to_json())
    elif not report.findings:
        _print_release(report)
    else:
        echo_findings(report.findings, as_json=False)
    if report.findings:
        count = len(report.findings)
        raise CheckError(
            f"{report.component} {report.version} was not released: {count} {'finding' if count == 1 else 'findings'}.",
            "Correct them all, commit, and run it again.",
        )


def _print_release(report: "Report") -> None:
    for difference in report.differences:
        click.echo(f"  {difference}")
    if report.dry_run:
        click.echo(f"All checks pass. A release of {report.image} would:")
        for step in report.did or ("do nothing: all is there",):
            click.echo(f"  {step}")
        return
    click.echo(f"Released {report.image}" if report.did else f"{report.image} was released before; all is there.")
    click.echo(f"  conformance  {report.verdict.text if report.verdict else 'none'}")
    click.echo(f"  packages     {report.packages}")
    click.echo(f"  digest       {report.digest}")
    click.echo(f"\nThe line for pins.yaml:\n  {report.pin}")
    click.echo(f"\nNext, for who decides what runs:\n  machiya bump WORKFLOW {report.component} {report.version}")
