"""`machiya resubmit`: a new run of what an earlier one ran."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option, launcher_option

if TYPE_CHECKING:
    from machiya.engines.local.launching import LauncherName


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="Another value. [repeatable]")
@launcher_option("that of the run")
@home_option
@json_option
def resubmit(
    name: str,
    values: tuple[str, ...],
    launcher: "LauncherName | None",
    home: Path,
    as_json: bool,
) -> None:
    """Run again what an earlier run ran, as a new run.

    What was computed before comes from the cache. RUN is a run's id or its beginning; the newest where none is named.
    The manifest, its versions and the data from outside are those of that run; working copies are taken as they are
    now.
    """
    from machiya.cli.run_output import reported
    from machiya.engines.planning.values import split_pairs
    from machiya.records import find_run

    given = split_pairs(values)
    with reported(home, launcher, None, as_json=as_json) as session:
        session.work(session.runner.again(find_run(home, name).name, given))
