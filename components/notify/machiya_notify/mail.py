"""One e-mail by SMTP, within a bounded time. Whatever happens is an answer, and no answer holds an address or a login.

What is said to the server is encrypted and the server's certificate is checked, unless the address asks for plain SMTP;
then no password is sent either.
"""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from machiya_notify.outcome import PATIENCE, Delivery, Outcome, Patience

STARTTLS, TLS, PLAIN = "smtp", "smtps", "smtp+plain"
PORTS = {STARTTLS: 587, TLS: 465, PLAIN: 25}
"""How an address begins, and the port where it names none."""

_FORM = "write it as smtp://HOST:587 (STARTTLS), smtps://HOST:465 (TLS) or, without encryption, smtp+plain://HOST:25"
_HOST = re.compile(r"[a-z0-9_.:-]+")
_LATER = range(400, 500)
"""Replies of a server that may accept the same later; 5xx is for good (RFC 5321, 4.2.1)."""


@dataclass(frozen=True)
class Account:
    """Where mail is handed over, and as whom; nothing of it is shown in a representation."""

    server: str = field(repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Address:
    """A server's address, taken apart."""

    scheme: str
    host: str
    port: int


def read_address(text: str) -> Address | None:
    """``smtp://HOST:PORT`` and the like, also without scheme; None for what is none."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme or (TLS if port == PORTS[TLS] else STARTTLS)
    host = parts.hostname or ""
    if scheme not in PORTS or not _HOST.fullmatch(host) or parts.username is not None or parts.path not in ("", "/"):
        return None
    return Address(scheme, host, port or PORTS[scheme])


def send_mail(account: Account, message: EmailMessage, patience: Patience = PATIENCE) -> Delivery:
    """Hand `message` over. What certainly was not taken is tried again; what may have been is not."""
    address = read_address(account.server)
    if address is None:
        return Delivery(Outcome.REFUSED, f"the secret smtp_server is no address of a server: {_FORM}")
    if address.scheme == PLAIN and account.password:
        return Delivery(Outcome.REFUSED, f"no password is sent without encryption: {_FORM}")
    delivery = _attempt(address, account, message, patience)
    for pause in patience.pauses:
        if not delivery.may_retry:
            break
        time.sleep(min(pause, patience.longest_pause))
        delivery = _attempt(address, account, message, patience)
    return delivery


class _Client(smtplib.SMTP):
    """Knows whether it has begun to hand the message over; from then on it may have arrived."""

    handed_over = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.handed_over = True
        return super().data(msg)


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the beginning."""


def _attempt(address: Address, account: Account, message: EmailMessage, patience: Patience) -> Delivery:
    started: list[_Client] = []
    try:
        with _connected(address, patience, started) as client:
            if account.username:
                client.login(account.username, account.password)
            refused = client.send_message(message)
        return Delivery(Outcome.SENT, _taken(message, len(refused)))
    except Exception as error:  # a notification must never fail a run, and the error's text may hold addresses
        return _explained(error, bool(started and started[0].handed_over), patience)


@contextmanager
def _connected(address: Address, patience: Patience, started: list[_Client]) -> Iterator[_Client]:
    """A client that is connected, encrypted as its address says, and closed after the time of an attempt."""
    context = ssl.create_default_context()
    options: dict[str, Any] = {"timeout": patience.connect}
    client = _TlsClient(context=context, **options) if address.scheme == TLS else _Client(**options)
    with _bounded(client, patience.attempt):
        client._host = address.host  # type: ignore[attr-defined]  # the name that TLS checks; set by SMTP(host) only
        client.connect(address.host, address.port)
        started.append(client)
        if client.sock is not None:
            client.sock.settimeout(patience.attempt)
        if address.scheme == STARTTLS:
            client.starttls(context=context)
        yield client
        _leave(client)


@contextmanager
def _bounded(client: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Break the connection off after `seconds`, however busy it is: timeouts of a socket are for each byte anew."""
    timer = threading.Timer(seconds, _break_off, [client])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        client.close()


def _break_off(client: smtplib.SMTP) -> None:
    connection = client.sock
    if connection is not None:
        _quietly(lambda: socket.socket.shutdown(connection, socket.SHUT_RDWR))


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye; what was handed over stays so, whatever comes of it."""
    _quietly(client.quit)


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except (OSError, smtplib.SMTPException):
        return


def _taken(message: EmailMessage, refused: int) -> str:
    everybody = len(message["To"].addresses)
    return "the server took it" + (f" for {everybody - refused} of {everybody} recipients" if refused else "")


def _explained(error: Exception, handed_over: bool, patience: Patience) -> Delivery:
    """What an error means, without its text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        return _refused(min(codes), "every recipient: look at the secret email_to")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _refused(error.smtp_code, "the login: look at the secrets smtp_username and smtp_password")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _refused(error.smtp_code, "the sender: look at the secret email_from, and whether a login is needed")
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return _refused(error.smtp_code, "the message")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Delivery(Outcome.REFUSED, "the server does not offer STARTTLS, or the login that is configured")
    if handed_over:
        return Delivery(Outcome.UNANSWERED, "the connection broke or was too slow; it may have arrived")
    if isinstance(error, ssl.SSLError):
        return Delivery(Outcome.UNREACHABLE, "no encryption: its certificate is not trusted, or it speaks no TLS there")
    if isinstance(error, TimeoutError):
        return Delivery(Outcome.UNREACHABLE, f"no answer within {patience.attempt:g} s", may_retry=True)
    if isinstance(error, OSError):
        detail = "no connection: its name is not known, nothing listens there, or it broke off"
        return Delivery(Outcome.UNREACHABLE, detail, may_retry=True)
    problem = type(error).__name__
    return Delivery(Outcome.REFUSED, f"the mail could not be made ({problem}): look at email_from and email_to")


def _refused(code: int, what: str) -> Delivery:
    return Delivery(Outcome.REFUSED, f"the server answered {code} to {what}", may_retry=code in _LATER)
