"""Services: healthy with the sample's inputs, and ended by SIGTERM."""

from machiya.conformance.bench import Bench
from machiya.conformance.calls import seen_of
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.runs import GRACE_SECONDS
from machiya.conformance.verdict import Failure
from machiya_component.contract.model import Operation
from machiya_component.errors import ExitCode

_NO_SERVICE = Skip("no operation is a service")


def _health(bench: Bench) -> Result:
    operations = bench.operations(service=True)
    return [one for operation in operations for one in _unhealthy(bench, operation)] if operations else _NO_SERVICE


def _unhealthy(bench: Bench, operation: Operation) -> list[Failure]:
    served, service = bench.serve(operation), operation.service
    if served.healthy or service is None:
        return []
    return [
        Failure(
            message=f"{operation.name} does not become healthy: {served.health}.",
            remedy=f"Listen on 0.0.0.0:{service.port} and answer {service.health} with 200 once it can serve.",
            command=served.command,
            expected=f"200 from http://CONTAINER:{service.port}{service.health}",
            seen=seen_of(served.run),
        )
    ]


def _stop(bench: Bench) -> Result:
    operations = bench.operations(service=True)
    if not operations:
        return _NO_SERVICE
    served = [(operation, bench.serve(operation)) for operation in operations]
    if not any(result.stopped for _, result in served):
        return Skip("no service runs: see service.health")
    return [
        Failure(
            message=f"SIGTERM does not end {operation.name} as it should.",
            remedy="Handle SIGTERM: stop listening, end within 10 s, and exit with 143.",
            command=f"{result.command}   # and then: docker kill --signal TERM CONTAINER",
            expected=f"exit code {ExitCode.STOPPED:d} within {GRACE_SECONDS} s",
            seen=(f"{result.seconds:.1f} s after SIGTERM:", *seen_of(result.run)),
        )
        for operation, result in served
        if result.stopped and result.run.exit_code != ExitCode.STOPPED
    ]


CHECKS = (
    Check("service.health", "a service becomes healthy with the sample's inputs", _health),
    Check("service.stop", "SIGTERM ends a service within 10 s with 143", _stop),
)
