"""Who is told: every channel whose secrets are there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machiya_notify.message import Run
from machiya_notify.outcome import PATIENCE, Delivery, Outcome, Patience

if TYPE_CHECKING:
    from email.message import EmailMessage

Secrets = Callable[[str], str | None]
"""The value of a secret by its name; None where it is not configured."""


@dataclass(frozen=True)
class Channel:
    """One way to tell people; ``send`` never raises."""

    name: str
    send: Callable[[Run], Delivery]


def configured(secret: Secrets, patience: Patience = PATIENCE) -> list[Channel]:
    """The channels that are configured, each by its own secrets."""
    given = {name: (secret(name) or "").strip() for name in _SECRETS}
    return list(_channels(given, patience))


_SECRETS = (
    "webhook",
    "generic_webhook",
    "smtp_server",
    "smtp_username",
    "smtp_password",
    "email_from",
    "email_to",
)


def _channels(given: dict[str, str], patience: Patience) -> Iterator[Channel]:
    if given["webhook"]:
        yield Channel("webhook", lambda run: _post(given["webhook"], "slack", run, patience))
    if given["generic_webhook"]:
        yield Channel("generic_webhook", lambda run: _post(given["generic_webhook"], "generic", run, patience))
    if given["smtp_server"] or given["email_to"]:
        yield Channel("email", lambda run: _mail(given, run, patience))


def _post(address: str, style: str, run: Run, patience: Patience) -> Delivery:
    from machiya_notify.styles import payload
    from machiya_notify.webhook import post

    return post(address, payload(run, style), run.identity, patience)


def _mail(given: dict[str, str], run: Run, patience: Patience) -> Delivery:
    from machiya_notify.mail import Account, send_mail

    missing = next((name for name in ("smtp_server", "email_to") if not given[name]), None)
    if missing is not None:
        return Delivery(Outcome.REFUSED, f"the secret {missing} is missing")
    try:
        message = _letter(given, run)
    except (ValueError, LookupError):  # its text holds the address
        return Delivery(
            Outcome.REFUSED, "email_from or email_to is no list of addresses: ops@example.com, me@example.com"
        )
    return send_mail(Account(given["smtp_server"], given["smtp_username"], given["smtp_password"]), message, patience)


def _letter(given: dict[str, str], run: Run) -> "EmailMessage":
    """The message as an e-mail. Equal messages have the same Message-ID, by which readers know one from two."""
    from email.message import EmailMessage
    from email.utils import localtime

    from machiya_notify.message import headline
    from machiya_notify.styles import lines

    letter = EmailMessage()
    letter["To"] = ", ".join(_addresses(given["email_to"]))
    sender = given["email_from"] or (given["smtp_username"] if "@" in given["smtp_username"] else "")
    (letter["From"],) = _addresses(sender) if sender else [letter["To"].addresses[0].addr_spec]
    letter["Subject"] = f"[{run.status}] {headline(run)}"
    letter["Date"] = localtime()
    letter["Message-ID"] = f"<{run.identity[:40]}@notify.machiya>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n".join(lines(run)) + "\n")
    return letter


def _addresses(text: str) -> list[str]:
    """A list of addresses, whether there are commas, semicolons or lines between them. Raises ValueError."""
    from email.utils import getaddresses

    found = getaddresses([", ".join(text.replace(";", ",").split("\n"))])
    if not found or not all("@" in address for _, address in found):
        raise ValueError("no addresses")
    return [address for _, address in found]
