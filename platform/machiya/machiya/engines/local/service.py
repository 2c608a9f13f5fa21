"""Operations that are services, run on this machine: what `machiya view` starts."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from machiya.engines.local.launchers.process import installed_version
from machiya.engines.local.store import ArtifactStore
from machiya.errors import EngineError
from machiya_component.contract import Contract, contract_from_json
from machiya_component.contract.model import Operation

_PROGRAM = (sys.executable, "-m", "machiya_component")
_LOOK_SECONDS = 0.2
_START_SECONDS = 60
_FEED_SECONDS = 2


class Feed(Protocol):
    """Brings what a service reads into the folder of its inputs, one folder for each port."""

    def first(self, inputs: Path) -> None:
        """Bring what it needs to start. Errors end it."""

    def more(self, inputs: Path) -> None:
        """Bring what there is besides, or has come since; asked again and again while it runs. It raises nothing."""


@dataclass(frozen=True)
class Fixed:
    """A feed of the same artifacts all the time: by port their keys; several lie beside each other."""

    store: ArtifactStore
    keys: Mapping[str, Sequence[str]]

    def first(self, inputs: Path) -> None:
        """All of it."""
        for name, keys in self.keys.items():
            for index, key in enumerate(keys):
                self.store.link(key, inputs / name if len(keys) == 1 else inputs / name / f"{index:05d}")

    def more(self, inputs: Path) -> None:
        """There is no more."""


def installed_contract(component: str) -> Contract | None:
    """The contract of a component, in the version that is installed here; None if it is not."""
    if installed_version(component) is None:
        return None
    told = subprocess.run([*_PROGRAM, component, "contract"], capture_output=True, text=True, check=False)
    return contract_from_json(told.stdout) if told.returncode == 0 else None


def serve(
    component: str,
    operation: Operation,
    feed: Feed,
    scratch: Path,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Run a service until it ends or this process is told to (Ctrl-C, SIGTERM).

    Args:
        component: one that is installed here.
        operation: one of it that is a service.
        feed: brings what it reads.
        scratch: where its data may lie while it runs.
        port: where it listens.
        ready: is told its address, once it is well.

    Raises:
        EngineError: the port is taken, or the service ended by itself.
        MachiyaError: the feed does not bring what it needs to start.
    """
    _check_free(port)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="view-", dir=scratch, ignore_cleanup_errors=True) as data:
        inputs = Path(data, "in")
        inputs.mkdir()
        feed.first(inputs)
        Path(data, "out").mkdir()
        environment = {**os.environ, "MACHIYA_DATA": data, "MACHIYA_PORT": str(port)}
        command = [*_PROGRAM, component, "run", operation.name]
        with (
            _interrupted_by_sigterm(),
            tempfile.TemporaryFile() as log,
            subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            ) as process,
        ):
            try:
                health = operation.service.health if operation.service is not None else "/"
                _wait(process, f"http://127.0.0.1:{port}{health}")
                ready(f"http://127.0.0.1:{port}/")
                _feed_until_end(process, feed, inputs)
            except KeyboardInterrupt:
                return  # the service is ended below
            finally:
                _end(process)
            log.seek(0)
            last = log.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    raise EngineError(f"{component} {operation.name} ended (exit code {process.returncode}): {last}", "")


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """So that nothing is left running when this process is told to end."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_free(port: int) -> None:
    """Somebody else's service on this port would answer in the place of ours."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("", port))
        except OSError as error:
            raise EngineError(
                f"port {port} cannot be listened on: {error.strerror}.", "Name another: --port"
            ) from error


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Until it says that it is well, has ended, or too long has passed (then it is left to say so by itself)."""
    for _ in range(int(_START_SECONDS / _LOOK_SECONDS)):
        try:
            with urllib.request.urlopen(url, timeout=_LOOK_SECONDS):
                return
        except (urllib.error.URLError, OSError):
            pass
        try:
            process.wait(timeout=_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue


def _feed_until_end(process: "subprocess.Popen[bytes]", feed: Feed, inputs: Path) -> None:
    while process.poll() is None:
        feed.more(inputs)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_FEED_SECONDS)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
