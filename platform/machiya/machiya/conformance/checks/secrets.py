"""No value of a variable that looks secret appears in a log or an output."""

from collections.abc import Iterator
from pathlib import Path

from machiya.conformance.bench import Bench
from machiya.conformance.calls import Call
from machiya.conformance.check import Check, Result
from machiya.conformance.checks.arguments import unknown_parameter
from machiya.conformance.checks.data import damaged_calls
from machiya.conformance.verdict import Failure
from machiya.containers import RunResult

_REMEDY = "Never print or store the whole environment; log single values, by name, that you know to be harmless."


def _secrets(bench: Bench) -> Result:
    bare = bench.shown(bench.bare_request(canaries=True), canaries=True)
    found = list(_leaks(bench, bench.bare(canaries=True), None, bare))
    for result in bench.run(_calls(bench)):
        command = bench.shown(bench.request(result.call, result.out), canaries=True)
        found += _leaks(bench, result.run, result.out, command)
    for operation in bench.operations(service=True):
        served = bench.serve(operation)
        found += _leaks(bench, served.run, None, served.command)
    return found


def _calls(bench: Bench) -> Iterator[Call]:
    """Runs that go well, and runs that fail: errors are where environments get printed."""
    for operation, sample in bench.samples(service=False):
        yield bench.sample_call(operation, sample)
    for operation in bench.operations():
        yield unknown_parameter(bench, operation)[0]
    yield from damaged_calls(bench, "absent")


def _leaks(bench: Bench, run: RunResult, out: Path | None, command: str) -> Iterator[Failure]:
    places = {"stdout": run.stdout.encode(), "stderr": run.stderr.encode()}
    if out is not None:
        places |= {f"/data/out/{path.relative_to(out)}": content for path, content in _contents(out)}
    for place, content in places.items():
        names = [name for name, value in bench.canaries.items() if value.encode() in content]
        if names:
            yield Failure(
                message=f"the value of {', '.join(names)} appears in {place}.",
                remedy=_REMEDY,
                command=command,
                expected="no value of a variable that looks secret",
                seen=(f"{place} holds {bench.canaries[names[0]]}",),
            )


def _contents(out: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of the outputs; the text of a Parquet file as text, because its pages are compressed."""
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        yield path, _parquet_text(path) if path.suffix == ".parquet" else path.read_bytes()


def _parquet_text(path: Path) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError):
        return path.read_bytes()
    texts = [
        column for column in table.columns if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ]
    values = [value for column in texts for value in column.unique().to_pylist() if value]
    return "\n".join((str(table.schema.metadata), *values)).encode()


CHECKS = (Check("logs.secrets", "no secret of the environment appears in logs or outputs", _secrets),)
