"""The report: plain values, which the terminal, Markdown, HTML and JSON show each in their way."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from machiya.engines.local.argo.interpreter.nodes import Usage
from machiya.release.usage import Judgement

Outcome = Literal["go", "look", "no-go"]
"""What a check, or the whole report, comes to."""


@dataclass(frozen=True)
class Side:
    """One of the two versions. ``source`` is the folder or image of one that is not released, else empty."""

    version: str
    digest: str = ""
    commit: str = ""
    source: str = ""
    created: str = ""

    @property
    def text(self) -> str:
        """``1.1.0``, or ``1.1.0 (working copy components/recommender)``."""
        return f"{self.version} ({self.source})" if self.source else self.version


@dataclass(frozen=True)
class RunSide:
    """A run of the workflow with one of the versions; ``problem`` says why it did not come to a good end."""

    run: str
    computed: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class MetricChange:
    """A metric of both sides. The interval is of the difference in pairs; None where there is none."""

    name: str
    segment: str
    base: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    users: int


@dataclass(frozen=True)
class Segment:
    """How much the lists of some users change; means over them, by the name of the statistic."""

    name: str
    statistics: Mapping[str, float]


@dataclass(frozen=True)
class Example:
    """A user whose list changes much: the first items before and after."""

    user: str
    segment: str
    overlap: float
    base: tuple[str, ...]
    candidate: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A view of both sides of a result: the run that made it, and its address in the service that `machiya view RUN`
    starts. ``problem`` says why there is none."""

    run: str = ""
    address: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ResultChange:
    """What becomes of one declared result. Where it is not compared, ``note`` says why."""

    name: str
    same: bool = False
    k: int = 10
    note: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    examples: tuple[Example, ...] = ()
    items: tuple[tuple[str, int], ...] = ()
    """The items that most more, or fewer, users are shown, with the number of users."""
    view: View | None = None
    """None where the result is the same, or the workflow has nothing that shows it."""

    @property
    def compared(self) -> bool:
        """Whether there is something to say of how much it changes."""
        return bool(self.segments)

    def statistic(self, name: str) -> float | None:
        """A statistic of everybody; 1 or 0, as it must be, where nothing changes; None where it is not known."""
        if self.same:
            return 1.0 if name in ("overlap", "rbo", "kendall_tau") else 0.0
        whole = next((segment.statistics for segment in self.segments if segment.name == "all"), {})
        return whole.get(name, self.counts.get(name))


@dataclass(frozen=True)
class StepCost:
    """What a step took, all turns of a loop together: times and sizes added up, the greatest of their peaks.

    ``same``: nothing that decides what it does differs, so both sides are one computation (or the same once more, of a
    step that is never taken from the cache).
    """

    step: str
    before: Usage | None
    after: Usage | None
    before_cached: bool = False
    after_cached: bool = False
    same: bool = False

    def ratio(self, name: str) -> float | None:
        """After by before, of an attribute of Usage; None where one is not known, or before is 0."""
        one, other = (getattr(usage, name) if usage is not None else None for usage in (self.before, self.after))
        return other / one if one and other is not None else None


@dataclass(frozen=True)
class PackageChange:
    """A package that came, went, or is of another version; None where it is not there."""

    kind: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Supply:
    """Where the candidate comes from. What is None is not known; ``notes`` say why."""

    conformance: str | None = None
    conforms: bool | None = None
    commits: tuple[str, ...] | None = None
    changelog: tuple[tuple[str, str], ...] | None = None
    """Version and entry, the newest first."""
    packages: tuple[PackageChange, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def new_packages(self) -> tuple[PackageChange, ...] | None:
        """Packages that were not there before."""
        return None if self.packages is None else tuple(one for one in self.packages if one.before is None)


@dataclass(frozen=True)
class Check:
    """One threshold, or one thing that is not known, and what it comes to.

    ``threshold`` and ``observed`` are None where there is no such number, or it is not known. ``result`` is the result
    that it is about, empty where it is about none.
    """

    rule: str
    outcome: Outcome
    text: str
    threshold: float | None = None
    observed: float | None = None
    result: str = ""


@dataclass(frozen=True)
class DiffReport:
    """All of it. ``inputs`` says what both runs read; ``notes`` what else a mentor should know."""

    workflow: str
    stage: str
    component: str
    before: Side
    after: Side
    outcome: Outcome
    checks: tuple[Check, ...]
    contract: tuple[Judgement, ...] = ()
    inputs: str = ""
    base: RunSide | None = None
    candidate: RunSide | None = None
    results: tuple[ResultChange, ...] = ()
    cost: tuple[StepCost, ...] = ()
    supply: Supply = Supply()
    notes: tuple[str, ...] = ()

    def of_outcome(self, outcome: Outcome) -> list[Check]:
        """The checks that come to this."""
        return [check for check in self.checks if check.outcome == outcome]

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/diff.md."""
        costs = [
            {
                **asdict(one),
                "before": one.before.to_json() if one.before else None,
                "after": one.after.to_json() if one.after else None,
            }
            for one in self.cost
        ]
        return {
            "workflow": self.workflow,
            "stage": self.stage,
            "component": self.component,
            "before": asdict(self.before),
            "after": asdict(self.after),
            "outcome": self.outcome,
            "checks": [asdict(check) for check in self.checks],
            "contract": [judgement.to_json() for judgement in self.contract],
            "inputs": self.inputs,
            "runs": {
                "base": asdict(self.base) if self.base else None,
                "candidate": asdict(self.candidate) if self.candidate else None,
            },
            "results": [asdict(result) for result in self.results],
            "cost": costs,
            "supply": asdict(self.supply),
            "notes": list(self.notes),
        }
