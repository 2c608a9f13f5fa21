"""`machiya build`: build the image of a component."""

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--base-image", help="What the image is built from. [default: MACHIYA_BASE_IMAGE, or Python's slim image]"
)
@click.option("--tag", help="The image's name. [default: machiya/NAME:VERSION]")
@click.option("--no-cache", is_flag=True, help="Run every step of the Dockerfile again.")
@click.option("-v", "--verbose", is_flag=True, help="Show the engine's log while it builds.")
def build(folder: Path, base_image: str | None, tag: str | None, no_cache: bool, verbose: bool) -> None:
    """Build the image of a component.

    FOLDER holds a component.yaml and a Dockerfile. The contract is checked first; the image then carries it as a label,
    with the name, version, commit and source. The last line printed is the image's id.
    """
    from machiya import containers, images

    def show(line: str) -> None:
        if verbose:
            click.echo(line, err=True)

    with containers.connect() as engine:
        built = images.build(folder, engine, base=base_image, tag=tag, cache=not no_cache, on_line=show)
    for note in built.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"Built {built.tag}")
    click.echo(built.id)
