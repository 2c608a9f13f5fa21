"""HTTP to Argo Server: time limits, verified TLS, the token, errors for people; and streams of JSON."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from machiya import __version__
from machiya.engines.argo.answers import error_of, no_answer, not_argo, stream_error
from machiya.engines.argo.settings import ServerSettings
from machiya.errors import ClusterError

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
STREAM_SECONDS = 60.0
"""How long a watch may be silent before it is begun again: a proxy may have forgotten it."""
ATTEMPTS = 3
BACKOFF = 0.3
"""Seconds before the second attempt of what is read; then twice as long."""
_PASSING = (429, 502, 503, 504)
"""Answers that are worth another attempt."""
_PIECE = 1 << 16
_LINE_LIMIT = 64 << 20
"""Bytes of one event; a Workflow object has about one megabyte."""

Parameters = Mapping[str, str | int | bool | None]


class Transport:
    """Requests to one server. Only what is read is asked for again; whatever changes something is sent once."""

    def __init__(self, settings: ServerSettings, *, backoff: float = BACKOFF) -> None:
        self.settings = settings
        session = requests.Session()
        session.trust_env = not settings.is_loopback  # a proxy cannot reach this machine for us
        session.auth = self._authorize  # else requests would look into ~/.netrc
        session.headers["User-Agent"] = f"machiya/{__version__}"
        session.headers["Connection"] = "close"  # one that the server has just closed must not swallow a change
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(max_retries=_retry(backoff)))
        self._session = session
        self._verify = settings.ca_file or True

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def ask(
        self, method: str, path: str, what: str, *, params: Parameters | None = None, body: Any = None
    ) -> dict[str, Any]:
        """The object that is answered; `what` names in messages what is asked for."""
        with self._sent(method, path, what, params=params, body=body, seconds=ANSWER_SECONDS) as answer:
            try:
                data = answer.json()
            except ValueError:
                data = None
            if not isinstance(data, dict):
                raise not_argo(self.settings, "it answered with something that is no JSON object")
            return data

    def events(
        self, path: str, what: str, *, params: Parameters, seconds: float | None = STREAM_SECONDS
    ) -> Iterator[dict[str, Any]]:
        """The results of a stream, as they come; `seconds` of silence end it with an error."""
        with self._sent(
            "GET", path, what, params=params, seconds=seconds, stream=True, accept="text/event-stream"
        ) as answer:
            for line in _lines(answer):
                data = self._event(line)
                if data.get("error"):
                    raise stream_error(data["error"], self.settings, what)
                if isinstance(data.get("result"), dict):
                    yield data["result"]

    def content(self, path: str, what: str) -> Iterator[bytes]:
        """A file, in pieces."""
        with self._sent("GET", path, what, seconds=ANSWER_SECONDS, stream=True, accept="*/*") as answer:
            yield from answer.iter_content(_PIECE)

    def _event(self, line: bytes) -> dict[str, Any]:
        try:
            data = json.loads(line)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise ClusterError(f"{self.settings.host} sent an event that is no JSON object.", "Try again.")
        return data

    @contextmanager
    def _sent(
        self,
        method: str,
        path: str,
        what: str,
        *,
        seconds: float | None,
        params: Parameters | None = None,
        body: Any = None,
        stream: bool = False,
        accept: str = "application/json",
    ) -> Iterator[requests.Response]:
        """An answer that is what was asked for; whatever happens to the connection meanwhile becomes an error."""
        try:
            with self._session.request(
                method,
                f"{self.settings.url}/{path}",
                params={name: _text(value) for name, value in (params or {}).items() if value is not None},
                json=body,
                headers={"Accept": accept},
                timeout=(CONNECT_SECONDS, seconds),
                verify=self._verify,
                allow_redirects=False,
                stream=stream,
            ) as answer:
                if answer.status_code != 200 or answer.headers.get("Content-Type", "").startswith("text/html"):
                    raise error_of(answer, self.settings, what)
                yield answer
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise no_answer(error, self.settings) from error

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.settings.authorization:
            request.headers["Authorization"] = self.settings.authorization
        return request


def _retry(backoff: float) -> Retry:
    return Retry(
        total=ATTEMPTS - 1,
        status_forcelist=_PASSING,
        allowed_methods=("GET",),
        backoff_factor=backoff,
        backoff_max=5,
        raise_on_status=False,
        redirect=False,
    )


class _Adapter(HTTPAdapter):
    """Connections that notice when the other side is gone, though nothing is said for a long time."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        alive = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                alive.append((socket.IPPROTO_TCP, getattr(socket, name), value))
        options["socket_options"] = HTTPConnection.default_socket_options + alive
        super().init_poolmanager(*arguments, **options)


def place(*words: str) -> str:
    """A path below the server: each word is one part of it, whatever it holds."""
    return "/".join(quote(word, safe="") for word in words)


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(answer: requests.Response) -> Iterator[bytes]:
    """The events of a stream: lines of JSON, or server-sent events (``data: {...}``) without what keeps it alive."""
    rest = b""
    while piece := answer.raw.read1(_PIECE, decode_content=True):  # whatever is there, without waiting for more
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LINE_LIMIT:
            raise requests.exceptions.ChunkedEncodingError("an event has no end")
        yield from (data for line in whole if (data := _data(line)))
    if data := _data(rest):
        yield data


def _data(line: bytes) -> bytes:
    line = line.strip()
    return line.removeprefix(b"data:").strip() if line.startswith((b"data:", b"{")) else b""
