"""What is asked of a container engine and what it answers: plain values, and the two protocols an engine implements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, Self

NetworkMode = Literal["none", "bridge", "host"]
Signal = Literal["SIGTERM", "SIGKILL", "SIGINT"]


@dataclass(frozen=True)
class Bind:
    """A folder of this machine, seen at `target` inside a container."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class RunRequest:
    """One `docker run`. What is left out is as the image says; the network is off unless asked for.

    `memory` is in bytes and `cpus` in cores (None: no limit). `publish` makes one port of the container reachable from
    this machine, see `Container.addresses`. With ``init``, the first process is one that passes signals on and collects
    what others leave. Without ``keeps_log`` the engine keeps nothing of the output: `Container.output` has it alone.
    """

    image: str
    command: Sequence[str] = ()
    entrypoint: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    binds: Sequence[Bind] = ()
    network: NetworkMode = "none"
    publish: int | None = None
    read_only: bool = False
    tmpfs: Sequence[str] = ()
    user: str | None = None
    memory: int | None = None
    cpus: float | None = None
    working_dir: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    init: bool = False
    keeps_log: bool = True


@dataclass(frozen=True)
class Ending:
    """How a container's program ended."""

    exit_code: int
    out_of_memory: bool


@dataclass(frozen=True)
class Consumption:
    """What a container has used: seconds of processors since its start, and bytes of memory (files apart) now."""

    cpu_seconds: float
    memory: int


@dataclass(frozen=True)
class RunResult:
    """How a container ended. `exit_code` is None when it still ran at the time limit (it has been killed since).

    `seconds` is the engine's own measure from start to end, without the time to set the container up.
    """

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    out_of_memory: bool = False

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended it."""
        return self.exit_code is None

    @property
    def last_line(self) -> str:
        """The last line on stderr that is not blank; empty when there is none."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


@dataclass(frozen=True)
class BuildRequest:
    """One image build. `folder` is the build context, and holds the Dockerfile."""

    folder: Path
    tag: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    network: NetworkMode = "host"
    cache: bool = True


@dataclass(frozen=True)
class ImageInfo:
    """What an image says of itself. `id` is the digest of its configuration, `digests` those of registries it is in."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    labels: Mapping[str, str]
    user: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    size: int
    created: datetime


class Container(Protocol):
    """A container that has been created. Its owner is the context manager that made it, which also removes it."""

    @property
    def id(self) -> str:
        """The engine's name for it."""

    def start(self) -> None:
        """Start it; returns when its program is running. If that cannot be run, it has ended (126, 127)."""

    def output(self) -> Iterator[tuple[bytes, bool]]:
        """What it writes until its end, and whether to standard output. Ask before `start`, and nothing is missed."""

    def ending(self) -> Ending:
        """How it ended; ask when it has."""

    def consumption(self) -> Consumption | None:
        """What it has used so far; None when it does not run."""

    def copy_out(self, path: str, folder: Path) -> Path | None:
        """Copy the file or folder at `path` into `folder`; None when it has none. Also after its end.

        What is on a volume, or in a tmpfs, is not found. Devices are left out; a link that leads out of the folder is
        an OutputError.
        """

    def signal(self, name: Signal) -> bool:
        """Send a signal; False when it had ended before."""

    def limit_cpus(self, cpus: float | None) -> None:
        """Change how much of the processors it gets, None for all; nothing happens when it had ended before."""

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for it to end; whether it has."""

    def running(self) -> bool:
        """Whether it has been started and has not ended."""

    def user_ids(self) -> set[int]:
        """The numeric users that its processes run as, as the host sees them; empty when it has ended."""

    def addresses(self) -> list[str]:
        """`host:port` under which the published port may be reached from here, the likeliest first."""

    def result(self) -> RunResult:
        """What came of it. One that still runs is killed first."""


class ContainerEngine(Protocol):
    """A container engine. As a context manager it removes what it still holds when the block ends."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def close(self) -> None:
        """Remove every container that is still there. Safe to call from another thread, and again."""

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> str:
        """Build and tag an image, giving each line of the log to `on_line`; the image's id. Raises BuildError."""

    def inspect(self, image: str) -> ImageInfo:
        """What an image says of itself; NotFoundError when it is not on this machine."""

    def exists(self, image: str) -> bool:
        """Whether an image is on this machine."""

    def create(self, request: RunRequest) -> AbstractContextManager[Container]:
        """A container that is ready to start, and that is removed when the block ends."""

    def run(self, request: RunRequest, timeout: float) -> RunResult:
        """Start a container, wait for its end (at most `timeout` seconds), and remove it."""

    def copy_from_image(self, image: str, path: str, folder: Path) -> bool:
        """Copy the regular files below `path` of an image into `folder`; False when the image has no such path."""

    def pull(self, image: str) -> None:
        """Fetch an image from its registry; NotFoundError when that has none, or cannot be reached."""

    def tag(self, image: str, name: str) -> None:
        """Give an image a further name, ``repository:tag``."""

    def push(self, name: str, on_line: Callable[[str], None]) -> str:
        """Send ``repository:tag`` to its registry, with docker's own credentials; the digest that it has there.

        Raises AccessError and RegistryError.
        """

    def files(self, image: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        """The regular files of an image whose path (without a leading ``/``) is wanted. Its program does not run."""

    def remove_labelled(self, label: str, value: str) -> int:
        """Remove the containers of any process that have this label; how many there were."""

    def remove_image(self, image: str) -> None:
        """Remove a tag, and the image with its last tag. An image that is not there is no error."""
