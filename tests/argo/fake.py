"""What a small Argo Server knows, was asked, and is to do wrong; `tests.argo.server` lets it listen."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.argo.cluster import NAMESPACE, Cluster

TOKEN = "correct-horse-battery-staple"


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
