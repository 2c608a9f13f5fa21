"""How the suite runs an image: plainly, watched, stopped half-way, and as a service."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machiya.conformance.calls import DATA, Call, CallResult
from machiya.conformance.watch import OutputWatch, partial_outputs
from machiya.containers import Bind, Container, ContainerEngine, RunRequest, RunResult
from machiya.containers.model import Signal
from machiya_component.contract.model import Service

GRACE_SECONDS = 10
"""What a container has between SIGTERM and SIGKILL."""
SERVICE_START_SECONDS = 60
_SLOW_MOTION_SECONDS = 2.0
"""A run that is stopped half-way is slowed down to about this long, so that half-way is a moment that can be met."""
_SLOWEST = 0.1
"""Of a processor."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class StopResult:
    """What a signal did to a run.

    ``moment`` is where it was sent, as a fraction of the run's usual duration. ``delivered`` is False when the run had
    ended by then. ``seconds`` is the time from the signal to the end; ``run.exit_code`` is None when it went on for
    longer than the grace. ``partial`` holds what was visible and not whole when it had ended.
    """

    moment: float
    delivered: bool
    seconds: float
    run: RunResult
    partial: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class ServiceResult:
    """A service from its start to SIGTERM. ``health`` is the last answer of its health endpoint, or what went wrong.

    ``seconds`` counts from the signal to the end; ``run.exit_code`` is None when it went on for longer than the grace,
    and ``stopped`` is False when the service ended by itself.
    """

    healthy: bool
    health: str
    ready_seconds: float
    stopped: bool
    seconds: float
    run: RunResult
    command: str


def call_request(
    image: str, call: Call, inputs: Path, out: Path, variables: Mapping[str, str], publish: int | None = None
) -> RunRequest:
    """The run of a call: read-only root, no network (but for a service), and the environment that every call gets."""
    environment = {**variables, **({"MACHIYA_DATA": call.root} if call.root != DATA else {})}
    return RunRequest(
        image=image,
        command=call.words,
        environment=environment,
        binds=(
            Bind(inputs, f"{call.root}/in", read_only=True),
            Bind(out, f"{call.root}/out", read_only=not call.output_writable),
        ),
        network="none" if publish is None else "bridge",
        publish=publish,
        read_only=True,
        tmpfs=("/tmp",),
    )


def run_call(
    engine: ContainerEngine, request: RunRequest, call: Call, out: Path, timeout: float, command: str
) -> CallResult:
    """Run to the end (or the time limit), watching the outputs appear. `command` is how the run is shown to people."""
    with OutputWatch(out) as watch:
        run = engine.run(request, timeout)
    return CallResult(call, run, out, command, tuple(watch.seen))


def run_and_signal(
    engine: ContainerEngine,
    request: RunRequest,
    out: Path,
    signal: Signal,
    moment: float,
    usual_seconds: float,
    command: str,
) -> StopResult:
    """Send a signal at a moment of a run.

    A run too short to be met half-way is slowed down until it has the signal, and then gets all the processors again:
    the time to answer is that of a run at full speed.
    """
    cpus = usual_seconds / _SLOW_MOTION_SECONDS if usual_seconds < _SLOW_MOTION_SECONDS else None
    with engine.create(request) as container:
        container.start()
        if cpus is not None:
            cpus = max(cpus, _SLOWEST)
            container.limit_cpus(cpus)
        container.wait(max(moment * usual_seconds / (cpus or 1), 0.001))
        delivered = container.signal(signal)
        if cpus is not None:
            container.limit_cpus(None)
        seconds, run = _await_end(container)
    return StopResult(moment, delivered, seconds, run, tuple(partial_outputs(out)), command)


def _await_end(container: Container) -> tuple[float, RunResult]:
    """Seconds until it ended, at most the grace, and its result."""
    sent = time.monotonic()
    container.wait(GRACE_SECONDS)
    return time.monotonic() - sent, container.result()


def run_service(
    engine: ContainerEngine, request: RunRequest, service: Service, start_seconds: float, command: str
) -> ServiceResult:
    """Start a service, wait (at most `start_seconds`) until its health endpoint answers 200, and send SIGTERM."""
    with engine.create(request) as container:
        container.start()
        started = time.monotonic()
        healthy, health = _await_health(container, service, start_seconds)
        ready_seconds = time.monotonic() - started
        stopped = container.signal("SIGTERM") or healthy
        seconds, run = _await_end(container)
    return ServiceResult(healthy, health, ready_seconds, stopped, seconds, run, command)


def _await_health(container: Container, service: Service, start_seconds: float) -> tuple[bool, str]:
    deadline = time.monotonic() + start_seconds
    health = "nothing answered"
    while time.monotonic() < deadline:
        status, health = probe([f"http://{address}{service.health}" for address in container.addresses()])
        if status == 200:
            return True, health
        if container.wait(_POLL_SECONDS):
            return False, f"the service ended before it was healthy; last answer: {health}"
    return False, f"not healthy after {start_seconds:.0f} s; last answer: {health}"


def probe(urls: Sequence[str]) -> tuple[int, str]:
    """The status of the first address that answers HTTP, and what it answered; 0 when none does. Uses no proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    last = "nothing answered"
    for url in urls:
        try:
            with opener.open(url, timeout=2) as answer:
                return answer.status, str(answer.status)
        except urllib.error.HTTPError as error:
            return error.code, f"{error.code} {error.reason}"
        except (OSError, http.client.HTTPException) as error:
            last = f"{url}: {error}"
    return 0, last
