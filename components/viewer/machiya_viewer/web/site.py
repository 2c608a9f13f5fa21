"""What the web application shows, and whether it can."""

from dataclasses import dataclass, field

from machiya_viewer.data import Dataset, UnreadableError
from machiya_viewer.data.health import Health


@dataclass
class Site:
    """A dataset with a title, and its probes."""

    dataset: Dataset
    title: str
    k: int
    maker: str
    health: Health = field(init=False)
    _warm: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.health = Health(self.dataset.tables)

    def warm(self) -> None:
        """Compute what every page needs, so that nobody waits for it. Unreadable tables are left to the probes."""
        try:
            self.dataset.summary()
            self.dataset.users()
            self.dataset.exposures(0)
        except UnreadableError:
            return
        self._warm = True

    def not_ready(self) -> str:
        """Why pages are not answered at once; empty when every table can be read and the aggregates are there."""
        problems = "; ".join(state.problem for state in self.health.check() if state.problem)
        return problems or ("" if self._warm else "the overview is being computed")
