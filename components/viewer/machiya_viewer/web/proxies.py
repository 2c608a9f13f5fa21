"""What a proxy in front says about a request. It is believed only if it comes from an address that is listed."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from machiya_viewer.web.headers import App, Receive, Scope, Send

Network = IPv4Network | IPv6Network

PREFIX, USER = b"x-forwarded-prefix", b"x-forwarded-user"
MAX_USER_LENGTH = 100
_ROOT = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")


class BadNetworkError(ValueError):
    """A text that should be an address or a network in CIDR notation is none."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """``10.0.0.0/8``, ``fd00::/8`` or a single address; raises ``BadNetworkError``."""
    found = []
    for text in texts:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError as error:
            raise BadNetworkError(f"{text!r} is no network such as 10.0.0.0/8 or fd00::/8.") from error
    return tuple(found)


def root_path(text: str) -> str | None:
    """A path to be below, without a slash at its end; None if the text cannot be one."""
    return text.rstrip("/") if len(text) <= 200 and _ROOT.fullmatch(text) else None


class Proxies:
    """An ASGI application around another.

    From listed proxies, X-Forwarded-Prefix becomes the root path and X-Forwarded-User the state ``user``; from anybody
    else both are ignored. ``root`` is the root path where no proxy says another.
    """

    def __init__(self, app: App, trusted: Sequence[Network], root: str = "") -> None:
        self.app = app
        self._trusted = tuple(trusted)
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the two headers, and pass on what they come to."""
        if scope["type"] == "http":
            told = dict(scope["headers"]) if self._trusts(scope) else {}
            prefix = root_path(told.get(PREFIX, b"").decode("latin-1"))
            root = prefix or self._root or scope.get("root_path", "")
            user = told.get(USER, b"").decode("utf-8", "replace")[:MAX_USER_LENGTH]
            # "/viewer" is the front page as "/viewer/" is.
            path = f"{root}/" if root and scope["path"] == root else scope["path"]
            state = {**scope.get("state", {}), "user": user}
            scope = {**scope, "root_path": root, "path": path, "state": state}
        await self.app(scope, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        client = scope.get("client")
        if not client:
            return False
        try:
            address = ip_address(client[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._trusted)
