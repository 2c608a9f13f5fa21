"""HTTP to a registry: time limits, further attempts, credentials when they are asked for, errors for people."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from machiya.containers import Credentials
from machiya.errors import RegistryError
from machiya.release.registry.authorization import authorize, challenge_of, refused
from machiya.release.registry.reference import RegistryName

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
ATTEMPTS = 3
_PASSING = (429, 502, 503, 504)
"""Answers that are worth another attempt."""

FindCredentials = Callable[[str], Credentials | None]


class Transport:
    """Requests to one registry; several threads may ask at once."""

    def __init__(
        self, name: RegistryName, credentials: FindCredentials, *, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self._name = name
        self._find = credentials
        self._timeout = (CONNECT_SECONDS, answer_seconds)
        self._session = requests.Session()
        self._session.trust_env = not name.is_loopback  # a proxy cannot reach this machine for us
        self._session.auth = _unchanged  # else requests would look into ~/.netrc
        retry = Retry(
            total=ATTEMPTS - 1,
            status_forcelist=_PASSING,
            allowed_methods=("GET", "HEAD", "PUT", "POST"),
            backoff_factor=0.3,
            backoff_max=5,
            raise_on_status=False,
            redirect=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        self._granted: dict[str, str] = {}

    def request(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Ask for a path below the API (or a whole URL that the registry named); the answer, 404 included.

        Raises AccessError where the registry does not let us, RegistryError for answers of 400 and more but 404.
        """
        url = urljoin(self._name.url, path)
        more: dict[str, Any] = {"data": data, "params": params}
        answer = self._send(method, url, self._headers(url, scope, headers), **more)
        if answer.status_code == 401:
            credentials = self._find(self._name.host)
            challenge = challenge_of(answer)
            self._granted[scope] = authorize(challenge, self._name.host, credentials, scope, self._send)
            answer = self._send(method, url, self._headers(url, scope, headers), **more)
        return self._checked(answer, scope)

    def _headers(self, url: str, scope: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        """What was granted is shown to the registry alone, and not to a store that it may name for blobs."""
        granted = self._granted.get(scope) if url.startswith(self._name.url) else None
        return {**(headers or {}), **({"Authorization": granted} if granted else {})}

    def _send(self, method: str, url: str, headers: Mapping[str, str] | None = None, **more: Any) -> requests.Response:
        try:
            return self._session.request(method, url, headers=headers, timeout=self._timeout, **more)
        except requests.exceptions.RequestException as error:
            raise _unreachable(self._name.host, error, self._timeout[1]) from error

    def _checked(self, answer: requests.Response, scope: str) -> requests.Response:
        code = answer.status_code
        if code in (401, 403):
            repository = scope.split(":")[1]
            raise refused(self._name.host, self._find(self._name.host), f" for {repository}")
        if code >= 400 and code != 404:
            asked = f"{answer.request.method} {answer.request.path_url}"
            raise RegistryError(
                f"{self._name.host} answered {code}{_said(answer)} to {asked}.",
                "Try again later; if that does not help, ask who runs the registry."
                if code >= 500 or code == 429
                else "It may be no registry of images, or not allow this. Check its name.",
            )
        return answer


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _said(answer: requests.Response) -> str:
    """The messages of a registry's answer, as the OCI specification has them."""
    try:
        errors = answer.json()["errors"]
        text = ", ".join(str(one.get("message") or one.get("code")) for one in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f" ({text[:200]})"


def _unreachable(host: str, error: requests.exceptions.RequestException, seconds: float) -> RegistryError:
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return RegistryError(
            f"{host} cannot be trusted: {_reason(text)}.",
            "If its certificate is one of your own: REQUESTS_CA_BUNDLE=FILE names what to trust. "
            "Plain HTTP is spoken to this machine only.",
        )
    if isinstance(error, requests.exceptions.ReadTimeout) or "Read timed out" in text:
        return RegistryError(f"{host} did not answer within {seconds:g} seconds.", "Try again later.")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        message = f"{host} does not answer: nothing came within {CONNECT_SECONDS:g} seconds."
    elif "resolve" in text or "Name or service not known" in text:
        message = f"there is no machine called {host}."
    else:
        message = f"{host} does not answer: {_reason(text)}."
    return RegistryError(message, "Check its name and the network, then try again: nothing was changed.")


def _reason(text: str) -> str:
    """The innermost reason of the library's nested text."""
    for known in (
        "Connection refused",
        "Connection reset by peer",
        "Remote end closed connection",
        "wrong version number",
    ):
        if known.lower() in text.lower():
            return {"wrong version number": "it does not speak TLS"}.get(known, known.lower())
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            text.partition("CERTIFICATE_VERIFY_FAILED] ")[2].partition(" (_ssl")[0] or "its certificate is not trusted"
        )
    return "the connection failed"
