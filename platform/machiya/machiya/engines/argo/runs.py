"""Runs on a cluster as people name them."""

from collections.abc import Iterator

from machiya.engines.argo.objects import StatusError
from machiya.engines.argo.protocol import ArgoServer, Object
from machiya.engines.argo.status import STAGE_LABEL, WORKFLOW_LABEL, WorkflowStatus, status_of
from machiya.engines.argo.watching import ended
from machiya.engines.local.argo.interpreter.nodes import NodeType, Phase
from machiya.errors import NotFoundError
from machiya.manifest.grammar.names import is_object_name

LATEST = "latest"
PHASE_LABEL = "workflows.argoproj.io/phase"
_ELSEWHERE = {"compressedNodes", "offloadNodeStatusVersion"}
_LOOKED_AT = 500
"""Runs among which one is found by the beginning of its name."""


def recent_runs(
    server: ArgoServer,
    *,
    workflow: str | None = None,
    stage: str | None = None,
    phase: str | None = None,
    limit: int | None = None,
) -> Iterator[WorkflowStatus]:
    """Runs of Machiya's workflows, the newest first; others' have no label of ours."""
    wanted = {WORKFLOW_LABEL: workflow, STAGE_LABEL: stage, PHASE_LABEL: phase}
    selector = [f"{name}={value}" for name, value in wanted.items() if value is not None]
    if workflow is None:
        selector.append(WORKFLOW_LABEL)
    yield from map(_listed, server.runs(",".join(selector), limit))


def _listed(run: Object) -> WorkflowStatus:
    """A list has no nodes of runs from the archive, nor of those that are kept in a database or packed in a new way."""
    try:
        return status_of(run)
    except StatusError:
        status = run.get("status") or {}
        return status_of({**run, "status": {name: status[name] for name in status.keys() - _ELSEWHERE}})


def find_run(server: ArgoServer, name: str = "") -> WorkflowStatus:
    """The run called `name`, of which the beginning is enough; `latest`, or nothing, is the newest.

    Raises:
        NotFoundError: there is none, or there are several.
    """
    if name in ("", LATEST):
        newest = next(recent_runs(server, limit=1), None)
        if newest is None:
            message = f"there are no runs of Machiya's workflows in the namespace {server.settings.namespace}."
            raise NotFoundError(message, "Start one with `machiya submit`, or name another: --namespace NAME")
        return status_of(server.get(newest.name))
    if not is_object_name(name):
        raise NotFoundError(f"{name!r} is no name of a run.", "`machiya runs --engine argo` lists them.")
    try:
        return status_of(server.get(name))
    except NotFoundError as error:
        return status_of(server.get(_begins_with(server, name, error)))


def waits(run: WorkflowStatus) -> bool:
    """Whether a step waits for somebody, or the run is suspended as a whole; resuming it, Argo does not say so."""
    if ended(run.data):
        return False
    steps = (one for one in run.state.nodes.values() if one.type is NodeType.SUSPEND)
    return bool((run.data.get("spec") or {}).get("suspend")) or any(one.phase is Phase.RUNNING for one in steps)


def _begins_with(server: ArgoServer, name: str, error: NotFoundError) -> str:
    found = [run.name for run in recent_runs(server, limit=_LOOKED_AT) if run.name.startswith(name)]
    if not found:
        raise error
    if len(found) > 1:
        raise NotFoundError(f"{name} may be {len(found)} runs.", f"Name one: {', '.join(found[:5])}.")
    return found[0]
