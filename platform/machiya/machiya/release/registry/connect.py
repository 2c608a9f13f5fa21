"""From the name of a registry to one that answers."""

from machiya.containers import credentials_for
from machiya.release.registry.http import ANSWER_SECONDS, FindCredentials, Transport
from machiya.release.registry.protocol import Registry, Repository
from machiya.release.registry.reference import RegistryName, parse_registry
from machiya.release.registry.referrers import OciRepository


class OciRegistry:
    """Implements `machiya.release.registry.Registry`."""

    def __init__(self, name: RegistryName, transport: Transport) -> None:
        self._name = name
        self._transport = transport

    @property
    def name(self) -> str:
        """Host and path."""
        return str(self._name)

    def repository(self, component: str) -> Repository:
        """That of a component."""
        path = f"{self._name.path}/{component}" if self._name.path else component
        return OciRepository(self._transport, f"{self._name}/{component}", path)


def open_registry(
    name: str, *, credentials: FindCredentials = credentials_for, answer_seconds: float = ANSWER_SECONDS
) -> Registry:
    """A registry by its name, ``ghcr.io/acme``, with the credentials of `docker login`. Asks nothing yet.

    Raises ArgumentsError for a text that is no name.
    """
    parsed = parse_registry(name)
    return OciRegistry(parsed, Transport(parsed, credentials, answer_seconds=answer_seconds))
