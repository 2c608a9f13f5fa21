"""`machiya rollback`: the pin before this one."""

from pathlib import Path

import click

from machiya.cli.decision_output import carry_out, output_options, paired, waive_options
from machiya.cli.options import home_option


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("component", metavar="COMPONENT")
@click.option("--stage", metavar="STAGE", help="Where. [default: production, else the last of pins.yaml]")
@click.option("--to", "version", metavar="VERSION", help="A version that was pinned before. [default: the last one]")
@waive_options
@output_options
@home_option
def rollback(
    workflow: str,
    component: str,
    stage: str | None,
    version: str | None,
    waive: tuple[str, ...],
    because: tuple[str, ...],
    dry_run: bool,
    markdown: Path | None,
    as_json: bool,
    home: Path,
) -> None:
    """Go back to the version before this one.

    Git's history of pins.yaml says which that is. It says whether the old version can read what is there today,
    what the next run computes again, and what comes from the cache. After a `git revert` nothing is left to
    change: then it checks that, and brings up to date what follows from the line.
    """
    from machiya.dsl import find_workflow
    from machiya.release.stages.rollback import rollback as decide

    decision = decide(find_workflow(workflow), component, stage, version, paired(waive, because), home=home)
    carry_out(decision, dry_run=dry_run, markdown=markdown, as_json=as_json)
