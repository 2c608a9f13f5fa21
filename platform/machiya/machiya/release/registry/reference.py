"""Names of registries."""

import ipaddress
import re
from dataclasses import dataclass

from machiya.errors import ArgumentsError

_NAME = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::(?P<port>\d{1,5}))?(?:/(?P<path>[a-z0-9._/-]+))?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*")
_DOCKER_HUB = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}


@dataclass(frozen=True)
class RegistryName:
    """``host`` may have a port; ``path`` may be empty."""

    host: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.path}" if self.path else self.host

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine: the one case in which plain HTTP is spoken."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"{'http' if self.is_loopback else 'https'}://{_DOCKER_HUB.get(self.host, self.host)}/v2/"


def is_loopback(host: str) -> bool:
    """Whether a host (with or without a port) is this machine."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def has_host(text: str) -> bool:
    """Whether the first part of a name is that of a machine. Without, images of that name are this machine's own.

    ``.`` and ``..`` are none: a folder begins so.
    """
    head = text.partition("/")[0].strip(".")
    return "." in head or ":" in head or head == "localhost"


def parse_registry(text: str) -> RegistryName:
    """``ghcr.io/acme`` or ``localhost:5000``; ArgumentsError for what is none."""
    match = _NAME.fullmatch(text)
    path = match["path"] or "" if match else ""
    if not match or not has_host(text) or (path and not _PATH.fullmatch(path)):
        raise ArgumentsError(
            f"{text!r} is no registry.",
            "A registry is a host, and mostly a path: ghcr.io/acme, docker.io/acme, localhost:5000. "
            "It has no https:// before it and no tag behind it.",
        )
    return RegistryName(text.partition("/")[0], path)
