"""The profile of a stage: where its pods run, how long runs are kept, what they link to.

It is ``profiles/STAGE.yaml`` in the workflow's folder, else ``profiles/STAGE.yaml`` beside the workflows, else what the
model says by default.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from machiya.dsl.findings import nearest
from machiya.errors import MachiyaError
from machiya.pins.model import count, listed
from machiya_component.contract.parse import RawContract, parse_file
from machiya_component.findings import Finding

PROFILES_FOLDER = "profiles"
EXECUTOR_ACCOUNT = "machiya-workflow"

Quantity = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]
Age = Annotated[str, StringConstraints(pattern=r"^\d+[smhd]$")]
ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
OperationName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9_-]*$")]
Link = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]

_EXAMPLES = {
    "cpu": "cpu: 8",
    "memory": "memory: 32Gi",
    "name": "name: spot",
    "nodeSelector": "nodeSelector: {cloud.google.com/gke-spot: 'true'}",
    "tolerations": "tolerations: [{key: spot, operator: Exists, effect: NoSchedule}]",
    "retention": "retention: {succeeded: 1d, failed: 7d, pods: 1h}",
    "operations": "operations: {recommender.train: large}",
    "links": "links: {run: 'https://argo.example/workflows/{namespace}/{run}'}",
    "parallelism": "parallelism: 50",
}


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Toleration(_Part):
    """A Kubernetes toleration."""

    key: str | None = None
    operator: Literal["Exists", "Equal"] | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: int | None = None


class Pool(_Part):
    """Nodes of one kind: what one pod can have there at most, and how the pod gets there."""

    name: ObjectName
    cpu: float = Field(gt=0)
    """What one pod can have at most."""
    memory: Quantity
    """What one pod can have at most: 32Gi."""
    node_selector: dict[str, str] = Field(default_factory=dict)
    """Labels of the nodes."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of the nodes that pods live with."""
    priority_class_name: ObjectName | None = None
    preemptible: bool = False
    """Nodes may be lost at any time: steps on exit are kept away, others are tried more often."""


class Retention(_Part):
    """How long finished runs, and the pods of steps that succeeded, stay in the cluster. Pods that failed stay as long
    as their run: somebody may want to look at them."""

    succeeded: Age = "1d"
    """Runs that succeeded."""
    failed: Age = "7d"
    """Runs that failed: as long as they can be retried."""
    pods: Age = "1h"
    """Pods of steps that succeeded."""


class Profile(_Part):
    """Everything about a stage that is no matter of the workflow itself."""

    namespace: ObjectName | None = None
    """metadata.namespace of what is rendered."""
    service_account_name: ObjectName = EXECUTOR_ACCOUNT
    parallelism: int | None = Field(default=None, ge=1)
    """How many pods of a run there are at once, at most."""
    archive_logs: bool = True
    """Keep the logs of steps in the store."""
    protect_pods: bool = True
    """Keep nodes from being emptied while pods of a run are on them."""
    retention: Retention = Retention()
    pools: tuple[Pool, ...] = ()
    """Kinds of nodes; a step gets the first that has room for it."""
    operations: dict[OperationName, str] = Field(
        default_factory=dict, json_schema_extra={"additionalProperties": False}
    )
    """Pools by operation, where it is not left to the size: {recommender.train: large}."""
    links: dict[str, Link] = Field(default_factory=dict)
    """Templates of URLs by what they lead to: run, viewer, tensorboard, commit."""

    def pool(self, name: str) -> Pool:
        """The pool of this name; ``KeyError`` where there is none."""
        return {pool.name: pool for pool in self.pools}[name]


class ProfileError(MachiyaError):
    """A profile that is not valid, or does not suit the workflow; ``findings`` holds everything that is wrong."""

    exit_code = 65

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__(f"{file} has {count(findings)}.", listed(findings))
        self.findings = findings


def profile_file(folder: Path, stage: str) -> Path | None:
    """The profile that counts for the workflow in `folder` at a stage; None where there is none."""
    beside = folder.parent if folder.name else folder.resolve().parent
    found = (place / PROFILES_FOLDER / f"{stage}.yaml" for place in (folder, beside))
    return next((file for file in found if file.is_file()), None)


def load_profile(folder: Path, stage: str) -> Profile:
    """The profile of the workflow in `folder` at a stage.

    Raises:
        ProfileError: the file is not valid; it has every finding.
    """
    file = profile_file(folder, stage)
    if file is None:
        return Profile()
    raw = parse_file(file)
    findings = list(_findings(raw))
    if findings:
        raise ProfileError(str(file), sorted(findings, key=lambda finding: finding.line or 0))
    return Profile.model_validate(raw.data or {})


def _findings(raw: RawContract) -> Iterator[Finding]:
    yield from (replace(one, rule=one.rule.replace("contract.", "profile.")) for one in raw.findings)
    if raw.findings:
        return
    try:
        profile = Profile.model_validate(raw.data or {})
    except ValidationError as error:
        yield from (_as_finding(raw, details) for details in error.errors())
        return
    yield from _names(raw, profile)


def _as_finding(raw: RawContract, details: ErrorDetails) -> Finding:
    path = tuple(part for part in details["loc"] if part != "[key]")
    message = _sentence(details)
    example = next((_EXAMPLES[str(part)] for part in reversed(path) if str(part) in _EXAMPLES), "")
    remedy = f"Example: {example}" if example else "docs/workflows.md lists the keys of a profile."
    if details["type"] == "extra_forbidden" and len(path) == 1:
        remedy = nearest(str(path[0]), [to_camel(key) for key in Profile.model_fields], "Keys")
    rule = "profile.unknown-key" if details["type"] == "extra_forbidden" else "profile.value"
    return Finding(rule, message, remedy, ".".join(map(str, path)), raw.file, raw.line_of(path))


def _sentence(details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        return "there is no such key."
    if details["type"] == "missing":
        return "is missing."
    if details["type"] == "string_pattern_mismatch":
        return f"{details['input']!r} is not of the form that is wanted here."
    return f"{details['input']!r}: {details['msg'][:1].lower()}{details['msg'][1:]}."


def _names(raw: RawContract, profile: Profile) -> Iterator[Finding]:
    """Names of pools: each once, and those that operations are given."""
    names = [pool.name for pool in profile.pools]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield _finding(raw, ("pools", index, "name"), f"there is a pool {name} already.", "Rename one.")
    for operation, pool in profile.operations.items():
        if pool not in names:
            remedy = f"Pools: {', '.join(names) or 'none'}."
            yield _finding(raw, ("operations", operation), f"there is no pool {pool!r}.", remedy)


def _finding(raw: RawContract, path: tuple[Any, ...], message: str, remedy: str) -> Finding:
    return Finding("profile.pool", message, remedy, ".".join(map(str, path)), raw.file, raw.line_of(path))
