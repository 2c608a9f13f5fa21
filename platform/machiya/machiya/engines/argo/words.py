"""The last words of a step: of its pod while it is there, else of the log that the controller kept."""

from machiya.engines.argo.pods import pod_name
from machiya.engines.argo.protocol import ArgoServer
from machiya.engines.argo.status import WorkflowStatus
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.errors import MachiyaError

_END = 1 << 16
"""Of a log that was kept, so many bytes at its end are looked at."""


def last_words(server: ArgoServer, run: WorkflowStatus, node: Node) -> list[str]:
    """The last line that says something; none where no log is left, or may be read: the rest is still worth telling."""
    try:
        lines = [line.text for line in server.logs(run.name, pod=pod_name(run, node), tail=5)]
        if not lines:
            lines = _kept(server, run, node)
    except MachiyaError:
        return []
    return [text for line in lines if (text := line.strip())][-1:]


def _kept(server: ArgoServer, run: WorkflowStatus, node: Node) -> list[str]:
    end = b""
    for piece in server.kept_log(run.name, node.id):
        end = (end + piece)[-_END:]
    return end.decode("utf-8", "replace").splitlines()
