"""One message to every channel that is configured, each once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from logging import Logger
from pathlib import Path

from machiya_notify.channels import Channel
from machiya_notify.message import Run
from machiya_notify.outcome import Delivery, Outcome
from machiya_notify.receipt import told_channels

REMEDY = (
    "Put the address of a webhook (webhook, generic_webhook) or a mail server (smtp_server, email_to) into the Secret "
    "machiya-notify, or into the variables MACHIYA_SECRET_WEBHOOK and so on."
)


def send_once(run: Run, channels: Sequence[Channel], earlier: Path | None, log: Logger) -> dict[str, Delivery]:
    """Send the message about `run` to each channel to which the receipt in `earlier` does not say that it was sent.

    All at the same time: one that is slow keeps none waiting. Without any channel nothing is sent.
    """
    before = _told_before(run, earlier, log) if earlier is not None else frozenset()
    if not channels:
        return {}
    again = Delivery(Outcome.ALREADY_SENT, "an earlier execution told the same about this run")
    with ThreadPoolExecutor(len(channels)) as pool:
        sending = {one.name: None if one.name in before else pool.submit(one.send, run) for one in channels}
        return {name: again if sent is None else sent.result() for name, sent in sending.items()}


def report(deliveries: dict[str, Delivery], log: Logger) -> None:
    """Say what became of the message; what did not arrive comes last, for the last line is what people read."""
    if not deliveries:
        nothing = "there is no webhook and no mail server"
        log.warning("%s, so nobody was told: %s. %s", Outcome.NOT_CONFIGURED, nothing, REMEDY)
    for name, one in deliveries.items():
        if one.told:
            log.info("%s: %s: %s", name, one.outcome, one.detail)
    for name, one in deliveries.items():
        if not one.told:
            log.warning("%s: %s, so nobody was told there: %s", name, one.outcome, one.detail)


def _told_before(run: Run, earlier: Path, log: Logger) -> frozenset[str]:
    try:
        return told_channels(earlier, run.identity)
    except ValueError as error:
        log.warning("earlier: %s; it counts as none, for a message twice is better than none", error)
        return frozenset()
