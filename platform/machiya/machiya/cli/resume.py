"""`machiya resume`: let a run go on that waits at a suspend step."""

from pathlib import Path

import click

from machiya.cli.options import home_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@home_option
def resume(name: str, home: Path) -> None:
    """Let a run go on that waits for somebody at a suspend step.

    RUN is a run's id or its beginning; the newest where none is named.
    """
    from machiya.engines.local import api
    from machiya.records import find_run

    run = find_run(home, name).name
    if api.resume(run, home):
        click.echo(f"{run}: goes on")
    else:
        click.echo(f"{run}: nothing waits in it")
