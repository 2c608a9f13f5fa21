"""What is asked of Argo Server, and the protocol that its client implements.

Objects are plain JSON, whole as the server has them: what a newer Argo adds is neither lost nor refused. Everything may
raise ClusterError (the server is down, too slow, not trusted, or gives no sense), AccessError (it refuses the token, or
the token may not do this), RejectedError (it does not take what it was sent), and where something is named that is
not there, NotFoundError.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from machiya.engines.argo.settings import ServerSettings

Object = Mapping[str, Any]
"""A Workflow, WorkflowTemplate or CronWorkflow."""

Kind = Literal["WorkflowTemplate", "CronWorkflow"]
"""What is deployed."""


@dataclass(frozen=True)
class LogLine:
    """One line of a pod's log, without its end."""

    pod: str
    text: str


class ArgoServer(Protocol):
    """One namespace of one Argo Server."""

    @property
    def settings(self) -> ServerSettings:
        """Which one."""

    def version(self) -> str:
        """``v3.7.2``."""

    def create(self, workflow: Object) -> Object:
        """Begin a run. Its name is in it; however often the connection fails, it begins once."""

    def get(self, name: str) -> Object:
        """A run, from the archive where it is not in the cluster any more."""

    def runs(self, selector: str = "", limit: int | None = None) -> Iterator[Object]:
        """Runs with these labels, the newest first, without their specifications; asked for in pages."""

    def watch(self, name: str) -> Iterator[Object]:
        """A run as it is now, then whenever it changes, until it has ended."""

    def logs(
        self, name: str, *, pod: str = "", follow: bool = False, tail: int | None = None, container: str = "main"
    ) -> Iterator[LogLine]:
        """What the pods of a run wrote, as far as they are still there; `follow`: until they have ended."""

    def kept_log(self, name: str, node: str) -> Iterator[bytes]:
        """The log of a node that the controller keeps in the artifact repository (``archiveLogs``), in pieces."""

    def retry(self, name: str, *, step: str | None = None) -> Object:
        """Run again what failed; and the steps of this display name, with all that follows, though they succeeded."""

    def resume(self, name: str) -> Object:
        """Let a run go on that waits at a suspend step, or is suspended as a whole."""

    def stop(self, name: str, *, kill: bool = False) -> Object:
        """End a run: its steps get SIGTERM and the exit handler runs; `kill`: at once, without it."""

    def find(self, kind: Kind, name: str) -> Object | None:
        """What is deployed under a name; None if nothing is."""

    def add(self, kind: Kind, value: Object) -> Object:
        """Deploy what is not there yet. ConflictError: somebody else just did."""

    def replace(self, kind: Kind, value: Object) -> Object:
        """Deploy another version. ConflictError: it is not the one whose resourceVersion `value` has any more."""
