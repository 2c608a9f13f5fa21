"""SIGTERM: a run ends within 10 s with 143, and leaves nothing partial."""

from collections.abc import Iterator, Sequence

from machiya.conformance.bench import Bench
from machiya.conformance.calls import seen_of
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.runs import GRACE_SECONDS, StopResult
from machiya.conformance.verdict import Failure
from machiya_component.contract.model import Operation
from machiya_component.errors import ExitCode

_MOMENTS = (0.3, 0.6, 0.85)
_FURTHER_MOMENTS = (0.45, 0.75, 0.95)
_FINISHING_SECONDS = 3.0
"""A run that ends as usual this soon after the signal may have been past the point where it could be stopped."""
_REMEDY = (
    "Install a handler for SIGTERM first thing (process 1 of a container ignores signals without one), let it end the "
    "work and exit with 143. A shell must `trap` it, and `exec` or `wait` for what it starts."
)


def usual_seconds(bench: Bench, operation: Operation) -> list[float]:
    """How long the sample of an operation takes, as a list of one; empty when it does not succeed."""
    [result] = bench.run([bench.sample_call(operation, bench.good_sample(operation))])
    return [result.run.seconds] if result.run.exit_code == 0 else []


def _term(bench: Bench) -> Result:
    operations = [(one, seconds) for one in bench.operations(service=False) for seconds in usual_seconds(bench, one)]
    if not operations:
        return Skip("no sample of a batch operation succeeds, or every operation is a service")
    return [failure for operation, seconds in operations for failure in _judged(bench, operation, seconds)]


def _judged(bench: Bench, operation: Operation, seconds: float) -> Iterator[Failure]:
    results = _stopped(bench, operation, seconds, _MOMENTS)
    if not any(_was_stopped(one) for one in results) and not any(_wrong_end(one) for one in results):
        results += _stopped(bench, operation, seconds, _FURTHER_MOMENTS)
    wrong = [failure for one in results for failure in _failures(operation, one)]
    yield from wrong
    if not wrong and not any(_was_stopped(one) for one in results):
        yield Failure(
            message=f"SIGTERM never ended {operation.name}: it was sent at {len(results)} moments of a run of "
            f"{seconds:.1f} s, and the run went on to its usual end each time.",
            remedy=_REMEDY,
            command=_command(results[0]),
            expected=f"exit code {ExitCode.STOPPED:d} within {GRACE_SECONDS} s",
            seen=seen_of(results[0].run),
        )


def _stopped(bench: Bench, operation: Operation, seconds: float, moments: Sequence[float]) -> list[StopResult]:
    call = bench.sample_call(operation, bench.good_sample(operation))
    return [future.result() for future in [bench.stop(call, "SIGTERM", moment, seconds) for moment in moments]]


def _was_stopped(result: StopResult) -> bool:
    return result.delivered and result.run.exit_code == ExitCode.STOPPED


def _wrong_end(result: StopResult) -> str:
    """In what a run that got the signal did not end as it should; empty when it did, or may have been finishing."""
    if not result.delivered or _was_stopped(result):
        return ""
    if result.run.exit_code is None:
        return f"it still runs {GRACE_SECONDS} s after SIGTERM"
    if result.run.exit_code != 0:
        return f"it ends with {result.run.exit_code} after SIGTERM"
    if result.seconds > _FINISHING_SECONDS:
        return f"it takes no notice of SIGTERM and goes on for {result.seconds:.1f} s to its usual end"
    return ""


def _failures(operation: Operation, result: StopResult) -> Iterator[Failure]:
    expected = f"exit code {ExitCode.STOPPED:d} within {GRACE_SECONDS} s, and nothing partial in /data/out"
    command, seen = _command(result), seen_of(result.run)
    when = f"{operation.name}, at {result.moment:.0%} of its time"
    if wrong := _wrong_end(result):
        yield Failure(message=f"{when}: {wrong}.", remedy=_REMEDY, command=command, expected=expected, seen=seen)
    for partial in result.partial:
        remedy = "Leave nothing visible in /data/out when stopped: publish outputs at the very end, by renaming."
        yield Failure(
            message=f"{when}: SIGTERM leaves a part of an output: {partial}",
            remedy=remedy,
            command=command,
            expected=expected,
            seen=seen,
        )


def _command(result: StopResult) -> str:
    return f"{result.command}   # and from another shell, meanwhile: docker kill --signal TERM CONTAINER"


CHECKS = (Check("signal.term", "SIGTERM ends a run within 10 s with 143, with nothing partial left", _term),)
