"""A webhook and a mail server on this machine: real ones that answer as a test says, and keep what they were told."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PATH = "/services/T0KEN/very-secret-path"


class Webhook:
    """Answers each request with the next of `answers` (the last one for ever); 0 breaks the connection off.

    While `silent` it reads a request and does not answer; `dripping`, it answers with headers that never end.
    """

    def __init__(self) -> None:
        self.answers: list[int] = [200]
        self.headers: dict[str, str] = {}
        self.silent = self.dripping = False
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.closing = threading.Event()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                webhook.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                webhook.keys.append(self.headers["Idempotency-Key"])
                if webhook.silent:
                    webhook.closing.wait()
                elif webhook.dripping:
                    self._drip()
                elif code := webhook.answers.pop(0) if len(webhook.answers) > 1 else webhook.answers[0]:
                    self._answer(code)
                self.close_connection = True

            def _answer(self, code: int) -> None:
                self.send_response(code)
                for name, value in webhook.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def _drip(self) -> None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not webhook.closing.wait(0.01):
                    try:
                        self.wfile.write(b"x")
                    except OSError:
                        return

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}{PATH}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def texts(self) -> list[str]:
        """The text of every message."""
        return [body["text"] for body in self.bodies]

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy this machine uses, what is on the machine itself is reached without."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    yield made
    made.close()


@pytest.fixture
def nobody() -> str:
    """An address of this machine where nothing listens any more."""
    other = Webhook()
    other.close()
    return other.address


class Mailbox:
    """Takes mail and keeps it; ``replies`` are the answers to it, the last one for ever."""

    def __init__(self, login: tuple[str, str]) -> None:
        self.login = LoginPassword(*(text.encode() for text in login))
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.logins = 0
        self.replies = ["250 taken"]
        self.unknown: set[str] = set()
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - its name in aiosmtpd
        if address in self.unknown:
            return "550 no such user T0KEN"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return reply

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins += 1
        return AuthResult(success=data == self.login, handled=data == self.login)


@contextlib.contextmanager
def serving_mail(
    context: ssl.SSLContext | None, *, starttls: bool = True, login: tuple[str, str] | None = None
) -> Iterator[Mailbox]:
    """A mail server; with `context` it speaks TLS from the beginning, or after STARTTLS."""
    box = Mailbox(login or ("", ""))
    settings: dict[str, Any] = {"auth_required": True, "authenticator": box.authenticate} if login else {}
    if context is not None and starttls:
        settings |= {"tls_context": context, "require_starttls": True}
    implicit = context if not starttls else None
    settings |= {"auth_require_tls": False, "auth_required": False} if implicit else {}  # it knows of STARTTLS only
    controller = Controller(
        box, hostname="127.0.0.1", port=_free_port(), ssl_context=implicit, ready_timeout=60, **settings
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def mute_server(greeting: bytes = b"", *, drip: bool = False) -> Iterator[int]:
    """The port of a server that says `greeting` to who connects, and no more; with `drip` a byte now and then."""
    closing = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(greeting)
            while not closing.wait(0.05):
                connection.sendall(b"2" if drip else b"")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = server.accept()[0]
                threads.append(threading.Thread(target=talk, args=[connection]))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        closing.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        acceptor.join()
        for thread in threads:
            thread.join()


@pytest.fixture
def serving() -> Callable[..., Any]:
    """Starts a mail server."""
    return serving_mail


@pytest.fixture
def mute() -> Callable[..., Any]:
    """Starts a server that does not answer."""
    return mute_server
