"""What the interpreter asks for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Node, Outputs, Phase
from machiya.engines.local.argo.model import Mount, Volume


@dataclass(frozen=True)
class InputArtifact:
    """An artifact to be put at a path before the program starts."""

    name: str
    path: str
    value: ArtifactValue
    optional: bool = False
    mode: int | None = None


@dataclass(frozen=True)
class OutputParameter:
    """A file whose text becomes an output parameter; `default` counts where there is none."""

    name: str
    path: str
    default: str | None = None


@dataclass(frozen=True)
class OutputArtifact:
    """A file or folder that is kept in the store under `key`."""

    name: str
    path: str
    key: str
    optional: bool = False


@dataclass(frozen=True)
class SecretVariable:
    """An environment variable whose value only the launcher knows; where Kubernetes has it: a key of a Secret."""

    name: str
    secret: str
    key: str
    optional: bool = False


@dataclass(frozen=True)
class PodSpec:
    """One program to run, everything resolved. CPU in cores, memory in bytes, times in seconds; None is no limit."""

    node_id: str
    node_name: str
    template: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    source: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    secrets: tuple[SecretVariable, ...] = ()
    working_dir: str = ""
    cpu: float = 0.0
    memory: float = 0.0
    cpu_limit: float | None = None
    memory_limit: float | None = None
    user: int | None = None
    group: int | None = None
    non_root: bool = False
    read_only_root: bool = False
    mounts: tuple[Mount, ...] = ()
    volumes: tuple[Volume, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[InputArtifact, ...] = ()
    output_parameters: tuple[OutputParameter, ...] = ()
    output_artifacts: tuple[OutputArtifact, ...] = ()
    capture_result: bool = False

    def fingerprint(self) -> str:
        """A digest of all that decides what the program does: equal for an equal step of an equal run."""
        return hashlib.sha256(repr(replace(self, labels=dict(sorted(self.labels.items())))).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class StartPod:
    """Run a program; tell `pod_started` and `pod_ended`. The run must end within `deadline` seconds of its start."""

    spec: PodSpec


@dataclass(frozen=True)
class StopPod:
    """End a program, gracefully unless `kill`; `pod_ended` is told as ever."""

    node_id: str
    kill: bool = False


@dataclass(frozen=True)
class Recall:
    """Look up remembered outputs, and tell `recalled`; from a miss on, the key is this node's to compute."""

    node_id: str
    key: str
    cache: str
    max_age: float | None


@dataclass(frozen=True)
class Remember:
    """Keep outputs under a key, and give the key free; without outputs (the node failed) only that."""

    node_id: str
    key: str
    cache: str
    outputs: Outputs | None


@dataclass(frozen=True)
class NodeChanged:
    """A node came to be or changed."""

    node: Node


@dataclass(frozen=True)
class RunEnded:
    """Nothing more will happen."""

    phase: Phase
    message: str = ""


Command = StartPod | StopPod | Recall | Remember | NodeChanged | RunEnded
