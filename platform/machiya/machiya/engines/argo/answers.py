"""What Argo Server answers when it does not do what it was asked, as errors that say what to do."""

import re
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from machiya.engines.argo.settings import CA_FILE, NAMESPACE, TOKEN, ServerSettings
from machiya.errors import AccessError, ClusterError, ConflictError, MachiyaError, NotFoundError, RejectedError

_SHOWN = 2000
_FORBIDDEN = re.compile(
    r"User \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+) resource \"(?P<resource>[^\"]+)\"(?: in API group \"[^\"]*\")?"
    r"(?: in the namespace \"(?P<namespace>[^\"]+)\")?"
)
_LATER = "Try again later; if that does not help, ask who runs the cluster."
_CODES = {3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 12: 501, 14: 503, 16: 401}
"""gRPC's codes, as a stream that has begun tells its end, in those of HTTP."""


def error_of(answer: requests.Response, settings: ServerSettings, what: str) -> MachiyaError:
    """The error that an answer of 300 and more is; `what` was asked for: ``run NAME``."""
    content = answer.headers.get("Content-Type", "")
    if 300 <= answer.status_code < 400 or content.startswith("text/html"):
        return not_argo(settings, f"it answered {answer.status_code} with {_kind(answer)}")
    return said_error(answer.status_code, message_of(answer), settings, what)


def stream_error(error: Any, settings: ServerSettings, what: str) -> MachiyaError:
    """The error with which a stream ended: ``{"grpc_code": 5, "http_code": 404, "message": ...}``."""
    data = error if isinstance(error, dict) else {}
    code = data.get("http_code") or _CODES.get(data.get("grpc_code") or data.get("code") or 0) or 500
    return said_error(int(code), str(data.get("message", error))[:_SHOWN], settings, what)


def said_error(status: int, message: str, settings: ServerSettings, what: str) -> MachiyaError:
    """The error of a status of HTTP and Argo's message."""
    message = settings.redacted(message)
    if status == 401:
        return unknown_token(settings, message)
    if status == 403:
        return forbidden(settings, message, what)
    if status == 404:
        remedy = (
            f"Is it in another namespace? --namespace NAME, or {NAMESPACE}. What was deleted and not archived is gone."
        )
        return NotFoundError(f"there is no {what} in the namespace {settings.namespace}.", remedy)
    if status == 409:
        return ConflictError(
            f"{settings.host} reports a conflict: {message}", "Look at what is there, then do it again."
        )
    if status in (400, 422):
        return RejectedError(f"Argo does not take the {what}: {message}", "Nothing was changed.")
    if status == 429:
        return ClusterError(f"{settings.host} has too many requests.", "Try again in a minute.")
    return ClusterError(f"{settings.host} answered {status}: {message}", _LATER)


def unknown_token(settings: ServerSettings, message: str) -> AccessError:
    """401: no token, or one that the server does not know."""
    if not settings.authorization:
        return AccessError(f"{settings.host} wants a token.", f"export {TOKEN}=... ; docs/cluster.md says where from.")
    return AccessError(
        f"{settings.host} does not accept the token: {message}",
        f"It may have expired, or be of another cluster. Get a new one: export {TOKEN}=...",
    )


def forbidden(settings: ServerSettings, message: str, what: str) -> AccessError:
    """403: which permission lacks."""
    found = _FORBIDDEN.search(message)
    if found is None:
        return AccessError(
            f"the token may not do this ({what}, namespace {settings.namespace}): {message}",
            "Ask who runs the cluster for the permission, or name another namespace: --namespace NAME",
        )
    namespace = found["namespace"] or settings.namespace
    return AccessError(
        f"the token may not {found['verb']} {found['resource']} in the namespace {namespace}.",
        f"Ask who runs the cluster to let {found['user']} do that, or name another namespace: --namespace NAME",
    )


def not_argo(settings: ServerSettings, why: str) -> ClusterError:
    """What answered is a proxy, a login page, or something else."""
    return ClusterError(
        f"what answers at {settings.url} is not Argo Server's API: {why}.",
        "A proxy or a login page may be before it, or the path be another: --server https://HOST/PATH",
    )


def no_answer(error: requests.exceptions.RequestException | HTTPError, settings: ServerSettings) -> ClusterError:
    """The connection failed."""
    text, host = str(error), settings.host
    if isinstance(error, requests.exceptions.SSLError) or "CERTIFICATE_VERIFY_FAILED" in text:
        return _untrusted(text, settings)
    if isinstance(error, requests.exceptions.ProxyError):
        return ClusterError(f"the proxy before {host} does not answer.", "Look at HTTPS_PROXY and NO_PROXY.")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        message = f"{host} does not answer."
    elif isinstance(error, (requests.exceptions.ReadTimeout, ReadTimeoutError)) or "Read timed out" in text:
        return ClusterError(f"{host} did not answer in time.", _LATER)
    elif "resolve" in text or "Name or service not known" in text:
        message = f"there is no machine called {host}."
    elif "refused" in text:
        message = f"nothing listens at {host}."
    else:
        message = f"the connection to {host} broke off."
    return ClusterError(message, "Is the address right, and the network (VPN, forwarded port) up?")


def _untrusted(text: str, settings: ServerSettings) -> ClusterError:
    if "WRONG_VERSION_NUMBER" in text.upper().replace(" ", "_"):
        return ClusterError(
            f"{settings.host} does not speak TLS.",
            "If it is a port of this machine: --server http://" + settings.host + ", or ARGO_SECURE=false.",
        )
    reason = text.partition("CERTIFICATE_VERIFY_FAILED] ")[2].partition(" (_ssl")[0] or "the connection is not secure"
    return ClusterError(
        f"{settings.host} cannot be trusted: {reason}.",
        f"If its certificate is one of your own: {CA_FILE}=FILE names what to trust (PEM). It is always verified.",
    )


def message_of(answer: requests.Response) -> str:
    """What Argo says: ``{"code": 5, "message": ...}``; else the beginning of the text."""
    try:
        data = answer.json()
        text = str(data.get("message") or data.get("error") or "")
    except (ValueError, AttributeError):
        text = answer.text
    return " ".join(text.split())[:_SHOWN] or answer.reason or "no reason is given"


def _kind(answer: requests.Response) -> str:
    where = answer.headers.get("Location", "").partition("?")[0]
    return f"a redirection to {where}" if where else "a page"
