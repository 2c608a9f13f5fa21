"""`machiya new`: a new component that builds and passes everything at once."""

import shlex
from pathlib import Path

import click

from machiya.scaffold import new_component


@click.command
@click.argument("name")
@click.option(
    "--into",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="FOLDER",
    help="The folder in which the new folder NAME is made. [default: where you are]",
)
@click.option("--summary", help="What the component does, in one line.")
@click.option("--owner", help="Who answers for it: a team or a person.")
def new(name: str, parent: Path, summary: str | None, owner: str | None) -> None:
    """Make a new component that builds and passes everything at once.

    NAME has lower-case letters, digits and single dashes: score-items. The component is small but real: a table in,
    a table and metrics out, a parameter and a seed, with sample data and tests. Change it into yours step by step;
    `machiya test` says whether it still keeps its promises.
    """
    folder = new_component(name, parent, summary=summary, owner=owner)
    where = shlex.quote(str(folder))
    click.echo(f"Made {folder}, a component with one operation, sample data and tests.\n")
    click.echo("Next:")
    click.echo(f"  machiya build {where}")
    click.echo(f"  machiya test {where}")
    click.echo(f"  docker run --rm machiya/{name}:0.1.0")
