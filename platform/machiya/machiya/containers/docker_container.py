"""One container of the Docker engine."""

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import requests
from docker.errors import APIError, InvalidVersion, NotFound
from docker.models.containers import Container as Handle
from docker.utils.socket import STDOUT, frames_iter

from machiya.containers.control_groups import consumption_of, own_memory
from machiya.containers.model import Consumption, Ending, RunResult, Signal
from machiya.errors import EngineError, OutputError

_NOT_RUNNING = "container not running"
"""What the runtime below the engine (runc) says of a container that has ended."""
CPU_PERIOD = 10_000
"""Microseconds over which a limit on processors is enforced: short, so that a slowed program moves evenly."""


def cpu_quota(cpus: float | None) -> int:
    """Microseconds of each period; -1 for no limit. At least a tenth of a processor, so that everything still moves."""
    return -1 if cpus is None else max(int(cpus * CPU_PERIOD), CPU_PERIOD // 10)


@contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Turn what the docker library raises into errors that say what was attempted and what to do."""
    try:
        yield
    except APIError as error:
        raise EngineError(
            f"the container engine refused to {action}: {error.explanation or error}",
            "`docker info` and the engine's own log (on Linux: journalctl -u docker) say more.",
        ) from error
    except requests.exceptions.RequestException as error:
        raise EngineError(
            f"the container engine stopped answering while it was asked to {action}: {error}",
            "Look whether it still runs (`docker info`), then try again.",
        ) from error


class DockerContainer:
    """Implements `machiya.containers.Container`."""

    def __init__(self, handle: Handle, publish: int | None) -> None:
        self._handle = handle
        self._publish = publish
        self._process = 0

    @property
    def id(self) -> str:
        """The engine's name for it."""
        return str(self._handle.id)

    def start(self) -> None:
        """Start it; returns when its program is running. A program that is not there ends with 127, as in a shell."""
        try:
            with engine_errors("start a container"):
                self._handle.start()
        except EngineError:
            if not self._state().get("Error"):
                raise

    def output(self) -> Iterator[tuple[bytes, bool]]:
        """What it writes until its end, and whether to standard output; attached at once, not at the first item."""
        with engine_errors("attach to a container"):
            # The library's own `attach` never closes its connection. Nothing was written yet: with "logs" the engine
            # would now and then send twice what comes while it looks for it.
            wanted = {"stdout": 1, "stderr": 1, "stream": 1}
            connection: Any = self._handle.attach_socket(params=wanted)
        return _frames(connection)

    def ending(self) -> Ending:
        """How it ended; of a container that is gone, as if it had been killed."""
        state = self._state()
        return Ending(int(state["ExitCode"]), bool(state.get("OOMKilled")))

    def consumption(self) -> Consumption | None:
        """What it has used so far, pages of files left out; None when it does not run."""
        self._process = self._process or int(self._state().get("Pid") or 0)
        counted = consumption_of(self.id, self._process) if self._process else None
        return counted or (self._statistics() if self.running() else None)

    def _statistics(self) -> Consumption | None:
        """The same as the engine tells it, which takes a second."""
        client: Any = self._handle.client
        try:
            with engine_errors("measure a container"):
                # The library's own `stats` cannot ask for one sample.
                sample = client.api.stats(self.id, stream=False, one_shot=True)
        except InvalidVersion:  # an engine of before 2020
            return None
        counters = (sample.get("memory_stats") or {}).get("stats")
        if not counters:
            return None
        return Consumption(sample["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, own_memory(counters))

    def copy_out(self, path: str, folder: Path) -> Path | None:
        """Copy the file or folder at `path` into `folder`; None when it has none."""
        with tempfile.TemporaryFile() as archive:
            try:
                with engine_errors(f"read {path} of a container"):
                    for chunk in self._handle.get_archive(path)[0]:
                        archive.write(chunk)
            except EngineError as error:
                if isinstance(error.__cause__, NotFound):
                    return None
                raise
            archive.seek(0)
            return _extract(archive, folder)

    def signal(self, name: Signal) -> bool:
        """Send a signal; False when it had ended before."""
        return self._while_running(f"send {name}", lambda: self._handle.kill(name))

    def limit_cpus(self, cpus: float | None) -> None:
        """Change how much of the processors it gets; nothing happens when it had ended before."""
        self._while_running(
            "limit a container", lambda: self._handle.update(cpu_period=CPU_PERIOD, cpu_quota=cpu_quota(cpus))
        )

    def _while_running(self, action: str, call: Any) -> bool:
        try:
            with engine_errors(action):
                call()
        except EngineError as error:
            # The engine may still take a container for running when the runtime below it already knows better.
            if self.running() and _NOT_RUNNING not in str(error):
                raise
            return False
        return True

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for it to end; whether it has."""
        try:
            self._handle.wait(timeout=timeout)
        except requests.exceptions.RequestException:
            return not self.running()  # the library reports the end of its patience as a broken connection
        except NotFound:
            return True
        return True

    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        state = self._state()
        return bool(state.get("Running"))

    def user_ids(self) -> set[int]:
        """The numeric users that its processes run as; empty when it has ended."""
        try:
            with engine_errors("list the processes of a container"):
                listing = self._handle.top(ps_args="-eo pid,uid")
        except EngineError:
            if self.running():
                raise
            return set()
        column = listing["Titles"].index("UID")
        return {int(process[column]) for process in listing["Processes"] or ()}

    def addresses(self) -> list[str]:
        """`host:port` under which the published port may be reached from here, the likeliest first."""
        self._state()
        network = self._handle.attrs["NetworkSettings"]
        published = (network.get("Ports") or {}).get(f"{self._publish}/tcp") or ()
        inside = [one.get("IPAddress") for one in (network.get("Networks") or {}).values()]
        return [f"{one['HostIp']}:{one['HostPort']}" for one in published] + [
            f"{address}:{self._publish}" for address in inside if address
        ]

    def result(self) -> RunResult:
        """What came of it. One that still runs is killed first."""
        ended = not self.running()
        if not ended:
            self.signal("SIGKILL")
            self.wait(timeout=30)
        state = self._state()
        with engine_errors("read the log of a container"):
            stdout = self._handle.logs(stdout=True, stderr=False)
            stderr = self._handle.logs(stdout=False, stderr=True)
        return RunResult(
            exit_code=int(state["ExitCode"]) if ended else None,
            stdout=stdout.decode("utf-8", "replace"),
            stderr=stderr.decode("utf-8", "replace") + str(state.get("Error") or ""),
            seconds=_seconds(state["StartedAt"], state["FinishedAt"]),
            out_of_memory=bool(state.get("OOMKilled")),
        )

    def _state(self) -> dict[str, Any]:
        """The engine's view of it, fresh; of a container that is gone, one that does not run."""
        try:
            with engine_errors("inspect a container"):
                self._handle.reload()
        except EngineError as error:
            if isinstance(error.__cause__, NotFound):
                return {"Running": False, "ExitCode": 137, "StartedAt": "", "FinishedAt": ""}
            raise
        state: dict[str, Any] = self._handle.attrs["State"]
        return state


def _frames(connection: Any) -> Iterator[tuple[bytes, bool]]:
    frames: Any = frames_iter
    try:
        for stream, data in frames(connection, tty=False):
            yield data, stream == STDOUT
    finally:
        socket = getattr(connection, "_sock", connection)
        getattr(connection, "_response", connection).close()
        socket.close()


def _extract(archive: IO[bytes], folder: Path) -> Path | None:
    """Unpack; the first entry of the archive is what was asked for."""
    top: str | None = None
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            top = top or PurePosixPath(member.name).parts[0]
            try:
                tar.extract(member, folder, filter="data")
            except (tarfile.AbsoluteLinkError, tarfile.LinkOutsideDestinationError) as error:
                raise OutputError(
                    f"the link {member.name} -> {member.linkname} leads out of its folder.", "Write a file instead."
                ) from error
            except tarfile.FilterError:
                continue
    return None if top is None else folder / top


def _seconds(started: str, finished: str) -> float:
    if not started or not finished:
        return 0.0
    return max((parse_time(finished) - parse_time(started)).total_seconds(), 0.0)


def parse_time(text: str) -> datetime:
    """The engine's times have nanoseconds and a Z; Python's have microseconds."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{fraction[:6].ljust(6, '0')}+00:00")
