"""The nodes of a run: what Argo shows of a workflow's execution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Argo's phases of a node."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    FAILED = "Failed"
    ERROR = "Error"
    OMITTED = "Omitted"

    @property
    def fulfilled(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (Phase.PENDING, Phase.RUNNING)

    @property
    def completed(self) -> bool:
        """Whether it ran to an end."""
        return self in (Phase.SUCCEEDED, Phase.FAILED, Phase.ERROR)

    @property
    def bad(self) -> bool:
        """Whether it ended badly."""
        return self in (Phase.FAILED, Phase.ERROR)


class NodeType(StrEnum):
    """Argo's types of nodes."""

    POD = "Pod"
    DAG = "DAG"
    STEPS = "Steps"
    STEP_GROUP = "StepGroup"
    TASK_GROUP = "TaskGroup"
    RETRY = "Retry"
    SKIPPED = "Skipped"
    SUSPEND = "Suspend"


@dataclass(frozen=True)
class ArtifactValue:
    """An artifact as it travels: a key of the store with the content's digest, or the content itself (`raw`)."""

    key: str = ""
    raw: str | None = None
    digest: str = ""
    sub_path: str = ""

    def to_json(self) -> dict[str, str]:
        """Only what is set."""
        values = {"key": self.key, "raw": self.raw, "digest": self.digest, "subPath": self.sub_path}
        return {name: value for name, value in values.items() if value or (value is not None and name == "raw")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ArtifactValue":
        """The inverse of `to_json`."""
        return cls(data.get("key", ""), data.get("raw"), data.get("digest", ""), data.get("subPath", ""))


@dataclass(frozen=True)
class Usage:
    """What a program took, and the size of what it put out. None is not known; memory and sizes in bytes.

    ``peak_memory`` is that of the largest process where processes are run, of the container where containers are.
    """

    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    output_size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what is known."""
        values = {
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "cpuSeconds": None if self.cpu_seconds is None else round(self.cpu_seconds, 3),
            "peakMemory": self.peak_memory,
            "outputSize": self.output_size,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Usage":
        """The inverse of `to_json`."""
        return cls(data.get("seconds"), data.get("cpuSeconds"), data.get("peakMemory"), data.get("outputSize"))


def usage_together(usages: Sequence[Usage | None]) -> Usage | None:
    """What several programs took: sums, and of memory the most. None where one of them is not known."""
    known = [usage for usage in usages if usage is not None]
    if not known or len(known) < len(usages):
        return None
    size = _total([usage.output_size for usage in known])
    return Usage(
        _total([usage.seconds for usage in known]),
        _total([usage.cpu_seconds for usage in known]),
        max((usage.peak_memory for usage in known if usage.peak_memory is not None), default=None),
        None if size is None else int(size),
    )


def _total(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


@dataclass(frozen=True)
class Outputs:
    """What a node gives to others, and what that took: whoever takes over remembered outputs knows their cost."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactValue] = field(default_factory=dict)
    result: str | None = None
    exit_code: int | None = None
    usage: Usage | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Only what is set."""
        data: dict[str, Any] = {}
        if self.parameters:
            data["parameters"] = dict(self.parameters)
        if self.artifacts:
            data["artifacts"] = {name: value.to_json() for name, value in self.artifacts.items()}
        if self.result is not None:
            data["result"] = self.result
        if self.exit_code is not None:
            data["exitCode"] = self.exit_code
        if self.usage is not None:
            data["usage"] = self.usage.to_json()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Outputs":
        """The inverse of `to_json`."""
        return cls(
            parameters=dict(data.get("parameters", {})),
            artifacts={name: ArtifactValue.from_json(one) for name, one in data.get("artifacts", {}).items()},
            result=data.get("result"),
            exit_code=data.get("exitCode"),
            usage=Usage.from_json(data["usage"]) if "usage" in data else None,
        )


@dataclass(frozen=True)
class Outcome:
    """How a pod ended."""

    phase: Phase
    message: str = ""
    outputs: Outputs = Outputs()


@dataclass
class Node:
    """One node. ``after`` are nodes it waited for, ``boundary`` the DAG or steps node around it; times in seconds."""

    id: str
    name: str
    display_name: str
    type: NodeType
    phase: Phase
    template: str = ""
    boundary: str = ""
    after: tuple[str, ...] = ()
    message: str = ""
    started: float = 0.0
    finished: float | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Outputs = Outputs()
    labels: Mapping[str, str] = field(default_factory=dict)
    memo_key: str = ""
    memo_hit: bool = False
    fingerprint: str = ""

    @property
    def usage(self) -> Usage | None:
        """What its program took; of one whose outputs are remembered (`memo_hit`), what it took to compute them."""
        return self.outputs.usage

    def to_json(self) -> dict[str, Any]:
        """As events hold it: only what is set."""
        data: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "displayName": self.display_name,
            "type": str(self.type),
            "phase": str(self.phase),
            "template": self.template,
            "boundary": self.boundary,
            "after": list(self.after),
            "message": self.message,
            "startedAt": self.started,
            "finishedAt": self.finished,
            "inputs": dict(self.inputs),
            "outputs": self.outputs.to_json(),
            "labels": dict(self.labels),
            "memoKey": self.memo_key,
            "memoHit": self.memo_hit,
            "fingerprint": self.fingerprint,
        }
        return {name: value for name, value in data.items() if value not in ("", None, [], {}, False)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Node":
        """The inverse of `to_json`."""
        return cls(
            id=data["id"],
            name=data["name"],
            display_name=data["displayName"],
            type=NodeType(data["type"]),
            phase=Phase(data["phase"]),
            template=data.get("template", ""),
            boundary=data.get("boundary", ""),
            after=tuple(data.get("after", ())),
            message=data.get("message", ""),
            started=data.get("startedAt", 0.0),
            finished=data.get("finishedAt"),
            inputs=data.get("inputs", {}),
            outputs=Outputs.from_json(data.get("outputs", {})),
            labels=data.get("labels", {}),
            memo_key=data.get("memoKey", ""),
            memo_hit=data.get("memoHit", False),
            fingerprint=data.get("fingerprint", ""),
        )


def node_id(workflow: str, name: str) -> str:
    """Argo's id of a node: the workflow's name and the FNV-1a hash (32 bits) of the node's name."""
    if name == workflow:
        return name
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{workflow}-{value}"
