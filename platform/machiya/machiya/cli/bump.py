"""`machiya bump`: another version of a component at a stage."""

from pathlib import Path

import click

from machiya.cli.decision_output import carry_out, output_options, paired, waive_options


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("component", metavar="COMPONENT")
@click.argument("version", metavar="VERSION")
@click.option("--stage", metavar="STAGE", help="Where. [default: the first of pins.yaml]")
@waive_options
@output_options
def bump(
    workflow: str,
    component: str,
    version: str,
    stage: str | None,
    waive: tuple[str, ...],
    because: tuple[str, ...],
    dry_run: bool,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Use another version of a component.

    VERSION is a released one: 1.1.0, or 1.1.0@sha256:... Its image must have passed the conformance suite,
    and its contract must not break what this workflow uses. Then one line of pins.yaml changes, the contract
    is kept beside it, and manifests are rendered; the difference is shown, and nothing is committed.
    """
    from machiya.dsl import find_workflow
    from machiya.release.stages.bump import bump as decide

    decision = decide(find_workflow(workflow), component, version, stage, paired(waive, because))
    carry_out(decision, dry_run=dry_run, markdown=markdown, as_json=as_json)
