"""`machiya graph`: a picture of a workflow."""

from pathlib import Path

import click

from machiya.errors import OutputError


@click.command
@click.argument("workflow", metavar="WORKFLOW")
@click.option("--stage", metavar="STAGE", help="With the versions of this stage. [default: the first of pins.yaml]")
@click.option("--svg", "svg_file", type=click.Path(path_type=Path), metavar="FILE", help="Write it as SVG instead.")
def graph(workflow: str, stage: str | None, svg_file: Path | None) -> None:
    """Draw a workflow.

    WORKFLOW is the name of a folder below workflows/, or a folder. Prints a Mermaid flowchart, which
    Markdown pages of GitHub and GitLab show as a picture.
    """
    from machiya.dsl import find_workflow, load_workflow
    from machiya.dsl.drawing import mermaid, svg
    from machiya.pins import load_pins

    folder = find_workflow(workflow)
    pins = load_pins(folder)
    definition = load_workflow(folder, stage or next(iter(pins.stages)), pins)
    if svg_file is None:
        click.echo(mermaid(definition), nl=False)
        return
    try:
        svg_file.write_text(svg(definition), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{svg_file} cannot be written: {error.strerror}.", "Name another place.") from error
    click.echo(f"Wrote {svg_file}")
