"""A real webhook on this machine that keeps what it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Webhook(HTTPServer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        """Where to send it; the last part is a secret."""
        return f"http://127.0.0.1:{self.server_port}/T0KEN"


class Handler(BaseHTTPRequestHandler):
    """Answers 200."""

    server: Webhook

    def do_POST(self) -> None:
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Webhook]:
    """One that listens, in a thread, while this lasts."""
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
