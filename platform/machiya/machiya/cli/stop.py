"""`machiya stop`: end a run that runs."""

from pathlib import Path

import click

from machiya.cli.options import home_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--kill", is_flag=True, help="At once: SIGKILL, and nothing runs on exit.")
@home_option
def stop(name: str, kill: bool, home: Path) -> None:
    """Stop a run.

    Its steps get SIGTERM and, after 30 seconds, SIGKILL; then its exit handler runs. RUN is a run's id or its
    beginning; the newest where none is named. `machiya retry` continues it later.
    """
    from machiya.engines.local import api
    from machiya.records import find_run

    run = find_run(home, name).name
    if api.stop(run, home, kill=kill):
        click.echo(f"{run}: told to stop; machiya show {run} shows how far it is")
    else:
        click.echo(f"{run}: nothing to stop, no engine works on it")
