"""Where a run is remembered."""

from pathlib import Path
from typing import Protocol


class RunPlace(Protocol):
    """Where a run is remembered: its folder on this machine (`RunFolder`), or on a cluster (`ClusterPlace`)."""

    @property
    def home(self) -> Path:
        """The folder that holds the runs of this machine."""

    @property
    def name(self) -> str:
        """The run's id."""

    @property
    def path(self) -> Path:
        """The run's folder. That of a run on a cluster is not there."""

    @property
    def events(self) -> Path:
        """The event log."""

    def step(self, node_id: str) -> Path:
        """The folder of a step."""

    def log(self, node_id: str) -> Path:
        """What a step wrote."""

    def manifest_text(self) -> str:
        """What is run."""

    def beside(self) -> dict[str, str]:
        """The documents that were given beside the manifest."""
