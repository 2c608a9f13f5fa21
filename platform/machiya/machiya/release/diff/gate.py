"""``gate.yaml`` beside the pins: the thresholds by which a change of a version is judged."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from machiya.errors import MachiyaError
from machiya.pins.model import count, listed
from machiya_component.contract.parse import RawContract, parse_file
from machiya_component.findings import Finding

GATE_FILE = "gate.yaml"
_EXAMPLE = "Example:\n    no-go:\n      contract: {max_breaking: 0}\n    look:\n      results: {min_overlap: 0.3}"

Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class MetricThreshold(_Part):
    """How far a metric may fall: the candidate's less the base's, in pairs of each user's two lists."""

    min_difference: float


class ContractThresholds(_Part):
    """Differences of the contract, as they are judged for this workflow."""

    max_breaking: Count | None = None
    max_notes: Count | None = None


class ResultThresholds(_Part):
    """Means over users, and shares of users and items, in the first k places of the lists."""

    min_overlap: Share | None = None
    min_rbo: Share | None = None
    max_changed_users: Share | None = None
    max_lost_users: Share | None = None
    max_left_items: Share | None = None
    metrics: dict[str, MetricThreshold] = Field(default_factory=dict)


class CostThresholds(_Part):
    """After by before, of each step that differs; steps below `min_seconds` and `min_memory_mb` are not judged."""

    max_duration_ratio: Ratio | None = None
    max_cpu_ratio: Ratio | None = None
    max_memory_ratio: Ratio | None = None
    max_output_ratio: Ratio | None = None
    min_seconds: Annotated[float, Field(ge=0)] = 1.0
    min_memory_mb: Annotated[float, Field(ge=0)] = 100.0


class SupplyThresholds(_Part):
    """Where the candidate comes from."""

    conformance: Literal["required"] | None = None
    max_new_packages: Count | None = None


class Thresholds(_Part):
    """Every threshold that is not given is not judged."""

    contract: ContractThresholds = ContractThresholds()
    results: ResultThresholds = ResultThresholds()
    cost: CostThresholds = CostThresholds()
    supply: SupplyThresholds = SupplyThresholds()


class Compare(_Part):
    """How results are compared: depth of the lists, and mass of the intervals."""

    k: Annotated[int, Field(ge=1, le=1000)] = 10
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95


class Gate(_Part):
    """What is broken of ``no-go`` says no; what is broken of ``look``, or not known, that somebody has to look."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"), validate_by_name=True)

    compare: Compare = Compare()
    no_go: Thresholds = Thresholds()
    look: Thresholds = Thresholds()

    @model_validator(mode="after")
    def _metrics_are_known(self) -> "Gate":
        """A metric that is not compared would never be judged: better an error than a gate that is always open."""
        for thresholds in (self.no_go, self.look):
            for name in thresholds.results.metrics:
                if name not in metric_names(self.compare.k):
                    known = ", ".join(metric_names(self.compare.k))
                    raise ValueError(f"metrics: {name!r} is none of those that are compared: {known}")
        return self


def metric_names(k: int) -> tuple[str, ...]:
    """The metrics that can have a threshold, with the cutoff at which they are compared."""
    return tuple(f"{name}@{k}" for name in ("ndcg", "recall", "precision", "map", "mrr", "hit_rate"))


DEFAULT = Gate(
    no_go=Thresholds(
        contract=ContractThresholds(max_breaking=0),
        results=ResultThresholds(max_lost_users=0.0),
        supply=SupplyThresholds(conformance="required"),
    ),
    look=Thresholds(
        results=ResultThresholds(min_overlap=0.5, metrics={"ndcg@10": MetricThreshold(min_difference=-0.01)}),
        cost=CostThresholds(max_duration_ratio=1.5, max_memory_ratio=1.5),
    ),
)
"""Where a workflow has no gate.yaml."""


class GateError(MachiyaError):
    """A ``gate.yaml`` that is not valid; ``findings`` holds everything that is wrong with it."""

    exit_code: ClassVar[int] = 65

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__(f"{file} has {count(findings)}.", listed(findings))
        self.findings = findings


def load_gate(folder: Path) -> Gate | None:
    """The gate of the workflow in `folder`; None where it has none.

    Raises:
        GateError: it is not valid.
    """
    file = folder / GATE_FILE
    if not file.is_file():
        return None
    raw = parse_file(file)
    if raw.findings:
        raise GateError(str(file), [_as_gate(finding) for finding in raw.findings])
    try:
        return Gate.model_validate(raw.data)
    except ValidationError as error:
        raise GateError(str(file), _findings(raw, error)) from error


def _as_gate(finding: Finding) -> Finding:
    rule = finding.rule.replace("contract.", "gate.")
    return Finding(rule, finding.message, finding.remedy, finding.where, finding.file, finding.line)


def _findings(raw: RawContract, error: ValidationError) -> list[Finding]:
    found = []
    for one in error.errors(include_url=False):
        path = one["loc"]
        unknown = one["type"] == "extra_forbidden"
        message = "there is no such threshold." if unknown else f"{one['msg'].removeprefix('Value error, ')}."
        remedy = "docs/diff.md has all of them." if unknown else _EXAMPLE
        found.append(Finding("gate.value", message, remedy, ".".join(map(str, path)), raw.file, raw.line_of(path) or 1))
    return sorted(found, key=lambda finding: finding.line or 0)
