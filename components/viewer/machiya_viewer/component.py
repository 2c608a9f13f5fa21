"""What the contract promises, as functions. The work is done by ``report`` and ``web``."""

from typing import TYPE_CHECKING

from machiya_component import Component, Context, DataError, OutputError, ReportOutput, TableInput, TemporaryError

if TYPE_CHECKING:
    from machiya_viewer.data import Dataset
    from machiya_viewer.report import Source

component = Component(__package__)


@component.operation
def report(
    context: Context,
    recommendations: TableInput,
    candidate: TableInput | None,
    interactions: TableInput,
    items: TableInput,
    scores: TableInput | None,
    candidate_scores: TableInput | None,
    user_changes: TableInput | None,
    verdict: TableInput | None,
    report: ReportOutput,
    *,
    title: str,
    base_name: str,
    candidate_name: str,
    k: int,
    users: int,
    examples: int,
    history: int,
    example_users: list[str],
) -> None:
    """One self-contained HTML page."""
    from machiya_viewer.report import ReportOptions, write_report

    tables = {
        "recommendations": recommendations,
        "candidate": candidate,
        "interactions": interactions,
        "items": items,
        "scores": scores,
        "candidate_scores": candidate_scores,
        "user_changes": user_changes,
        "verdict": verdict,
    }
    dataset = _dataset(tables, (base_name, candidate_name), k)
    options = ReportOptions(title, k, users, examples, history, tuple(example_users))
    try:
        html = write_report(dataset, options, _sources(tables), f"{context.component} {context.version}")
    except OverflowError as error:
        raise OutputError(f"{error}.", "Give smaller users and k, or fewer metrics and segments in scores.") from error
    context.log.info("the report has %s bytes", f"{len(html.encode()):,}")
    report.write(html)


@component.operation
def serve(
    context: Context,
    recommendations: TableInput,
    candidate: TableInput | None,
    interactions: TableInput,
    items: TableInput,
    scores: TableInput | None,
    candidate_scores: TableInput | None,
    user_changes: TableInput | None,
    verdict: TableInput | None,
    *,
    title: str,
    base_name: str,
    candidate_name: str,
    k: int,
) -> None:
    """A web application until SIGTERM."""
    from machiya_viewer.web.app import make_app
    from machiya_viewer.web.server import PortTakenError, run
    from machiya_viewer.web.site import Site

    tables = {
        "recommendations": recommendations,
        "candidate": candidate,
        "interactions": interactions,
        "items": items,
        "scores": scores,
        "candidate_scores": candidate_scores,
        "user_changes": user_changes,
        "verdict": verdict,
    }
    site = Site(_dataset(tables, (base_name, candidate_name), k), title, k, f"{context.component} {context.version}")
    try:
        run(make_app(site), context.port, context.log)
    except PortTakenError as error:
        raise TemporaryError(f"{error}.", "Stop what listens there, or map the service to another port.") from error


def _dataset(tables: dict[str, TableInput | None], names: tuple[str, str], k: int) -> "Dataset":
    """The tables that are there as a dataset; ``DataError`` for one that makes no sense without a candidate."""
    from machiya_viewer.data import Dataset, Side, Table

    if tables["candidate"] is None:
        for port in ("candidate_scores", "user_changes", "verdict"):
            if tables[port] is not None:
                raise DataError(f"{port}: is about a candidate, but there is none.", "Connect candidate as well.")
    opened = {port: Table.open(port, given.files) for port, given in tables.items() if given is not None}
    sides = [Side(names[0], opened["recommendations"], opened.get("scores"))]
    if "candidate" in opened:
        sides.append(Side(names[1], opened["candidate"], opened.get("candidate_scores")))
    return Dataset(
        sides=tuple(sides),
        interactions=opened["interactions"],
        items=opened["items"],
        k=k,
        user_changes=opened.get("user_changes"),
        verdict=opened.get("verdict"),
    )


def _sources(tables: dict[str, TableInput | None]) -> "list[Source]":
    """Who made each input, for those whose sidecar says so."""
    from machiya_component.artifacts import SIDECAR, read_sidecar

    from machiya_viewer.report import Source

    found = []
    for port, table in tables.items():
        if table is not None and (table.path / SIDECAR).exists():
            artifact = read_sidecar(table.path)
            maker = f"{artifact.producer.component} {artifact.producer.version} {artifact.producer.operation}"
            found.append(Source(port, maker, artifact.digest))
    return found
