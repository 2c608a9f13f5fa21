"""`machiya view`: the results of runs in a browser."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option

if TYPE_CHECKING:
    from machiya.engines.local.service import Feed
    from machiya.records import RunRecord
    from machiya.records.services import ServiceCall
    from machiya_component.contract import Contract

_LOOKED_AT = 200
"""Runs among which one with something to show is looked for, where none is named."""


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens. [default: the contract's]")
@home_option
def view(name: str, port: int | None, home: Path) -> None:
    """Look at the results of runs in a browser.

    Starts the service of a component of the run (the viewer's `serve`); Ctrl-C ends it. Beside the run it shows the
    newest 200, and new ones while it serves. RUN is a run's id or its beginning; the newest with something to show
    where none is named. The component must be installed here.
    """
    from machiya.engines.local.service import serve

    record, call = _named(home, name) if name else _newest(home)
    others = ", and of the newest runs beside it" if call.service.shows else ""
    what = f"starting {call.component} {call.operation.name} on the results of {call.step}{others}"
    click.echo(f"{record.name}: {what}", err=True)
    where = port or call.service.port
    serve(call.component, call.operation, _feed(record, call), home / "tmp", where, _teller(record, call))


def _named(home: Path, name: str) -> tuple["RunRecord", "ServiceCall"]:
    from machiya.records import find_run, load_record
    from machiya.records.services import find_service

    record = load_record(find_run(home, name))
    return record, find_service(record, _contract)


def _newest(home: Path) -> tuple["RunRecord", "ServiceCall"]:
    """The newest run with something to show; says so where it is not the newest of all."""
    from itertools import islice

    from machiya.errors import NotFoundError
    from machiya.records import recent_runs

    why_not: NotFoundError | None = None
    for folder in islice(recent_runs(home), _LOOKED_AT):
        try:
            found = _named(home, folder.name)
        except NotFoundError as error:
            why_not = why_not or error
            continue
        if why_not is not None:
            click.echo(f"machiya: not the newest run: {why_not.message}", err=True)
        return found
    if why_not is not None:
        raise why_not
    return _named(home, "")  # says that there are no runs


@cache
def _contract(component: str) -> "Contract | None":
    """Asked once: it takes a program."""
    from machiya.engines.local.service import installed_contract

    return installed_contract(component)


def _feed(record: "RunRecord", call: "ServiceCall") -> "Feed":
    from machiya.engines.local.service import Fixed
    from machiya.records.feeding import RunFeed
    from machiya.records.stores import store_of

    return RunFeed(record, call) if call.service.shows else Fixed(store_of(record), call.inputs)


def _teller(record: "RunRecord", call: "ServiceCall") -> Callable[[str], None]:
    """Prints where to look. A service that shows many runs leads to one by its name (docs/contract.md)."""
    from urllib.parse import quote

    page = f"go?run={quote(record.name, safe='')}" if call.service.shows else ""

    def ready(address: str) -> None:
        click.echo(f"{address}{page}  (Ctrl-C ends it)")

    return ready
