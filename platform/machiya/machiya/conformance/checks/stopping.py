"""SIGTERM: a run ends within 10 s with 143, and leaves nothing partial."""

from collections.abc import Iterator, Sequence

from machiya.conformance.bench import Bench
from machiya.conformance.calls import seen_of
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.runs import GRACE_SECONDS, StopResult
from machiya.conformance.verdict import Failure
from machiya_component.contract.model import Operation
from machiya_component.errors import ExitCode

_MOMENTS = (0.25, 0.5, 0.8)
_FURTHER_MOMENTS = (0.1, 0.4, 0.65)
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
    batch = bench.operations(service=False)
    stops = [(one, seconds, _stops(bench, one, seconds)) for one in batch for seconds in usual_seconds(bench, one)]
    if not stops:
        return Skip("no sample succeeds: see samples.outputs" if batch else "every operation is a service")
    if not any(result.delivered for _, _, results in stops for result in results):
        return Skip("every run of the samples was over before a signal could be sent")
    return [failure for stop in stops for failure in _judged(*stop)]


def _stops(bench: Bench, operation: Operation, seconds: float) -> list[StopResult]:
    """The signal at some moments; at some more when it neither stopped the run nor was answered wrongly."""
    results = _stopped(bench, operation, seconds, _MOMENTS)
    if any(_was_stopped(result) or _wrong_end(result) for result in results):
        return results
    return results + _stopped(bench, operation, seconds, _FURTHER_MOMENTS)


def _judged(operation: Operation, seconds: float, results: list[StopResult]) -> list[Failure]:
    wrong = [failure for result in results for failure in _failures(operation, result)]
    delivered = [result for result in results if result.delivered]
    if wrong or not delivered or any(_was_stopped(result) for result in results):
        return wrong
    return [
        Failure(
            message=f"SIGTERM never ended {operation.name}: it was sent at {len(delivered)} moments of a run of "
            f"{seconds:.1f} s, and the run went on to its usual end each time.",
            remedy=_REMEDY,
            command=_command(delivered[0]),
            expected=f"exit code {ExitCode.STOPPED:d} within {GRACE_SECONDS} s",
            seen=seen_of(delivered[0].run),
        )
    ]


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
