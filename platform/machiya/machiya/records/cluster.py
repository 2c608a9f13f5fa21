"""Records of runs on a cluster: the same as those of local runs, made of what Argo says of them."""

import json
from dataclasses import dataclass
from pathlib import Path

from machiya.engines.argo.status import WorkflowStatus
from machiya.records.record import RunRecord


@dataclass(frozen=True)
class ClusterPlace:
    """A run of which there is nothing on this machine but what Argo said."""

    status: WorkflowStatus
    home: Path

    @property
    def name(self) -> str:
        """The Workflow's name."""
        return self.status.name

    @property
    def path(self) -> Path:
        """Where nothing is."""
        return self.home / "argo" / self.status.namespace / self.name

    @property
    def events(self) -> Path:
        """Where nothing is."""
        return self.path / "events.jsonl"

    def step(self, node_id: str) -> Path:
        """Where nothing is."""
        return self.path / "steps" / node_id

    def log(self, node_id: str) -> Path:
        """Where nothing is."""
        return self.step(node_id) / "log.txt"

    def manifest_text(self) -> str:
        """What is run, whole: with what a workflowTemplateRef brought."""
        metadata = {name: value for name, value in self.status.metadata.items() if name in _KEPT and value}
        return json.dumps(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": metadata,
                "spec": self.status.specification,
            },
            ensure_ascii=False,
        )

    def beside(self) -> dict[str, str]:
        """Nothing: the manifest is whole."""
        return {}


_KEPT = ("name", "generateName", "namespace", "labels", "annotations")


def cluster_record(status: WorkflowStatus, home: Path, link: str = "") -> RunRecord:
    """The record of a run on a cluster; `home` is where this machine keeps its own runs, `link` leads to Argo's UI."""
    state = status.state
    state.options = {**state.options, **({"link": link} if link else {})}
    return RunRecord(ClusterPlace(status, home), state, state.phase)
