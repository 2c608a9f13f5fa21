"""`machiya show`: one run, step by step."""

from pathlib import Path

import click

from machiya.cli.options import home_option, json_option


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.option("--all", "every", is_flag=True, help="Show every turn of long loops, and every parameter.")
@home_option
@json_option
def show(run: str, every: bool, home: Path, as_json: bool) -> None:
    """Show a run: its steps, and what became of them.

    How long each step took, whether its outputs came from the cache, how it failed and the last line
    of its log; then the command that continues the run. RUN is the run's id, or the beginning of it;
    `latest`, or nothing, means the newest. Works while the run goes on, too.
    """
    from machiya.cli.output import print_json
    from machiya.cli.output import show as print_text
    from machiya.cli.show_text import header, steps_tree, what_next
    from machiya.records import find_run, load_record
    from machiya.records.details import described

    record = load_record(find_run(home, run))
    if as_json:
        print_json(described(record))
        return
    for part in (header(record, every=every), steps_tree(record, every=every), what_next(record, home)):
        if part is not None:
            print_text(part)
