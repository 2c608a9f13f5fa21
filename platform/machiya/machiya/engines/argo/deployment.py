"""What a deployment would change on a cluster, and the change itself: template first, then the schedule.

Objects are compared by what they mean: Argo writes empty fields and quantities in its own way. What others added to an
object - labels, annotations, a schedule that somebody suspended - stays.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from machiya.engines.argo.comparison import differences, normal
from machiya.engines.argo.documents import DEPLOYED
from machiya.engines.argo.protocol import ArgoServer, Kind, Object
from machiya.engines.argo.status import WORKFLOW_LABEL
from machiya.errors import ConflictError

Action = Literal["create", "update", "suspend", "leave"]

_OWN = ("machiya/", "workflows.argoproj.io/title", "workflows.argoproj.io/description")
"""Beginnings of the labels and annotations that are ours: those that are rendered no more are taken away."""


@dataclass(frozen=True)
class Change:
    """What is done with one object. ``lines`` say what differs; ``notes`` what is left as somebody made it."""

    kind: Kind
    action: Action
    value: Object
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """That of the object."""
        return str(self.value["metadata"]["name"])


def changes(server: ArgoServer, documents: Mapping[str, Object]) -> Iterator[Change]:
    """What has to be done so that the cluster has these objects. Changes nothing.

    Raises:
        ConflictError: something of the same name is not of this workflow.
    """
    template = documents["WorkflowTemplate"]
    name = str(template["metadata"]["name"])
    for kind in DEPLOYED:
        there = server.find(kind, name)
        if there is not None:
            _check_owner(there, template, kind)
        wanted = documents.get(kind)
        if wanted is not None:
            yield _change(kind, there, wanted, server.settings.namespace)
        elif there is not None:
            yield _suspended(kind, there)


def apply(server: ArgoServer, change: Change) -> None:
    """Carry one change out.

    Raises:
        ConflictError: somebody changed the object since it was looked at.
    """
    if change.action == "create":
        server.add(change.kind, change.value)
    elif change.action in ("update", "suspend"):
        server.replace(change.kind, change.value)


def _check_owner(there: Object, template: Object, kind: str) -> None:
    own, other = ((one["metadata"].get("labels") or {}).get(WORKFLOW_LABEL) for one in (template, there))
    if own != other:
        name, owner = there["metadata"]["name"], f"of {other}" if other else "not ours"
        raise ConflictError(
            f"there is a {kind} {name} already, which is {owner}.",
            "Delete or rename it, or deploy into another namespace: --namespace NAME",
        )


def _change(kind: Kind, there: Object | None, wanted: Object, namespace: str) -> Change:
    if there is None:
        new = copy.deepcopy(dict(wanted))
        new["metadata"]["namespace"] = namespace
        return Change(kind, "create", new)
    merged, notes = _merged(there, wanted)
    lines = tuple(differences(_visible(there), _visible(merged)))
    return Change(kind, "update" if lines else "leave", merged, lines, notes)


def _merged(there: Object, wanted: Object) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is there, with our part as it is wanted; its resourceVersion tells if it has changed since."""
    merged = copy.deepcopy(dict(there))
    for name in ("labels", "annotations"):
        kept = {key: value for key, value in (there["metadata"].get(name) or {}).items() if not key.startswith(_OWN)}
        merged["metadata"][name] = {**kept, **(wanted["metadata"].get(name) or {})}
    merged["spec"] = copy.deepcopy(wanted["spec"])
    if there["spec"].get("suspend") and "suspend" not in wanted["spec"]:
        merged["spec"]["suspend"] = True
        return merged, ("its schedule is suspended on the cluster, and stays so",)
    return merged, ()


def _suspended(kind: Kind, there: Object) -> Change:
    """A schedule that the workflow has no more. To delete it would delete the runs that it began."""
    value = copy.deepcopy(dict(there))
    if value["spec"].get("suspend"):
        return Change(kind, "leave", value, notes=("the workflow has no schedule any more; it is suspended",))
    value["spec"]["suspend"] = True
    notes = ("the workflow has no schedule any more; to delete it would delete its runs, too",)
    return Change(kind, "suspend", value, tuple(differences(_visible(there), _visible(value))), notes)


def _visible(value: Object) -> Any:
    metadata = {name: value["metadata"].get(name) for name in ("labels", "annotations")}
    metadata["annotations"] = {
        key: one for key, one in (metadata["annotations"] or {}).items() if not key.startswith("kubectl.kubernetes.io/")
    }
    return normal({"metadata": metadata, "spec": value["spec"]})
