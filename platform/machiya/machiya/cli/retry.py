"""`machiya retry`: continue a run."""

from pathlib import Path

import click

from machiya.cli.options import home_option, json_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--step", metavar="STEP", help="Run this step again too, and all that follows from it.")
@home_option
@json_option
def retry(name: str, step: str | None, home: Path, as_json: bool) -> None:
    """Continue a run: what has succeeded is not run again.

    RUN is a run's id or its beginning; the newest where none is named. For runs that failed, were stopped, or whose
    engine was killed. Launcher and store are those it began with.
    """
    from machiya.cli.run_output import reported
    from machiya.records import find_run

    with reported(home, None, None, as_json=as_json) as session:
        session.work(session.runner.continued(find_run(home, name).name), again=step)
