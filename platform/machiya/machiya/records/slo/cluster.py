"""What Argo Server knows of the runs of a workflow, for service levels."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from machiya.engines.argo.protocol import ArgoServer
from machiya.engines.argo.runs import recent_runs
from machiya.engines.argo.status import WorkflowStatus, status_of
from machiya.records.slo.history import PastRun, Published

_COVERAGE = "-coverage-value"
"""How the output parameter ends by which a step tells the metric ``coverage``, if its contract exposes that."""


@dataclass(frozen=True)
class ClusterHistory:
    """Runs in a namespace, also those that are in the archive only."""

    server: ArgoServer

    def runs(self, workflow: str, stage: str) -> Iterator[PastRun]:
        """All runs, the newest first, asked for in pages."""
        return (_past(status) for status in recent_runs(self.server, workflow=workflow, stage=stage))

    def published(self, workflow: str, stage: str) -> Sequence[Published]:
        """What the newest run that succeeded said of its result: the store itself is not looked into."""
        newest = next(recent_runs(self.server, workflow=workflow, stage=stage, phase="Succeeded", limit=1), None)
        if newest is None:
            return ()
        return tuple(_published(status_of(self.server.get(newest.name))))


def _past(status: WorkflowStatus) -> PastRun:
    state = status.state
    finished = datetime.fromtimestamp(state.finished, UTC) if state.finished else None
    return PastRun(status.name, state.phase, _started(status), finished)


def _started(status: WorkflowStatus) -> datetime:
    facts = status.state.facts
    return datetime.fromtimestamp(facts.created if facts is not None else 0.0, UTC)


def _published(status: WorkflowStatus) -> Iterator[Published]:
    """A result for each step that tells a coverage."""
    told: dict[str, float] = {}
    for node in status.state.nodes.values():
        for name, text in node.outputs.parameters.items():
            if name.endswith(_COVERAGE):
                with suppress(ValueError):
                    told[node.template] = float(text)
    for step, coverage in told.items():
        if coverage == coverage:  # a number that is not told is NaN
            yield Published(step, status.name, _started(status), coverage)
