"""Whether a message is sent, and to where."""

from logging import Logger
from pathlib import Path

from machiya_notify.delivery import Delivery, Outcome, deliver
from machiya_notify.message import Run
from machiya_notify.receipt import was_sent
from machiya_notify.styles import payload


def send_once(run: Run, webhook: str, style: str, earlier: Path | None, log: Logger) -> Delivery:
    """Send the message about `run`, unless the receipt in `earlier` says that it was sent or there is no webhook."""
    if earlier is not None and _sent_before(run, earlier, log):
        return Delivery(Outcome.ALREADY_SENT, "an earlier execution told the same about this run")
    if not webhook:
        remedy = "Put its address into the Secret machiya-notify, key webhook (or the variable MACHIYA_SECRET_WEBHOOK)."
        return Delivery(Outcome.NOT_CONFIGURED, f"there is no webhook. {remedy}")
    return deliver(webhook, payload(run, style), run.identity)


def _sent_before(run: Run, earlier: Path, log: Logger) -> bool:
    try:
        return was_sent(earlier, run.identity)
    except ValueError as error:
        log.warning("earlier: %s; it counts as none, for a message twice is better than none", error)
        return False
