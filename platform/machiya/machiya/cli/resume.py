"""`machiya resume`: let a run go on that waits at a suspend step."""

from pathlib import Path

import click

from machiya.cli.options import Target, engine_options, home_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@engine_options
@home_option
def resume(name: str, target: Target | None, home: Path) -> None:
    """Let a run go on that waits for somebody at a suspend step.

    RUN is a run's id or its beginning; the newest where none is named. On a cluster this is Argo's own resume: a run
    that was suspended as a whole goes on, too.
    """
    run, goes_on = _of_machine(name, home) if target is None else _on_cluster(name, target)
    click.echo(f"{run}: goes on" if goes_on else f"{run}: nothing waits in it")


def _of_machine(name: str, home: Path) -> tuple[str, bool]:
    from machiya.engines.local import api
    from machiya.records import find_run

    run = find_run(home, name).name
    return run, api.resume(run, home)


def _on_cluster(name: str, target: Target) -> tuple[str, bool]:
    from machiya.cli.cluster import connected
    from machiya.engines.argo.runs import find_run, waits

    with connected(target) as server:
        run = find_run(server, name)
        if not waits(run):
            return run.name, False
        server.resume(run.name)
    return run.name, True
