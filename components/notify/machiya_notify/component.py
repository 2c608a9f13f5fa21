"""What the contract promises, as a function."""

from typing import Any

from machiya_component import Component, Context, FilesInput, FilesOutput

component = Component(__package__)


@component.operation
def send(
    context: Context,
    warnings: FilesInput | None,
    earlier: FilesInput | None,
    receipt: FilesOutput,
    *,
    workflow: str,
    stage: str,
    run: str,
    status: str,
    duration: float,
    failures: str,
    components: list[Any],
    link: str,
    links: dict[str, str],
) -> None:
    """Send one message about a run that ended to every channel that is configured, unless it was sent before."""
    from machiya_notify.channels import configured
    from machiya_notify.components import read_components
    from machiya_notify.failures import read_failures
    from machiya_notify.message import Run, filled_links
    from machiya_notify.receipt import Receipt
    from machiya_notify.sending import report, send_once
    from machiya_notify.styles import RUN, lines
    from machiya_notify.warnings import read_warnings

    others = {name: address for name, address in links.items() if name != RUN}
    addresses = filled_links({RUN: link or links.get(RUN, ""), **others}, run=run, workflow=workflow, stage=stage)
    ended = Run(
        workflow,
        stage,
        run,
        status,
        duration,
        read_failures(failures),
        addresses,
        read_components(components),
        () if warnings is None else read_warnings(warnings.path, context.log),
    )
    before = None if earlier is None else earlier.path
    deliveries = send_once(ended, configured(context.secret), before, context.log)
    Receipt(ended, lines(ended), deliveries).write(receipt.path)
    report(deliveries, context.log)
