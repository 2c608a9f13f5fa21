"""`machiya vendor`: contracts of pinned versions, kept beside the pins."""

from pathlib import Path

import click

from machiya.errors import NotFoundError


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER...")
def vendor(workflow: str, folders: tuple[Path, ...]) -> None:
    """Keep the contracts of pinned versions beside the pins.

    Copies the component.yaml of each component FOLDER to contracts/ in the workflow's folder, as JSON, so
    that rendering needs nothing else. The version must be pinned by a stage of its pins.yaml.
    """
    from machiya.dsl import find_workflow
    from machiya.pins import load_pins
    from machiya.pins import vendor as keep
    from machiya_component.contract import CONTRACT_FILE

    place = find_workflow(workflow)
    pins = load_pins(place)
    for folder in folders:
        if not (folder / CONTRACT_FILE).is_file():
            raise NotFoundError(f"{folder} holds no {CONTRACT_FILE}.", "Name the folder of a component.")
        kept = keep(place, pins, folder)
        click.echo(f"{kept.path}: {'written' if kept.changed else 'up to date'}")
