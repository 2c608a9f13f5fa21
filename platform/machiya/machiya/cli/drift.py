"""`machiya drift`: how the data of a run differs from that of others."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option

if TYPE_CHECKING:
    from machiya.records.drift import TableDrift


@click.command
@click.argument("run", required=False, default="", metavar="[RUN]")
@click.option("--step", default="", metavar="NAME", help="Only what this step put out.")
@click.option("--port", default="", metavar="NAME", help="Only this output of it.")
@click.option(
    "--against",
    default="",
    metavar="RUN|history",
    help="With what it is compared: another run, or the good runs that the workflow remembers. [default: the "
    "newest earlier run of the same workflow and stage that succeeded]",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page with a picture of each column.",
)
@click.option("--all", "every", is_flag=True, help="Show every measure, not only what stands out.")
@home_option
@json_option
def drift(
    run: str, step: str, port: str, against: str, html: Path | None, every: bool, home: Path, as_json: bool
) -> None:
    """Show how the data of a run differs from that of others.

    Column by column: new values, missing values, means, distributions (PSI), and the number of rows.
    What is a warning, or an error, says the contract of the component that made the table. RUN is the
    run's id, or the beginning of it; `latest`, or nothing, means the newest.
    """
    from machiya.cli.output import print_json
    from machiya.errors import ArgumentsError
    from machiya.records import find_run, load_record
    from machiya.records.drift import HISTORY, run_before
    from machiya.records.drift import drift as find_drift

    if port and not step:
        raise ArgumentsError("--port is given without --step.", f"Name the step too: --step STEP --port {port}")
    record = load_record(find_run(home, run))
    other = None
    if against != HISTORY:
        other = load_record(find_run(home, against)) if against else run_before(record)
    found = find_drift(record, other, f"{step}/{port}" if port else step)
    if html is not None:
        _write(html, record.name, found)
    if as_json:
        print_json({"run": record.name, "against": other.name if other else HISTORY, "tables": _json(found)})
        return
    for table in found:
        _show(table, every=every)
    if html is not None:
        click.echo(f"Wrote {html}")


def _json(found: "list[TableDrift]") -> list[dict[str, object]]:
    return [table.to_json() for table in found]


def _write(html: Path, run: str, found: "list[TableDrift]") -> None:
    from machiya.errors import OutputError
    from machiya_component.watch.page import Section, page

    sections = [Section(one.name, one.comparison, one.now, one.was) for one in found if not one.same]
    try:
        html.write_text(page(f"Drift of {run}", sections), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{html} cannot be written: {error.strerror}.", "Name another file.") from error


def _show(found: "TableDrift", *, every: bool) -> None:
    """A heading, and what stands out."""
    from machiya.cli.output import table
    from machiya.records.logs import harmless
    from machiya_component.watch.page import VERDICTS, ranked, summary

    beside = f" (against {found.was.run})" if found.was else ""
    said = "the same data" if found.same else summary(found.comparison)
    click.echo(harmless(f"{found.name}: {said}{beside}"))
    for note in found.comparison.notes:
        click.echo(harmless(f"  note: {note}"))
    shown = [change for change in ranked(found.comparison) if every or change.level]
    rows = [
        [
            "",
            harmless(change.column or "(the table)"),
            change.measure,
            *(harmless(text) for text in _sides(found, change.column, change.measure, change.was, change.now)),
            f"{change.value:.3g}",
            VERDICTS[change.level],
        ]
        for change in shown
    ]
    if rows:
        table(["", "column", "measure", "was", "is", "change", "verdict"], rows, numbers=["change"], spare=["was"])


def _sides(found: "TableDrift", column: str, measure: str, was: str, now: str) -> tuple[str, str]:
    """What people read; of a distribution its picture."""
    from machiya_component.watch.bars import bars_of

    if measure != "psi" or found.was is None:
        return was, now
    bars = bars_of(found.was.columns.get(column, {}), found.now.columns[column])
    return _sparks([bar.was for bar in bars]), _sparks([bar.now for bar in bars])


def _sparks(shares: list[float]) -> str:
    """Shares as a line of blocks, the highest in full."""
    top = max(shares, default=0.0) or 1.0
    return "".join(" " if not share else "▁▂▃▄▅▆▇█"[min(int(share / top * 8), 7)] for share in shares)
