"""`machiya stop`: end a run that runs."""

from pathlib import Path

import click

from machiya.cli.options import Target, engine_options, home_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--kill", is_flag=True, help="At once: SIGKILL, and nothing runs on exit.")
@engine_options
@home_option
def stop(name: str, kill: bool, target: Target | None, home: Path) -> None:
    """Stop a run.

    Its steps get SIGTERM and, after 30 seconds, SIGKILL; then its exit handler runs. RUN is a run's id or its
    beginning; the newest where none is named. `machiya retry` continues it later.
    """
    if target is not None:
        _on_cluster(name, target, kill=kill)
        return

    from machiya.engines.local import api
    from machiya.records import find_run

    run = find_run(home, name).name
    if api.stop(run, home, kill=kill):
        click.echo(f"{run}: told to stop; machiya show {run} shows how far it is")
    else:
        click.echo(f"{run}: nothing to stop, no engine works on it")


def _on_cluster(name: str, target: Target, *, kill: bool) -> None:
    from machiya.cli.cluster import command_on, connected
    from machiya.engines.argo.runs import find_run
    from machiya.engines.argo.watching import ended

    with connected(target) as server:
        run = find_run(server, name)
        if ended(run.data):
            click.echo(f"{run.name}: nothing to stop, it has ended ({run.status['phase']})")
            return
        server.stop(run.name, kill=kill)
    click.echo(f"{run.name}: told to stop; {command_on(target)('show', run.name)} shows how far it is")
