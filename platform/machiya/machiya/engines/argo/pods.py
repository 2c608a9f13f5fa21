"""Which pod ran which node."""

from machiya.engines.argo.status import WorkflowStatus
from machiya.engines.local.argo.interpreter.nodes import Node

_FORMAT = "workflows.argoproj.io/pod-name-format"
_PREFIX_LIMIT = 242
"""Letters before the hash: Kubernetes takes 253 for a pod's name."""


def pod_name(run: WorkflowStatus, node: Node) -> str:
    """The pod of a node: Argo makes it of the run, the template and the hash that is in the node's id."""
    annotations = run.metadata.get("annotations") or {}
    if annotations.get(_FORMAT) == "v1" or node.name == run.name:
        return node.id
    stem = f"{run.name}-{node.template}" if node.template else run.name
    return f"{stem[:_PREFIX_LIMIT]}-{pod_key(node.id)}"


def pod_key(name: str) -> str:
    """What the name of a pod and the id of its node have in common: the hash at their end."""
    return name.rpartition("-")[2]
