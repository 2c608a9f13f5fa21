"""The completed contract: what ``component.yaml`` promises, with every default filled in. Frozen."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from machiya_component.tables.schema import TableSchema

ArtifactKind = Literal["table", "model", "metrics", "report", "files"]
ParameterType = Literal["integer", "number", "string", "boolean", "array", "object"]

SECRET_PREFIX = "MACHIYA_SECRET_"
"""How the environment variables of secrets begin."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ArtifactType(_Part):
    """The type of a port: a kind, and the major version of what is inside (1 unless ``model@2`` says otherwise)."""

    kind: ArtifactKind
    major: int = 1

    @classmethod
    def parse(cls, text: str) -> "ArtifactType":
        """``model@2`` -> kind model, major 2. The text must match the contract's schema."""
        kind, _, major = text.partition("@")
        return cls.model_validate({"kind": kind, "major": int(major) if major else 1})

    def __str__(self) -> str:
        return self.kind if self.major == 1 else f"{self.kind}@{self.major}"

    def accepts(self, other: "ArtifactType") -> bool:
        """Whether an artifact of the other type can go through this port."""
        return self == other


class Port(_Part):
    """A named input or output artifact of an operation. ``optional`` only has a meaning for inputs.

    ``expose`` names the metrics of an output that whoever watches the runs sees by themselves.
    """

    name: str
    type: ArtifactType
    description: str | None = None
    optional: bool = False
    allow_empty: bool = False
    expose: tuple[str, ...] = ()
    table_schema: TableSchema | None = None


class Parameter(_Part):
    """A named scalar (or small list or object) of an operation; ``fragment`` is its JSON Schema."""

    name: str
    type: ParameterType
    fragment: dict[str, Any]

    @property
    def required(self) -> bool:
        """Whether a call has to give it."""
        return "default" not in self.fragment

    @property
    def default(self) -> Any:
        """The value where a call gives none; ``KeyError`` for a required parameter."""
        return self.fragment["default"]

    @property
    def description(self) -> str | None:
        """What it means, for people."""
        return self.fragment.get("description")


class Secret(_Part):
    """What an operation may be told and nobody else may see. Always optional: an operation does without."""

    name: str
    description: str

    @property
    def variable(self) -> str:
        """The environment variable that holds it."""
        return f"{SECRET_PREFIX}{self.name.upper()}"


class Resources(_Part):
    """What one step asks a scheduler for: CPUs (cores) and memory (a Kubernetes quantity such as ``4Gi``).

    With ``max_memory`` a step that ran out of memory is tried again, with that much.
    """

    cpu: float = 1.0
    memory: str = "1Gi"
    max_memory: str | None = Field(default=None, alias="maxMemory")


class Shown(_Part):
    """An output of an operation of the same component, which a service shows: ``report.view``."""

    operation: str
    output: str

    @classmethod
    def parse(cls, text: str) -> "Shown":
        """``report.view`` -> operation report, output view. The text must match the contract's schema."""
        operation, _, output = text.partition(".")
        return cls(operation=operation, output=output)

    def __str__(self) -> str:
        return f"{self.operation}.{self.output}"


class Service(_Part):
    """How an operation that runs until SIGTERM is reached, and where it says that it is well.

    ``shows`` says by input port what it is fed: the outputs of many runs, one folder for each step of each run.
    """

    port: int
    health: str
    shows: dict[str, Shown] = Field(default_factory=dict)


class Sample(_Part):
    """A call with data that comes with the component: paths below its folder, and the exit code it must end with."""

    name: str
    inputs: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    expect: int = 0


class Operation(_Part):
    """One thing a component can do."""

    name: str
    summary: str
    description: str | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    inputs: dict[str, Port] = Field(default_factory=dict)
    outputs: dict[str, Port] = Field(default_factory=dict)
    secrets: dict[str, Secret] = Field(default_factory=dict)
    resources: Resources = Resources()
    timeout: str | None = None
    cache: bool = True
    checkpoint: bool = False
    service: Service | None = None
    samples: dict[str, Sample] = Field(default_factory=dict)


class Contract(_Part):
    """What a component promises to everybody who uses it."""

    name: str
    version: str
    summary: str
    owner: str
    description: str | None = None
    source: str | None = None
    runbook: str | None = None
    exit_codes: dict[int, str] = Field(default_factory=dict)
    operations: dict[str, Operation]

    def shown_at(self, operation: str, output: str) -> str:
        """The input of a service that shows this output; empty where none does."""
        wanted = Shown(operation=operation, output=output)
        services = (one.service for one in self.operations.values() if one.service is not None)
        return next((port for service in services for port, shown in service.shows.items() if shown == wanted), "")
