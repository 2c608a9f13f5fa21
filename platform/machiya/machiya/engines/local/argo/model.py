"""The supported part of Argo's objects: what a manifest says, as frozen values.

Every text may hold template tags; so numbers that Argo lets one write as text (a limit, a timeout) stay text here until
they are used. ``line`` is where the object begins in its file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from machiya.engines.local.argo.parts import (
    Artifact,
    Container,
    Environment,
    KeyReference,
    Mount,
    Parameter,
    Resources,
    Security,
    ValueFrom,
    Values,
    Volume,
)

__all__ = [
    "Artifact",
    "Backoff",
    "Container",
    "ContinueOn",
    "Dag",
    "Document",
    "Environment",
    "Hook",
    "KeyReference",
    "Manifest",
    "Memoize",
    "Mount",
    "NumberSequence",
    "Parameter",
    "Resources",
    "RetryStrategy",
    "Security",
    "Specification",
    "Suspend",
    "Synchronization",
    "Task",
    "Template",
    "TemplateKind",
    "TemplateRef",
    "ValueFrom",
    "Values",
    "Volume",
]

TemplateKind = Literal["container", "script", "dag", "steps", "suspend"]


@dataclass(frozen=True)
class TemplateRef:
    """A template of another document."""

    name: str
    template: str
    cluster_scope: bool = False


@dataclass(frozen=True)
class ContinueOn:
    """Which bad ends of a step do not stop the others."""

    failed: bool = False
    error: bool = False


@dataclass(frozen=True)
class NumberSequence:
    """withSequence: numbers from start, either ``count`` of them or up to ``end``."""

    count: str = ""
    start: str = ""
    end: str = ""
    format: str = ""


@dataclass(frozen=True)
class Hook:
    """A template that runs when something happens to the step (or workflow) that carries it."""

    name: str
    template: str = ""
    template_ref: TemplateRef | None = None
    arguments: Values = field(default_factory=Values)
    expression: str = ""


@dataclass(frozen=True)
class Task:
    """A task of a DAG or a step of steps: a template that is called."""

    name: str
    template: str = ""
    template_ref: TemplateRef | None = None
    inline: "Template | None" = None
    arguments: Values = field(default_factory=Values)
    depends: str = ""
    dependencies: tuple[str, ...] = ()
    when: str = ""
    items: tuple[Any, ...] | None = None
    with_param: str = ""
    with_sequence: NumberSequence | None = None
    continue_on: ContinueOn = ContinueOn()
    hooks: tuple[Hook, ...] = ()
    line: int = 0

    @property
    def expands(self) -> bool:
        """Whether it is a loop."""
        return self.items is not None or bool(self.with_param) or self.with_sequence is not None


@dataclass(frozen=True)
class Backoff:
    """How long to wait between attempts."""

    duration: str = ""
    factor: str = ""
    max_duration: str = ""
    cap: str = ""


@dataclass(frozen=True)
class RetryStrategy:
    """How often a template is tried again, and after what."""

    limit: str = ""
    policy: str = ""
    expression: str = ""
    backoff: Backoff | None = None


@dataclass(frozen=True)
class Memoize:
    """The key under which outputs are remembered, in which cache, and for how long."""

    key: str
    cache: str = ""
    max_age: str = ""


@dataclass(frozen=True)
class Synchronization:
    """Locks that a template holds while it runs: names of mutexes, keys of ConfigMaps with the size of semaphores."""

    mutexes: tuple[str, ...] = ()
    semaphores: tuple[KeyReference, ...] = ()


@dataclass(frozen=True)
class Dag:
    """Tasks that wait for each other."""

    tasks: tuple[Task, ...]
    target: str = ""
    fail_fast: bool = True


@dataclass(frozen=True)
class Suspend:
    """A pause: for a duration, or until somebody resumes the run."""

    duration: str = ""


@dataclass(frozen=True)
class Template:
    """A template; exactly one of container, dag, steps and suspend is set."""

    name: str
    inputs: Values = field(default_factory=Values)
    outputs: Values = field(default_factory=Values)
    container: Container | None = None
    dag: Dag | None = None
    steps: tuple[tuple[Task, ...], ...] | None = None
    suspend: Suspend | None = None
    retry: RetryStrategy | None = None
    timeout: str = ""
    active_deadline: str = ""
    memoize: Memoize | None = None
    parallelism: int | None = None
    synchronization: Synchronization | None = None
    volumes: tuple[Volume, ...] = ()
    security: Security = field(default_factory=Security)
    pod_patch: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def kind(self) -> TemplateKind:
        """What it does."""
        if self.container is not None:
            return "container" if self.container.source is None else "script"
        return "dag" if self.dag is not None else "steps" if self.steps is not None else "suspend"


@dataclass(frozen=True)
class Specification:
    """The spec of a Workflow, WorkflowTemplate or CronWorkflow."""

    entrypoint: str = ""
    arguments: Values = field(default_factory=Values)
    templates: Mapping[str, Template] = field(default_factory=dict)
    template_defaults: Template | None = None
    on_exit: str = ""
    hooks: tuple[Hook, ...] = ()
    parallelism: int | None = None
    active_deadline: str = ""
    workflow_template_ref: TemplateRef | None = None
    volumes: tuple[Volume, ...] = ()
    security: Security = field(default_factory=Security)
    pod_patch: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    labels_from: Mapping[str, str] = field(default_factory=dict)
    synchronization: Synchronization | None = None


@dataclass(frozen=True)
class Document:
    """One document of a manifest."""

    kind: str
    name: str
    generate_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    specification: Specification = Specification()
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Manifest:
    """What is run: one workflow, and the templates and ConfigMaps that it may refer to."""

    workflow: Document
    templates: Mapping[tuple[str, bool], Document] = field(default_factory=dict)
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    uses_results: bool = False
    """Whether anything asks for the standard output of a step."""
