"""Outputs appear whole or not at all, and a place that cannot be written to is named."""

from machiya.conformance.bench import Bench
from machiya.conformance.calls import Damage, failure
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.checks.data import damaged_calls
from machiya.conformance.checks.stopping import usual_seconds
from machiya.conformance.runs import StopResult
from machiya.conformance.verdict import Failure
from machiya.conformance.watch import visible
from machiya_component.errors import ExitCode

_DAMAGES: tuple[Damage, ...] = ("truncated", "wrong-column", "wrong-type", "empty", "absent")
_KILL_MOMENTS = (0.6, 0.9)
_ONLY_SERVICES = Skip("every operation is a service, and has no outputs")
_STAGE = (
    "Write into a hidden folder in /data/out, the sidecar last, and rename it to the output's name when it is whole."
)


def _unwritable(bench: Bench) -> Result:
    operations = bench.operations(service=False)
    calls = [bench.sample_call(one, bench.good_sample(one), output_writable=False) for one in operations]
    documented = {int(code) for code in ExitCode} | set(bench.promised.exit_codes)
    documented -= {ExitCode.DONE, ExitCode.STOPPED}
    codes = ", ".join(str(code) for code in sorted(documented))
    failures = []
    for operation, result in zip(operations, bench.run(calls), strict=True):
        run = result.run
        expected = f"one of the exit codes {codes}, and a last line on stderr that names /data/out"
        if run.exit_code not in documented:
            message = (
                f"{operation.name} with a /data/out that cannot be written to does not end with a documented code."
            )
            remedy = "Try to write there first; if that fails, end with 64 and say which folder and which user."
            failures.append(failure(result, message, expected, remedy))
        elif "/data/out" not in run.last_line:
            message = (
                f"{operation.name} cannot write to /data/out, but the last line on stderr does not name that place."
            )
            remedy = "End with one line on stderr: the folder, the user, and what to do (chmod, --user)."
            failures.append(failure(result, message, expected, remedy))
    return failures if operations else _ONLY_SERVICES


def _atomic(bench: Bench) -> Result:
    samples = [(one, sample) for one, sample in bench.samples(service=False) if sample.expect == 0]
    if not samples:
        return _ONLY_SERVICES
    results = bench.run(
        bench.sample_call(operation, sample, turn=turn) for operation, sample in samples for turn in (1, 2)
    )
    failures = [
        failure(result, f"a visible output was not whole while it ran: {partial}", "whole, or not there", _STAGE)
        for result in results
        for partial in result.partial
    ]
    return failures or [_left_behind(killed, partial) for killed in _killed(bench) for partial in killed.partial]


def _killed(bench: Bench) -> list[StopResult]:
    """Every batch operation, killed (SIGKILL: nothing can be tidied) at some moments of its run."""
    futures = [
        bench.stop(bench.sample_call(operation, bench.good_sample(operation)), "SIGKILL", moment, seconds)
        for operation in bench.operations(service=False)
        for seconds in usual_seconds(bench, operation)
        for moment in _KILL_MOMENTS
    ]
    return [future.result() for future in futures]


def _left_behind(killed: StopResult, partial: str) -> Failure:
    return Failure(
        message=f"a run that is killed (here at {killed.moment:.0%} of its time) leaves a part of an output: {partial}",
        remedy=_STAGE,
        command=killed.command,
        expected="whole, or not there",
    )


def _failed(bench: Bench) -> Result:
    calls = [call for kind in _DAMAGES for call in damaged_calls(bench, kind)]
    calls += [bench.sample_call(one, sample) for one, sample in bench.samples(service=False) if sample.expect != 0]
    failing = [result for result in bench.run(calls) if result.run.exit_code not in (0, None)]
    if not failing:
        return Skip("no run that fails could be made from the samples")
    return [
        failure(
            result,
            f"a run that fails leaves outputs behind: {', '.join(path.name for path in left)}",
            "nothing visible in /data/out",
            "Publish outputs at the very end, when all of them are known to be good.",
        )
        for result in failing
        if (left := visible(result.out))
    ]


CHECKS = (
    Check("output.unwritable", "a /data/out that cannot be written to is named in a clear error", _unwritable),
    Check("output.atomic", "no part of an output is ever visible, not even after a kill", _atomic),
    Check("output.failed", "a run that fails leaves no outputs", _failed),
)
