"""A small Argo Server for tests: its REST API over HTTP or HTTPS, on a `Cluster` in memory.

It answers as Argo does - paths, messages, bodies of errors, streams - and refuses what Argo's specification does not
have: see `tests.argo.api`. Controller and pods are `Cluster.finish`.
"""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

from tests.argo.api import Call, answer_problems, find_call, problems
from tests.argo.cluster import ENDED, NAMESPACE, Cluster, Json, RefusedError

TOKEN = "correct-horse-battery-staple"
USER = "system:serviceaccount:ml:robot"
VERSION = "v3.7.2"
_GRPC = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 429: 8, 500: 13, 503: 14}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with the next request of a method to a path.

    ``answer``: that is answered instead. ``lost``: the request is carried out, and the connection breaks off before
    the answer. Neither: the connection breaks off at once.
    """

    method: str
    path: str
    answer: tuple[int, str, bytes] | None = None
    lost: bool = False


@dataclass
class FakeArgo:
    """The server: what it was asked, and what is to go wrong."""

    cluster: Cluster = field(default_factory=Cluster)
    token: str | None = TOKEN
    faults: list[Fault] = field(default_factory=list)
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    ca_file: Path | None = None
    stopped: bool = False
    page: int | None = None
    """The most runs that a list gives at a time, whatever is asked for."""

    def asked(self, method: str) -> list[str]:
        """The paths that a method was used on."""
        return [path for one, path in self.requests if one == method]

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which a client finds it."""
        found = {"ARGO_SERVER": self.url, "ARGO_NAMESPACE": NAMESPACE}
        if self.token:
            found["ARGO_TOKEN"] = self.token
        if self.ca_file:
            found["ARGO_CA_FILE"] = str(self.ca_file)
        return found


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
        answer = ANSWERS[call.method, call.template](_Request(self.argo, tuple(map(unquote, words)), query, data))
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


@dataclass(frozen=True)
class _Request:
    argo: FakeArgo
    words: tuple[str, ...]
    query: Mapping[str, str]
    body: Any

    @property
    def cluster(self) -> Cluster:
        return self.argo.cluster

    @property
    def name(self) -> str:
        """The word behind the namespace."""
        return self.words[1]

    def may(self, verb: str, plural: str) -> None:
        """Ask Kubernetes whether the token may do something."""
        if self.words[0] != NAMESPACE or (verb, plural) in self.argo.forbidden:
            raise RefusedError(
                403,
                f'{plural}.argoproj.io is forbidden: User "{USER}" cannot {verb} resource "{plural}" in API group '
                f'"argoproj.io" in the namespace "{self.words[0]}"',
            )


def _create(request: _Request) -> Json:
    request.may("create", "workflows")
    return request.cluster.create(request.body["workflow"])


def _get(request: _Request) -> Json:
    request.may("get", "workflows")
    return request.cluster.get(request.name)


def _list(request: _Request) -> Json:
    request.may("list", "workflows")
    selected = [one for one in request.cluster.newest_first() if _selected(one, request.query)]
    start = int(request.query.get("listOptions.continue") or 0)
    asked = int(request.query.get("listOptions.limit") or len(selected) or 1)
    end = start + min(asked, request.argo.page or asked)
    items = [_without(one, request.query.get("fields", "")) for one in selected[start:end]]
    return {"metadata": {"continue": str(end)} if end < len(selected) else {}, "items": items or None}


def _selected(workflow: Json, query: Mapping[str, str]) -> bool:
    labels = workflow["metadata"].get("labels") or {}
    for wanted in filter(None, query.get("listOptions.labelSelector", "").split(",")):
        name, equals, value = wanted.partition("=")
        if name not in labels or (equals and labels[name] != value):
            return False
    return True


def _without(workflow: Json, fields: str) -> Json:
    """``-items.spec.templates,...``: Argo's way to leave fields out."""
    assert not fields or fields.startswith("-"), "the fake knows the form that leaves out"
    for place in filter(None, fields[1:].split(",")):
        *outer, last = place.removeprefix("items.").split(".")
        part: Any = workflow
        for one in outer:
            part = part.get(one) or {}
        part.pop(last, None)
    return workflow


def _watch(request: _Request) -> Iterator[Json]:
    request.may("watch", "workflows")
    name = request.query["listOptions.fieldSelector"].removeprefix("metadata.name=")
    return _changes(request.argo, name)


def _changes(argo: FakeArgo, name: str) -> Iterator[Json]:
    cluster = argo.cluster
    last, seen = cluster.get(name), ""
    while True:
        with cluster.changed:
            cluster.changed.wait_for(partial(_is_news, argo, name, seen))
            if argo.stopped:
                return
            now = cluster.workflows.get(name)
            kind = "DELETED" if now is None else "MODIFIED" if seen else "ADDED"
            last = json.loads(json.dumps(now)) if now is not None else last
            begun, seen = not seen, _version(cluster, name)
        yield {"type": kind, "object": last}
        if begun and cluster.when_watched:
            cluster.when_watched.popleft()(name)
        if kind == "DELETED":
            return


def _is_news(argo: FakeArgo, name: str, seen: str) -> bool:
    return argo.stopped or _version(argo.cluster, name) != seen


def _version(cluster: Cluster, name: str) -> str:
    found = cluster.workflows.get(name)
    return str(found["metadata"]["resourceVersion"]) if found else "gone"


def _log(request: _Request) -> Iterator[Json]:
    request.may("get", "workflows")
    cluster, name = request.cluster, request.name
    cluster.get(name)
    pod, tail = request.query.get("podName"), request.query.get("logOptions.tailLines")
    follow = request.query.get("logOptions.follow") == "true"
    return _entries(request.argo, name, pod, int(tail) if tail is not None else None, follow=follow)


def _entries(argo: FakeArgo, name: str, pod: str | None, tail: int | None, *, follow: bool) -> Iterator[Json]:
    cluster = argo.cluster
    sent, first = 0, True
    while True:
        with cluster.changed:
            every = [entry for entry in cluster.logs.get(name, []) if pod in (None, entry[0])]
            over = cluster.workflows[name]["status"].get("phase") in ENDED
        new = every[sent:]
        for one, line in new if tail is None or not first else new[len(new) - min(tail, len(new)) :]:
            yield {"podName": one, "content": line}
        sent, begun, first = len(every), first, False
        if not follow or over or argo.stopped:
            return
        if begun and cluster.when_watched:
            cluster.when_watched.popleft()(name)
            continue
        with cluster.changed:
            cluster.changed.wait(timeout=10)


def _kept_log(request: _Request) -> bytes:
    _, _, name, node, _, artifact = request.words
    found = request.cluster.kept_logs.get((name, node)) if artifact == "main-logs" else None
    if found is None:
        raise RefusedError(404, "artifact not found")
    return found


def _retry(request: _Request) -> Json:
    request.may("update", "workflows")
    restart, selector = request.body.get("restartSuccessful", False), request.body.get("nodeFieldSelector", "")
    return request.cluster.retry(request.name, restart_successful=restart, selector=selector)


def _stop(strategy: str) -> Callable[[_Request], Json]:
    def answer(request: _Request) -> Json:
        request.may("patch", "workflows")
        return request.cluster.shut_down(request.name, strategy)

    return answer


def _resume(request: _Request) -> Json:
    request.may("update", "workflows")
    return request.cluster.resume(request.name)


def _find(plural: str) -> Callable[[_Request], Json]:
    def answer(request: _Request) -> Json:
        request.may("get", plural)
        return request.cluster.find(plural, request.name)

    return answer


def _add(plural: str, field_name: str) -> Callable[[_Request], Json]:
    def answer(request: _Request) -> Json:
        request.may("create", plural)
        return request.cluster.add(plural, request.body[field_name])

    return answer


def _replace(plural: str, field_name: str) -> Callable[[_Request], Json]:
    def answer(request: _Request) -> Json:
        request.may("update", plural)
        return request.cluster.replace(plural, request.body[field_name])

    return answer


_WORKFLOW = "/api/v1/workflows/{namespace}"
ANSWERS: dict[tuple[str, str], Callable[[_Request], Any]] = {
    ("GET", "/api/v1/version"): lambda _: {"version": VERSION},
    ("GET", "/api/v1/info"): lambda _: {"managedNamespace": ""},
    ("POST", _WORKFLOW): _create,
    ("GET", _WORKFLOW): _list,
    ("GET", f"{_WORKFLOW}/{{name}}"): _get,
    ("GET", f"{_WORKFLOW}/{{name}}/log"): _log,
    ("PUT", f"{_WORKFLOW}/{{name}}/retry"): _retry,
    ("PUT", f"{_WORKFLOW}/{{name}}/stop"): _stop("Stop"),
    ("PUT", f"{_WORKFLOW}/{{name}}/terminate"): _stop("Terminate"),
    ("PUT", f"{_WORKFLOW}/{{name}}/resume"): _resume,
    ("GET", "/api/v1/workflow-events/{namespace}"): _watch,
    (
        "GET",
        "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}",
    ): _kept_log,
    ("POST", "/api/v1/workflow-templates/{namespace}"): _add("workflowtemplates", "template"),
    ("GET", "/api/v1/workflow-templates/{namespace}/{name}"): _find("workflowtemplates"),
    ("PUT", "/api/v1/workflow-templates/{namespace}/{name}"): _replace("workflowtemplates", "template"),
    ("POST", "/api/v1/cron-workflows/{namespace}"): _add("cronworkflows", "cronWorkflow"),
    ("GET", "/api/v1/cron-workflows/{namespace}/{name}"): _find("cronworkflows"),
    ("PUT", "/api/v1/cron-workflows/{namespace}/{name}"): _replace("cronworkflows", "cronWorkflow"),
}
