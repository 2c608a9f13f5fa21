"""Argo Server's REST API, as machiya.engines.argo.protocol wants it."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from machiya.engines.argo.http import BACKOFF, Transport, place
from machiya.engines.argo.protocol import Kind, LogLine, Object
from machiya.engines.argo.settings import ServerSettings
from machiya.engines.argo.watching import watch
from machiya.errors import ClusterError, ConflictError, NotFoundError

SUBMISSION = "machiya/submission"
"""Annotation of a run: a number that nobody else has, by which a client knows its own run again."""

PAGE = 50
_CREATE_ATTEMPTS = 3
_HEAVY = "-" + ",".join(
    f"items.{name}"
    for name in (
        "metadata.managedFields",
        "spec.templates",
        "status.storedTemplates",
        "status.storedWorkflowTemplateSpec.templates",
    )
)
"""Of a list, what is not asked for: it is large, and no list shows it."""


class ArgoServerClient:
    """Implements `machiya.engines.argo.protocol.ArgoServer`; as a context manager it closes its connections."""

    def __init__(
        self, settings: ServerSettings, *, pause: Callable[[float], None] = time.sleep, backoff: float = BACKOFF
    ) -> None:
        self._transport = Transport(settings, backoff=backoff)
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    @property
    def settings(self) -> ServerSettings:
        """Which one."""
        return self._transport.settings

    @property
    def _namespace(self) -> str:
        return self.settings.namespace

    def version(self) -> str:
        """``v3.7.2``."""
        return str(self._transport.ask("GET", "api/v1/version", "version").get("version", ""))

    def create(self, workflow: Object) -> Object:
        """Begin a run. Where the answer is lost, look whether it began, before it is sent again under the same name."""
        name = str(workflow["metadata"]["name"])
        for attempt in range(1, _CREATE_ATTEMPTS + 1):
            try:
                return self._create(workflow)
            except ConflictError:
                return self._own(workflow)
            except ClusterError as error:
                found = self._begun(workflow, error)
                if found is not None:
                    return found
                if attempt == _CREATE_ATTEMPTS:
                    raise
                self._pause(attempt)
        raise AssertionError(name)  # the loop returns or raises

    def _create(self, workflow: Object) -> Object:
        body = {"namespace": self._namespace, "workflow": workflow}
        what = f"run {workflow['metadata']['name']}"
        return self._transport.ask("POST", place("api", "v1", "workflows", self._namespace), what, body=body)

    def _begun(self, workflow: Object, error: ClusterError) -> Object | None:
        """The run if it is there though no answer came; None if it is not."""
        name = workflow["metadata"]["name"]
        try:
            return self._own(workflow)
        except NotFoundError:
            return None
        except ClusterError:
            message = f"{error.message} Whether the run {name} began is not known."
            look = f"Look once the server answers: machiya show --engine argo {name}\n{error.remedy}"
            raise ClusterError(message, look) from error

    def _own(self, workflow: Object) -> Object:
        """The run of this name, if this client began it.

        Raises:
            ConflictError: somebody else did.
        """
        metadata = workflow["metadata"]
        found = self.get(metadata["name"])
        if _annotation(found) != _annotation(workflow):
            raise ConflictError(f"there is another run {metadata['name']} already.", "Submit again: names are random.")
        return found

    def get(self, name: str) -> Object:
        """A run, from the archive where it is not in the cluster any more."""
        return self._transport.ask("GET", self._run(name), f"run {name}")

    def runs(self, selector: str = "", limit: int | None = None) -> Iterator[Object]:
        """Runs with these labels, the newest first, without their specifications; asked for in pages."""
        left, more = limit, ""
        while left is None or left > 0:
            params = {
                "listOptions.labelSelector": selector or None,
                "listOptions.limit": PAGE if left is None else min(left, PAGE),
                "listOptions.continue": more or None,
                "fields": _HEAVY,
            }
            path = place("api", "v1", "workflows", self._namespace)
            page = self._transport.ask("GET", path, "runs", params=params)
            items = page.get("items") or []
            yield from items
            more = str((page.get("metadata") or {}).get("continue") or "")
            if not more or not items:
                return
            left = None if left is None else left - len(items)

    def watch(self, name: str) -> Iterator[Object]:
        """A run as it is now, then whenever it changes, until it has ended."""
        return watch(lambda: self.get(name), lambda: self._changes(name), self._pause)

    def _changes(self, name: str) -> Iterator[tuple[str, Object]]:
        """What changes: how (ADDED, MODIFIED, DELETED), and the run as it then is."""
        path = place("api", "v1", "workflow-events", self._namespace)
        params = {"listOptions.fieldSelector": f"metadata.name={name}"}
        for event in self._transport.events(path, f"run {name}", params=params):
            yield str(event.get("type", "")), event.get("object") or {}

    def logs(
        self, name: str, *, pod: str = "", follow: bool = False, tail: int | None = None, container: str = "main"
    ) -> Iterator[LogLine]:
        """What the pods of a run wrote, as far as they are still there."""
        params = {
            "podName": pod or None,
            "logOptions.container": container,
            "logOptions.follow": follow or None,
            "logOptions.tailLines": tail,
        }
        seconds = {} if not follow else {"seconds": None}  # a step may be silent for hours
        for entry in self._transport.events(
            f"{self._run(name)}/log", f"log of the run {name}", params=params, **seconds
        ):
            yield LogLine(str(entry.get("podName", "")), str(entry.get("content", "")))

    def kept_log(self, name: str, node: str) -> Iterator[bytes]:
        """The log of a node that the controller keeps in the artifact repository."""
        path = place("artifact-files", self._namespace, "workflows", name, node, "outputs", "main-logs")
        return self._transport.content(path, f"kept log of {node}")

    def retry(self, name: str, *, step: str | None = None) -> Object:
        """Run again what failed; and the steps of this display name, with all that follows."""
        again = {} if step is None else {"restartSuccessful": True, "nodeFieldSelector": f"displayName={step}"}
        return self._change(name, "retry", again)

    def resume(self, name: str) -> Object:
        """Let a run go on that waits at a suspend step, or is suspended as a whole."""
        return self._change(name, "resume", {})

    def stop(self, name: str, *, kill: bool = False) -> Object:
        """End a run; `kill`: at once, and nothing runs on exit."""
        return self._change(name, "terminate" if kill else "stop", {})

    def _change(self, name: str, action: str, more: dict[str, Any]) -> Object:
        body = {"name": name, "namespace": self._namespace, **more}
        return self._transport.ask("PUT", f"{self._run(name)}/{action}", f"run {name}", body=body)

    def _run(self, name: str) -> str:
        return place("api", "v1", "workflows", self._namespace, name)

    def find(self, kind: Kind, name: str) -> Object | None:
        """What is deployed under a name; None if nothing is."""
        try:
            return self._transport.ask("GET", self._deployed(kind, name), f"{kind} {name}")
        except NotFoundError:
            return None

    def add(self, kind: Kind, value: Object) -> Object:
        """Deploy what is not there yet."""
        body = {"namespace": self._namespace, _FIELDS[kind]: value}
        return self._transport.ask("POST", self._deployed(kind), kind, body=body)

    def replace(self, kind: Kind, value: Object) -> Object:
        """Deploy another version of what is there, as its resourceVersion says."""
        name = str(value["metadata"]["name"])
        body = {"namespace": self._namespace, "name": name, _FIELDS[kind]: value}
        return self._transport.ask("PUT", self._deployed(kind, name), f"{kind} {name}", body=body)

    def _deployed(self, kind: Kind, *name: str) -> str:
        return place("api", "v1", _PLACES[kind], self._namespace, *name)


_PLACES: dict[Kind, str] = {"WorkflowTemplate": "workflow-templates", "CronWorkflow": "cron-workflows"}
_FIELDS: dict[Kind, str] = {"WorkflowTemplate": "template", "CronWorkflow": "cronWorkflow"}


def _annotation(workflow: Object) -> str | None:
    value = (workflow["metadata"].get("annotations") or {}).get(SUBMISSION)
    return None if value is None else str(value)
