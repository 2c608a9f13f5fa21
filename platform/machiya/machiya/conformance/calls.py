"""One `docker run IMAGE run OPERATION ...` of the suite: what is asked, and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from machiya.conformance.verdict import Failure
from machiya.containers import RunResult

Damage = Literal["truncated", "wrong-column", "wrong-type", "empty", "absent"]
DATA = "/data"

_SHOWN_LINES = 5


@dataclass(frozen=True)
class Inputs:
    """The inputs of a sample, whole, or with ``damage`` done to ``port``."""

    operation: str
    sample: str
    port: str = ""
    damage: Damage | None = None

    @property
    def slug(self) -> str:
        """A readable name for a folder."""
        return "-".join(part for part in (self.operation, self.sample, self.port, self.damage) if part)


@dataclass(frozen=True)
class Call:
    """A run of the image with inputs. Equal calls are one run, whose result the checks share; ``turn`` tells apart.

    ``words`` follow the image's name. ``root`` is where `/data` is, told to the component by MACHIYA_DATA if it is
    elsewhere. ``limit`` is the time in seconds after which it is ended, None for the bench's own.
    """

    inputs: Inputs
    words: tuple[str, ...]
    output_writable: bool = True
    root: str = DATA
    limit: float | None = None
    turn: int = 1


@dataclass(frozen=True)
class CallResult:
    """What came of a call. ``partial`` holds what was seen of outputs that were visible before they were whole."""

    call: Call
    run: RunResult
    out: Path
    command: str
    partial: tuple[str, ...] = ()


def parameter_words(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Values as `--name value`: strings as they are, everything else as JSON."""
    return tuple(
        word
        for name, value in parameters.items()
        for word in (f"--{name}", value if isinstance(value, str) else json.dumps(value))
    )


def seen_of(run: RunResult) -> tuple[str, ...]:
    """How a run ended, for people: its exit code, then the last lines on stderr."""
    ending = "it was still running, and was stopped" if run.timed_out else f"exit code {run.exit_code}"
    if run.out_of_memory:
        ending += " (out of memory)"
    lines = [line for line in run.stderr.splitlines() if line.strip()][-_SHOWN_LINES:]
    return (f"{ending} after {run.seconds:.1f} s", *(f"stderr: {line}" for line in lines or ["(nothing)"]))


def failure(result: CallResult, message: str, expected: str, remedy: str) -> Failure:
    """A failure that shows the call it was seen with."""
    return Failure(message=message, remedy=remedy, command=result.command, expected=expected, seen=seen_of(result.run))
