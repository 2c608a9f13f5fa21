"""Options that several commands share, as decorators."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

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

registry_option = click.option(
    "--registry",
    metavar="NAME",
    envvar="MACHIYA_REGISTRY",
    help="Where images are: ghcr.io/acme. [default: the one of the workflows' pins; variable: MACHIYA_REGISTRY]",
)
"""``registry: str | None``."""


def launcher_option(default: str) -> Callable[[Command], Command]:
    """``launcher: str | None``; `default` says what holds where it is not given."""
    return click.option(
        "--launcher",
        type=click.Choice(["process", "docker"]),
        help=f"How steps are run: components installed here, or containers. [default: {default}]",
    )


store_option = click.option(
    "--store",
    metavar="URL",
    envvar="MACHIYA_STORE",
    help="Where artifacts are kept: a folder, or s3://BUCKET/PATH, gs://... [default: below --home; variable: "
    "MACHIYA_STORE]",
)
"""``store: str | None``."""
