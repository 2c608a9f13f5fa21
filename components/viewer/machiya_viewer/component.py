"""What the contract promises, as functions. The work is done by ``prepare``, ``report`` and ``web``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from machiya_component import (
    ArgumentsError,
    Component,
    Context,
    DataError,
    FilesInput,
    FilesOutput,
    OutputError,
    ReportOutput,
    TableInput,
    TemporaryError,
)

if TYPE_CHECKING:
    from machiya_viewer.report import ReportOptions
    from machiya_viewer.view.reader import ViewReader

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
    metric_changes: TableInput | None,
    verdict: TableInput | None,
    view: FilesOutput,
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
    run: str,
    workflow: str,
    stage: str,
    started: str,
    pseudonyms: bool,
) -> None:
    """A view, and one self-contained HTML page of it."""
    from machiya_viewer.inputs import sources_of, versions_of
    from machiya_viewer.prepare import Options, pseudonym, write_view
    from machiya_viewer.report import ReportOptions
    from machiya_viewer.view.reader import open_view

    tables = {
        "recommendations": recommendations,
        "candidate": candidate,
        "interactions": interactions,
        "items": items,
        "scores": scores,
        "candidate_scores": candidate_scores,
        "user_changes": user_changes,
        "metric_changes": metric_changes,
        "verdict": verdict,
    }
    _refuse_without_candidate(tables)
    key = _pseudonym_key(context) if pseudonyms else ""
    versions = versions_of({"recommendations": base_name, "candidate": candidate_name}, tables)
    maker = f"{context.component} {context.version}"
    options = Options(title, k, versions, run, workflow, stage, started, key, maker)
    write_view(sources_of(tables), options, view.path, context.scratch)
    shown = tuple(pseudonym(key, user) if key else user for user in example_users)
    html = _page(open_view(str(view.path)), ReportOptions(title, k, users, examples, history, shown))
    context.log.info("the report has %s bytes", f"{len(html.encode()):,}")
    report.write(html)


@component.operation
def serve(
    context: Context,
    views: FilesInput | None,
    *,
    runs: str,
    title: str,
    stale_hours: float,
    root_path: str,
    trusted_proxies: list[str],
    link_hosts: list[str],
) -> None:
    """A web application until SIGTERM."""
    from machiya_viewer.view.catalog import Catalog
    from machiya_viewer.view.memory import keep_memory_small
    from machiya_viewer.web.app import make_app
    from machiya_viewer.web.proxies import BadNetworkError, networks
    from machiya_viewer.web.server import PortTakenError
    from machiya_viewer.web.server import run as serve_until_stopped
    from machiya_viewer.web.site import Site

    keep_memory_small()
    root = runs or (str(views.path) if views is not None else "")
    if not root:
        raise ArgumentsError("There is nothing to show.", "Connect the input views, or give --runs a folder or an URL.")
    try:
        trusted = networks(trusted_proxies)
    except BadNetworkError as error:
        raise ArgumentsError(f"--trusted_proxies: {error}", "Give addresses, or networks in CIDR notation.") from error
    hosts = frozenset(host.lower() for host in link_hosts)
    site = Site(Catalog(root), title, f"{context.component} {context.version}", stale_hours, hosts)
    try:
        serve_until_stopped(make_app(site, trusted, root_path), context.port, context.log)
    except PortTakenError as error:
        raise TemporaryError(f"{error}.", "Stop what listens there, or map the service to another port.") from error


def _refuse_without_candidate(tables: Mapping[str, TableInput | None]) -> None:
    """``DataError`` for a table that makes no sense without a candidate."""
    if tables["candidate"] is not None:
        return
    for port in ("candidate_scores", "user_changes", "metric_changes", "verdict"):
        if tables[port] is not None:
            raise DataError(f"{port}: is about a candidate, but there is none.", "Connect candidate as well.")


def _pseudonym_key(context: Context) -> str:
    """The key of pseudonyms: a view with the users' own ids is never made in place of one without."""
    key = context.secret("pseudonym_key")
    if key is None:
        raise ArgumentsError("--pseudonyms: there is no secret pseudonym_key.", "Configure it, or leave them out.")
    return key


def _page(reader: "ViewReader", options: "ReportOptions") -> str:
    """The page of a view; ``OutputError`` where it cannot be made small enough."""
    from machiya_viewer.report import write_report

    try:
        return write_report(reader, options)
    except OverflowError as error:
        raise OutputError(f"{error}.", "Give smaller users and k, or fewer metrics and segments in scores.") from error
