"""Options that several commands share, as decorators."""

from pathlib import Path

import click

HOME_VARIABLE = "MACHIYA_HOME"
DEFAULT_HOME = ".machiya"

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=HOME_VARIABLE,
    default=DEFAULT_HOME,
    metavar="DIRECTORY",
    help=f"Where runs, artifacts and the cache are. [default: {DEFAULT_HOME}; variable: {HOME_VARIABLE}]",
)
"""``home: Path``: the folder that holds runs, store and cache."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""``as_json: bool``: JSON for programs instead of text for people."""
