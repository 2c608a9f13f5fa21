"""`machiya run`: a workflow, or any Argo manifest, on this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option, launcher_option, store_option
from machiya.errors import ArgumentsError

if TYPE_CHECKING:
    from machiya.engines.local.launching import LauncherName
    from machiya.engines.planning import Override, Plan

_MANIFESTS = (".yaml", ".yml", ".json")


@click.command
@click.argument("workflow", metavar="WORKFLOW|FILE")
@click.option("-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="A value. [repeatable]")
@click.option("--stage", metavar="STAGE", help="With the versions of this stage. [default: the first of pins.yaml]")
@click.option(
    "--with",
    "overrides",
    multiple=True,
    metavar="NAME=FOLDER|IMAGE",
    help="A working copy or another image in the place of a pin, for this run. [repeatable]",
)
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file of templates or ConfigMaps that a manifest FILE refers to. [repeatable]",
)
@click.option("--list", "list_values", is_flag=True, help="List what can be given with -p, and end.")
@launcher_option("processes for working copies, else containers where an engine answers")
@store_option
@home_option
@json_option
def run(
    workflow: str,
    values: tuple[str, ...],
    stage: str | None,
    overrides: tuple[str, ...],
    beside: tuple[Path, ...],
    list_values: bool,
    launcher: "LauncherName | None",
    store: str | None,
    home: Path,
    as_json: bool,
) -> None:
    """Run a workflow on this machine.

    WORKFLOW is the name of a folder below workflows/, or a folder; FILE any Argo manifest. What runs is the manifest
    that a cluster would get. Parameters and the locations of data from outside are given with -p; what was computed
    before comes from the cache. Ctrl-C stops gracefully, a second one at once; `machiya retry` continues.
    """
    from contextlib import ExitStack

    if list_values:
        _list(workflow, stage, as_json=as_json)
        return

    from machiya.cli.run_output import reported
    from machiya.engines.local.launching import contract_label
    from machiya.engines.planning import parse_override
    from machiya.engines.planning.values import split_pairs

    given = split_pairs(values)
    with ExitStack() as stack:
        label = contract_label(stack)
        plan = _plan(workflow, stage, [parse_override(text, label) for text in overrides], given, beside)
    with reported(home, launcher, store, as_json=as_json) as session:
        session.work(session.runner.begin(plan))


def _list(workflow: str, stage: str | None, *, as_json: bool) -> None:
    from machiya.cli.output import print_json
    from machiya.dsl import find_workflow, load_workflow
    from machiya.engines.planning.values import describe_values
    from machiya.pins import load_pins

    if Path(workflow).suffix in _MANIFESTS:
        raise ArgumentsError("--list goes with a workflow.", "A manifest FILE has its parameters in spec.arguments.")
    folder = find_workflow(workflow)
    found = describe_values(load_workflow(folder, stage or next(iter(load_pins(folder).stages))))
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['name']}={one['default']}  ({one['type']})\n    {one['description']}")


def _plan(
    workflow: str, stage: str | None, overrides: "Sequence[Override]", given: dict[str, str], beside: Sequence[Path]
) -> "Plan":
    from machiya.dsl import find_workflow
    from machiya.engines.planning import plan_file, plan_workflow

    file = Path(workflow)
    if file.suffix not in _MANIFESTS:
        if beside:
            raise ArgumentsError("--beside goes with a manifest FILE.", "A workflow's manifest is complete.")
        return plan_workflow(find_workflow(workflow), stage, overrides, given)
    if stage or overrides:
        message = "--stage and --with go with a workflow; the images of a manifest FILE stand in it."
        raise ArgumentsError(message, "Name the workflow instead.")
    return plan_file(file, given, beside)
