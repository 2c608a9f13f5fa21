"""`machiya view`: the results of a run in a browser."""

from pathlib import Path

import click

from machiya.cli.options import home_option


@click.command
@click.argument("name", metavar="[RUN]", default="")
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens. [default: the contract's]")
@home_option
def view(name: str, port: int | None, home: Path) -> None:
    """Look at the results of a run in a browser.

    Starts the service of a component of the run (the viewer's `serve`) on what the run made; Ctrl-C ends it. RUN is a
    run's id or its beginning; the newest where none is named. The component must be installed here.
    """
    from machiya.engines.local.service import installed_contract, serve
    from machiya.records import find_run, load_record
    from machiya.records.services import find_service
    from machiya.records.stores import store_of

    record = load_record(find_run(home, name))
    call = find_service(record, installed_contract)
    service = call.operation.service
    where = port or (service.port if service is not None else 8000)
    click.echo(f"{record.name}: starting {call.component} {call.operation.name} with what {call.step} read", err=True)

    def ready(address: str) -> None:
        click.echo(f"{address}  (Ctrl-C ends it)")

    serve(call.component, call.operation, call.inputs, store_of(record), home / "tmp", where, ready)
