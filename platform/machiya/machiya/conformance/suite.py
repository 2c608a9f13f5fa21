"""Runs checks on an image and gathers the verdict."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from machiya.conformance.bench import Bench
from machiya.conformance.catalogue import CHECKS
from machiya.conformance.check import Check, Info, Result, Skip
from machiya.conformance.verdict import CheckedImage, CheckResult, Failure, Outcome, Verdict
from machiya.conformance.workspace import Workspace
from machiya.containers import ContainerEngine

_CHECKS_AT_A_TIME = 8
"""Checks mostly wait for containers, of which far fewer run at a time (`bench.PARALLEL`)."""


def run_suite(
    engine: ContainerEngine,
    reference: str,
    workspace: Workspace,
    *,
    folder: Path | None = None,
    checks: Sequence[Check] = CHECKS,
    timeout: float = 120,
    on_result: Callable[[CheckResult], None] = lambda _result: None,
) -> Verdict:
    """Check an image. The verdict belongs to the image's id, whatever the name points to later.

    ``folder`` is the component's source, if it is to be checked as well. Inputs and outputs of the runs stay in
    ``workspace``. A run that takes longer than ``timeout`` seconds is ended. ``on_result`` hears of every outcome as
    soon as it is known, from several threads. Raises NotFoundError without the image, EngineError when the engine
    fails.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    image = engine.inspect(reference)
    bench = Bench(engine, image, reference, workspace, folder=folder, timeout=timeout)
    try:
        results = _run_all(bench, checks, on_result)
        contract = bench.contract
    finally:
        bench.close()
    return Verdict(
        image=CheckedImage(reference=reference, id=image.id, digests=image.digests),
        component=contract.name if contract else None,
        version=contract.version if contract else None,
        started=started,
        seconds=round(time.monotonic() - clock, 3),
        passed=all(result.outcome != "fail" for result in results),
        checks=tuple(results),
    )


def _run_all(bench: Bench, checks: Sequence[Check], on_result: Callable[[CheckResult], None]) -> list[CheckResult]:
    def run(check: Check) -> CheckResult:
        result = _run(bench, check, unmet[check.id])
        on_result(result)
        return result

    unmet = {check.id: bench.unmet(check) for check in checks}  # settles what the image is, before the threads ask
    with ThreadPoolExecutor(_CHECKS_AT_A_TIME, thread_name_prefix="check") as pool:
        futures = [pool.submit(run, check) for check in checks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            bench.close()  # the checks that wait for a container get an error instead, and end
            raise


def _run(bench: Bench, check: Check, unmet: Skip | None) -> CheckResult:
    clock = time.monotonic()
    try:
        result: Result = unmet or check.run(bench)
    except PermissionError as error:
        result = [_unreadable(error)]
    seconds = round(time.monotonic() - clock, 3)
    outcome, reason, failures = _outcome(result)
    return CheckResult(
        id=check.id, title=check.title, outcome=outcome, reason=reason, failures=failures, seconds=seconds
    )


def _unreadable(error: PermissionError) -> Failure:
    """Who looks at outputs is another user than who wrote them, as is the next step."""
    message = f"an output cannot be read by others: {error.filename}"
    return Failure(message=message, remedy="Give folders the mode 0755 and files 0644.")


def _outcome(result: Result) -> tuple[Outcome, str, tuple[Failure, ...]]:
    match result:
        case Skip(reason):
            return "skip", reason, ()
        case Info(text):
            return "info", text, ()
        case failures:
            return ("fail" if failures else "pass"), "", tuple(failures)
