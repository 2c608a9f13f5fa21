"""What the contract promises, as a function."""

from machiya_component import Component, Context, FilesInput, FilesOutput

component = Component(__package__)


@component.operation
def send(
    context: Context,
    earlier: FilesInput | None,
    receipt: FilesOutput,
    *,
    workflow: str,
    stage: str,
    run: str,
    status: str,
    duration: float,
    failures: str,
    link: str,
    style: str,
) -> None:
    """Post one message about a run that ended, unless it was posted before."""
    from machiya_notify.delivery import Outcome
    from machiya_notify.failures import read_failures
    from machiya_notify.message import Run, filled_link
    from machiya_notify.receipt import Receipt
    from machiya_notify.sending import send_once
    from machiya_notify.styles import lines

    address = filled_link(link, run=run, workflow=workflow, stage=stage)
    ended = Run(workflow, stage, run, status, duration, read_failures(failures), address)
    webhook = (context.secret("webhook") or "").strip()
    before = None if earlier is None else earlier.path
    delivery = send_once(ended, webhook, style, before, context.log)
    sent = delivery.outcome in (Outcome.SENT, Outcome.ALREADY_SENT)
    target = f"{style} webhook" if webhook else ""
    Receipt(ended.identity, run, status, sent, delivery.outcome, delivery.detail, target, lines(ended)).write(
        receipt.path
    )
    if sent:
        context.log.info("%s: %s", delivery.outcome, delivery.detail)
    else:
        context.log.warning("%s, so nobody was told: %s", delivery.outcome, delivery.detail)
