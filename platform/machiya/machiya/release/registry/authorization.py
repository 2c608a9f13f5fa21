"""What a registry wants to see before it answers: the password itself, or a token that another server gives for it.

Source: https://distribution.github.io/distribution/spec/auth/token/. Credentials are never part of a message.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import parse_dict_header

from machiya.containers import Credentials
from machiya.errors import AccessError, RegistryError
from machiya.release.registry.reference import is_loopback

Get = Callable[..., requests.Response]


@dataclass(frozen=True)
class Challenge:
    """The header WWW-Authenticate of an answer 401: ``scheme`` in small letters, and what comes with it."""

    scheme: str
    parameters: dict[str, str]


def challenge_of(answer: requests.Response) -> Challenge:
    """What the registry asks for."""
    scheme, _, rest = answer.headers.get("WWW-Authenticate", "").partition(" ")
    parameters: dict[str, str] = parse_dict_header(rest)  # type: ignore[no-untyped-call]
    return Challenge(scheme.lower(), parameters)


def authorize(challenge: Challenge, host: str, credentials: Credentials | None, scope: str, get: Get) -> str:
    """The header Authorization that meets a challenge.

    `get` fetches a token. Raises AccessError where credentials are needed and there are none, or they are refused.
    """
    if challenge.scheme == "bearer":
        return f"Bearer {_token(challenge.parameters, host, credentials, scope, get)}"
    if credentials is None or credentials.is_token or challenge.scheme != "basic":
        raise refused(host, credentials)
    return _basic(credentials)


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _token(parameters: dict[str, str], host: str, credentials: Credentials | None, scope: str, get: Get) -> str:
    realm = urlsplit(parameters.get("realm", ""))
    if realm.scheme != "https" and not (realm.scheme == "http" and is_loopback(realm.netloc) and is_loopback(host)):
        raise RegistryError(
            f"{host} sends clients for a token to {realm.geturl() or 'nowhere'}, which is not encrypted.",
            "Nothing was sent there. Ask who runs the registry.",
        )
    query = {"service": parameters.get("service", host), "scope": parameters.get("scope") or scope}
    if credentials is not None and credentials.is_token:
        body = {**query, "grant_type": "refresh_token", "refresh_token": credentials.password, "client_id": "machiya"}
        answer = get("POST", realm.geturl(), data=body)
    else:
        headers = {"Authorization": _basic(credentials)} if credentials else {}
        answer = get("GET", realm.geturl(), params=query, headers=headers)
    if answer.status_code in (400, 401, 403):
        raise refused(host, credentials)
    return _token_in(answer, host)


def _token_in(answer: requests.Response, host: str) -> str:
    try:
        found: Any = answer.json()
        return str(found.get("token") or found["access_token"])
    except (ValueError, KeyError, AttributeError) as error:
        message = f"the token server of {host} answered {answer.status_code}, and no token."
        raise RegistryError(message, "Try again; if that does not help, ask who runs the registry.") from error


def refused(host: str, credentials: Credentials | None, what: str = "") -> AccessError:
    """The error for credentials that are not there, wrong, or not enough."""
    if credentials is None:
        return AccessError(
            f"{host} wants to know who asks{what}, and there are no credentials for it.", f"docker login {host}"
        )
    return AccessError(
        f"{host} refused the credentials of {credentials.username or 'the token'}{what}.",
        f"docker login {host}    (or ask for the right to read and write there)",
    )
