"""`machiya artifacts`: what the steps of a run put out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option
from machiya.errors import NotFoundError

if TYPE_CHECKING:
    from machiya.records.artifacts import OutputArtifact


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.argument("wanted", required=False, default="", metavar="[STEP[/PORT]]")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), metavar="FOLDER", help="Copy them to FOLDER/STEP/PORT."
)
@home_option
@json_option
def artifacts(run: str, wanted: str, target: Path | None, home: Path, as_json: bool) -> None:
    """List or copy the artifacts of a run.

    All that its steps put out, or what one STEP did, or one PORT of it. The turns of a loop count as
    one; name a turn to see it alone. A copy is whole or not there at all, and may be changed. RUN is
    the run's id, or the beginning of it; `latest`, or nothing, means the newest.
    """
    from machiya.cli.output import print_json
    from machiya.records import find_run, load_record
    from machiya.records.artifacts import copy_artifacts, list_artifacts

    record = load_record(find_run(home, run))
    found = list_artifacts(record, wanted)
    if target is not None:
        lost = [f"{one.step}/{one.port}" for one in found if not one.stored]
        if lost or not found:
            what = f"{', '.join(lost)} is not in the store any more" if lost else "there is nothing to copy"
            raise NotFoundError(f"{what}.", f"Make it again: machiya retry {record.name} --step STEP")
        paths = copy_artifacts(record, found, target)
        if not as_json:
            for path in paths:
                click.echo(path)
            return
    if as_json:
        print_json([one.to_json() for one in found])
    elif found:
        _show(found)
    else:
        click.echo("no artifacts")


def _show(found: "list[OutputArtifact]") -> None:
    from machiya.cli.output import short_digest, size, table

    headings = ["step", "port", "type", "rows", "files", "size", "digest", "key"]
    rows = [
        [
            one.step,
            one.port,
            (one.type or "") if one.stored else "not in the store any more",
            "" if one.rows is None else f"{one.rows:,}",
            "" if one.files is None else str(one.files),
            size(one.size),
            short_digest(one.digest) if one.parts == 1 else f"{one.parts} parts",
            one.key,
        ]
        for one in found
    ]
    table(headings, rows, numbers=["rows", "files", "size"], spare=["key", "files", "digest"])
