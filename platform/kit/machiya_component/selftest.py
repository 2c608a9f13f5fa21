"""``component self-test``: every sample of the contract, run where the component is; what ``docker run IMAGE`` does."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from machiya_component.artifacts import Artifact
from machiya_component.component import Component
from machiya_component.contract.model import SECRET_PREFIX, Operation, Sample
from machiya_component.errors import EXIT_MEANINGS, ComponentError, ExitCode
from machiya_component.run import DATA_VARIABLE, PORT_VARIABLE, Call, run

SERVICE_START_SECONDS = 60
SERVICE_STOP_SECONDS = 10


@dataclass(frozen=True)
class SampleResult:
    """What became of one sample: ``problem`` is empty when it ended as the contract promises."""

    operation: str
    sample: str
    seconds: float
    problem: str
    told: str


def self_test(component: Component) -> Iterator[SampleResult]:
    """Run the samples one after another; results come as they are known."""
    component.check()
    for operation in component.contract.operations.values():
        for sample in operation.samples.values():
            started = time.perf_counter()
            problem, told = _try(component, operation, sample)
            yield SampleResult(operation.name, sample.name, time.perf_counter() - started, problem, told)


def _try(component: Component, operation: Operation, sample: Sample) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="self-test-") as folder:
        inputs = {port: component.home / path for port, path in sample.inputs.items()}
        if operation.service is not None:
            return _try_service(component, operation, inputs, sample, Path(folder))
        call = Call(operation, sample.parameters, inputs, Path(folder) / "out")
        try:
            sidecars = run(component, call)
        except ComponentError as error:
            return _ended(error.exit_code, sample.expect, str(error)), f"refused: {error.message}"
        return _ended(ExitCode.DONE, sample.expect, "it ended well"), _described(sidecars)


def _ended(actual: int, expected: int, why: str) -> str:
    if actual == expected:
        return ""
    return f"ended with {actual} ({EXIT_MEANINGS[ExitCode(actual)]}), not {expected}: {why}"


def _described(sidecars: dict[str, Artifact]) -> str:
    return ", ".join(
        f"{name} {artifact.rows:,} rows" if artifact.rows is not None else name for name, artifact in sidecars.items()
    )


def _try_service(
    component: Component, operation: Operation, inputs: dict[str, Path], sample: Sample, folder: Path
) -> tuple[str, str]:
    (folder / "in").mkdir()
    for port, path in inputs.items():
        (folder / "in" / port).symlink_to(path.resolve())
    number = _free_port()
    words = [item for key, value in sample.parameters.items() for item in (f"--{key}", _text(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", "machiya_component", component.contract.name, "run", operation.name, *words],
        env={**_without_secrets(), DATA_VARIABLE: str(folder), PORT_VARIABLE: str(number)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert operation.service is not None
    try:
        problem = _wait_until_healthy(process, f"http://127.0.0.1:{number}{operation.service.health}")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=SERVICE_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"still runs {SERVICE_STOP_SECONDS} s after SIGTERM", ""
    if problem:
        return f"{problem}; its last line: {(errors.strip().splitlines() or ['nothing'])[-1]}", ""
    told = f"healthy at {operation.service.health}, stopped by SIGTERM"
    return _ended(process.returncode, ExitCode.STOPPED, errors.strip()[-200:]), told


def _without_secrets() -> dict[str, str]:
    """A sample must never reach what a secret opens."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SECRET_PREFIX)}


def _text(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_healthy(process: "subprocess.Popen[str]", url: str) -> str:
    """An empty string once the health endpoint answers 200, else what was seen last."""
    deadline = time.monotonic() + SERVICE_START_SECONDS
    seen = "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return f"ended with {process.returncode} before it was healthy"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return ""
        except urllib.error.HTTPError as error:
            seen = f"{error.code} {error.read()[:200].decode(errors='replace')}"
        except OSError as error:
            seen = str(error)
        time.sleep(0.05)
    return f"not healthy after {SERVICE_START_SECONDS} s ({url}: {seen})"
