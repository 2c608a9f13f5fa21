"""A small Argo Server for tests: its REST API over HTTP or HTTPS, on a `Cluster` in memory.

It answers as Argo does - paths, messages, bodies of errors, streams - and refuses what Argo's specification does not
have: see `tests.argo.api`. What it says to each call is in `tests.argo.answers`; controller and pods are
`Cluster.finish`.
"""

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

from tests.argo.answers import ANSWERS, Request
from tests.argo.api import Call, answer_problems, find_call, problems
from tests.argo.cluster import Json, RefusedError
from tests.argo.fake import FakeArgo, Fault

_GRPC = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 429: 8, 500: 13, 503: 14}


@contextmanager
def running(argo: FakeArgo, tls: Path | None = None, host: str = "127.0.0.1") -> Iterator[FakeArgo]:
    """Let it listen on a free port of this machine while the block runs.

    With a folder `tls`, over HTTPS: ``argo.ca_file`` is the authority that is made for it, and that clients must name;
    its certificate is for `host`.
    """
    server = _Server(("127.0.0.1", 0), lambda *given: _Handler(argo, *given))
    scheme = "http"
    if tls is not None:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        # The handshake belongs to the thread of the connection: one that fails must not stop the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        argo.ca_file, scheme = tls / "ca.pem", "https"
        authority.cert_pem.write_to_path(str(argo.ca_file))
    argo.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield argo
    finally:
        with argo.cluster.changed:
            argo.stopped = True
            argo.cluster.changed.notify_all()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off, or no TLS where it is spoken: nothing to say."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, argo: FakeArgo, *given: Any) -> None:
        self.argo = argo
        super().__init__(*given)

    def log_message(self, *given: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Read."""
        self._serve()

    def do_POST(self) -> None:
        """Create."""
        self._serve()

    def do_PUT(self) -> None:
        """Change."""
        self._serve()

    def _serve(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        self.argo.requests.append((self.command, path))
        fault = self._fault(path)
        if fault is not None and fault.answer is not None:
            status, content, data = fault.answer
            self._send(status, content, data)
            return
        if fault is not None and not fault.lost:
            return
        try:
            self._answer(path, body, lost=fault is not None)
        except RefusedError as refused:
            self._error(refused)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _fault(self, path: str) -> Fault | None:
        for fault in self.argo.faults:
            if fault.method == self.command and re.search(fault.path, path):
                self.argo.faults.remove(fault)
                return fault
        return None

    def _answer(self, path: str, body: bytes, *, lost: bool) -> None:
        self._authenticate()
        found = find_call(self.command, path)
        if found is None:
            raise RefusedError(404, "Not Found")
        call, words = found
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        data = json.loads(body) if body else None
        if wrong := problems(call, query, data):
            raise RefusedError(501, f"not in Argo's specification: {'; '.join(wrong)}")
        answer = ANSWERS[call.method, call.template](Request(self.argo, tuple(map(unquote, words)), query, data))
        if lost:
            return
        if isinstance(answer, bytes):
            self._send(200, "application/octet-stream", answer)
        elif call.streams:
            self._stream(call, answer)
        else:
            if wrong := answer_problems(call, answer):
                raise RefusedError(501, f"not in Argo's specification: {'; '.join(wrong)}")
            self._send(200, "application/json", json.dumps(answer).encode())

    def _authenticate(self) -> None:
        header = self.headers.get("Authorization", "")
        if self.argo.token is not None and header != f"Bearer {self.argo.token}":
            raise RefusedError(401, "token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/")

    def _stream(self, call: Call, results: Iterator[Json]) -> None:
        """Server-sent events, in chunks, as Argo sends them."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for result in results:
                event = {"result": result}
                wrong = answer_problems(call, event)
                self._chunk({"error": {"http_code": 501, "message": "; ".join(wrong)}} if wrong else event)
        except RefusedError as refused:
            error = {"grpc_code": _GRPC[refused.status], "http_code": refused.status, "message": refused.message}
            self._chunk({"error": error})
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, event: Json) -> None:
        data = b": keep alive\n\ndata: " + json.dumps(event).encode() + b"\n\n"
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _error(self, refused: RefusedError) -> None:
        data = {"code": _GRPC.get(refused.status, 2), "message": refused.message}
        self._send(refused.status, "application/json", json.dumps(data).encode())

    def _send(self, status: int, content: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content)
        if 300 <= status < 400:
            self.send_header("Location", "https://login.example/oauth?state=1")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
