"""A webhook on this machine: a real server that answers as a test says, and keeps what it was told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

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
