"""`machiya promote`: the versions of one stage, at the next."""

from pathlib import Path

import click

from machiya.cli.decision_output import carry_out, output_options, paired, waive_options


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--from", "source", metavar="STAGE", help="From where. [default: the first of pins.yaml]")
@click.option("--to", "target", metavar="STAGE", help="To where; it may be new. [default: the one after that]")
@waive_options
@output_options
def promote(
    workflow: str,
    components: tuple[str, ...],
    source: str | None,
    target: str | None,
    waive: tuple[str, ...],
    because: tuple[str, ...],
    dry_run: bool,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Use the versions of one stage at another.

    All whose pins differ, or those that are named; all of them or none. Each must pass what `machiya bump`
    asks for, in the workflow that has all of them.
    """
    from machiya.dsl import find_workflow
    from machiya.release.stages.promote import promote as decide

    decision = decide(find_workflow(workflow), components, source, target, paired(waive, because))
    carry_out(decision, dry_run=dry_run, markdown=markdown, as_json=as_json)
