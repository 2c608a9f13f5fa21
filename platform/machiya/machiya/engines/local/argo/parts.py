"""Parts of Argo's objects: parameters, artifacts, containers. See `model`, which gives them all."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class KeyReference:
    """One key of a ConfigMap or a Secret."""

    name: str
    key: str
    optional: bool = False


@dataclass(frozen=True)
class ValueFrom:
    """Where a parameter's value comes from: one of the sources, and what counts where that fails."""

    path: str | None = None
    expression: str | None = None
    parameter: str | None = None
    config_map: KeyReference | None = None
    default: str | None = None
    supplied: bool = False


@dataclass(frozen=True)
class Parameter:
    """An input, output or argument parameter."""

    name: str
    value: str | None = None
    default: str | None = None
    enum: tuple[str, ...] = ()
    value_from: ValueFrom | None = None
    global_name: str = ""
    description: str = ""


@dataclass(frozen=True)
class Artifact:
    """An input, output or argument artifact. ``key`` is its place in the store, where the manifest names one."""

    name: str
    path: str = ""
    key: str = ""
    raw: str | None = None
    source: str = ""
    expression: str = ""
    sub_path: str = ""
    optional: bool = False
    global_name: str = ""
    mode: int | None = None
    digest: str = ""


@dataclass(frozen=True)
class Values:
    """Parameters and artifacts: the inputs, outputs or arguments of something."""

    parameters: tuple[Parameter, ...] = ()
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True)
class Resources:
    """Requests and limits of a container, as quantities: ``cpu`` and ``memory``."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """One environment variable: a value, or a key of a ConfigMap or a Secret."""

    name: str
    value: str = ""
    config_map: KeyReference | None = None
    secret: KeyReference | None = None


@dataclass(frozen=True)
class Mount:
    """A volume as a container sees it."""

    name: str
    path: str
    sub_path: str = ""
    read_only: bool = False


@dataclass(frozen=True)
class Security:
    """The part of a security context that a machine without Kubernetes can keep to."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool = False
    read_only_root: bool = False


@dataclass(frozen=True)
class Container:
    """The program of a template; with ``source`` it is a script."""

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    source: str | None = None
    environment: tuple[Environment, ...] = ()
    resources: Resources = Resources()
    mounts: tuple[Mount, ...] = ()
    working_dir: str = ""
    security: Security = Security()


@dataclass(frozen=True)
class Volume:
    """An emptyDir; ``in_memory`` when its medium is Memory."""

    name: str
    in_memory: bool = False
    size_limit: str = ""
