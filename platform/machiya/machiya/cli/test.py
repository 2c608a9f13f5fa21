"""`machiya test`: run the conformance suite on a component or an image."""

from pathlib import Path

import click


@click.command()
@click.argument("subject", metavar="FOLDER|IMAGE", default=".")
@click.option(
    "--check", "patterns", metavar="ID", multiple=True, help="Only this check, group or pattern. [repeatable]"
)
@click.option("--list", "listing", is_flag=True, help="List the checks and end.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON instead of a table.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Also write the verdict as JUnit XML.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep inputs and outputs of all runs here."
)
@click.option("--timeout", type=click.FloatRange(min=1), default=120, show_default=True, help="Seconds for one run.")
@click.option("--base-image", help="What the image is built from, as for `machiya build`.")
@click.option("--image", help="Check this image of FOLDER as it is, and build none.")
def test(
    subject: str,
    patterns: tuple[str, ...],
    listing: bool,
    as_json: bool,
    junit: Path | None,
    keep: Path | None,
    timeout: float,
    base_image: str | None,
    image: str | None,
) -> None:
    """Run the conformance suite on a component or an image.

    A FOLDER is built first, and what is in it is checked too. Of an IMAGE only what can be seen from outside is
    checked, whatever it is written in. Ends with 0 when everything passes, and with 1 when something fails.
    """
    from machiya.cli import conformance_output as output
    from machiya.conformance import select
    from machiya.conformance.session import Subject, conformance

    checks = select(patterns)
    if listing:
        output.print_catalogue(checks)
        return
    wanted = Subject.named(subject, image=image, base=base_image)
    with output.progress(len(checks)) as progress:
        verdict, kept = conformance(
            wanted, checks, keep=keep, timeout=timeout, note=progress.note, on_result=progress.result
        )
    output.print_verdict(verdict, as_json=as_json)
    output.write_junit(verdict, junit)
    output.raise_for(verdict, kept)
