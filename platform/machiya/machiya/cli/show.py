"""`machiya show`: one run, step by step."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option

if TYPE_CHECKING:
    from machiya.records import RunRecord


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.option("--all", "every", is_flag=True, help="Show every turn of long loops, and every parameter.")
@engine_options
@home_option
@json_option
def show(run: str, every: bool, target: Target | None, home: Path, as_json: bool) -> None:
    """Show a run: its steps, and what became of them.

    How long each step took, whether its outputs came from the cache, how it failed and the last line
    of its log; then the command that continues the run. RUN is the run's id, or the beginning of it;
    `latest`, or nothing, means the newest. Works while the run goes on, too.
    """
    from machiya.cli.cluster import command_on
    from machiya.cli.output import command_line, print_json
    from machiya.cli.output import show as print_text
    from machiya.cli.show_text import header, steps_tree, what_next
    from machiya.records.details import described

    record = _record(run, target, home)
    if as_json:
        print_json(described(record))
        return
    command = command_on(target) if target is not None else partial(command_line, home)
    for part in (header(record, every=every), steps_tree(record, every=every), what_next(record, command)):
        if part is not None:
            print_text(part)


def _record(run: str, target: Target | None, home: Path) -> "RunRecord":
    if target is not None:
        return _on_cluster(run, target, home)
    from machiya.records import find_run, load_record

    return load_record(find_run(home, run))


def _on_cluster(run: str, target: Target, home: Path) -> "RunRecord":
    from machiya.cli.cluster import connected, record_of
    from machiya.engines.argo.runs import find_run

    with connected(target) as server:
        return record_of(server, find_run(server, run), home)
