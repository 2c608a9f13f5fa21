"""Broken inputs end with 65, and the last line on stderr names the port."""

from collections.abc import Callable, Iterator
from functools import partial

from machiya.conformance.bench import Bench
from machiya.conformance.calls import Call, CallResult, Damage, Inputs, failure
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.checks.arguments import REFUSAL_SECONDS
from machiya.conformance.damage import damaged_field, damages
from machiya.conformance.verdict import Failure
from machiya_component.errors import ExitCode

_WHAT: dict[Damage, str] = {
    "truncated": "a Parquet file that was cut off",
    "wrong-column": "a table without its column {field} (it has another name)",
    "wrong-type": "a table whose column {field} has another type",
    "empty": "a table without rows",
    "absent": "no data at all, though the input is required",
}
_NOTHING: dict[Damage, str] = {
    "truncated": "no sample has a table among its inputs",
    "wrong-column": "no sample has a table with declared columns among its inputs",
    "wrong-type": "no sample has a table with declared types among its inputs",
    "empty": "no sample has a table among its inputs that must have rows",
    "absent": "no operation has a required input",
}


def damaged_calls(bench: Bench, kind: Damage) -> list[Call]:
    """One call for each port to which the damage can be done, over all operations."""
    return [
        _call(bench, inputs)
        for operation in bench.operations()
        for inputs in damages(bench.promised, operation.name, bench.good_sample(operation).name, kind)
    ]


def _call(bench: Bench, inputs: Inputs) -> Call:
    operation = bench.promised.operations[inputs.operation]
    return bench.sample_call(operation, operation.samples[inputs.sample], inputs=inputs, limit=REFUSAL_SECONDS)


def _check(kind: Damage, bench: Bench) -> Result:
    calls = damaged_calls(bench, kind)
    if not calls:
        return Skip(_NOTHING[kind])
    return [one for result in bench.run(calls) for one in _refusal(bench, result, kind)]


def _refusal(bench: Bench, result: CallResult, kind: Damage) -> Iterator[Failure]:
    inputs = result.call.inputs
    field = damaged_field(bench.promised.operations[inputs.operation].inputs[inputs.port], kind)
    what = f"{inputs.operation}, input {inputs.port}: {_WHAT[kind].format(field=repr(field))}"
    expected = f"exit code {ExitCode.DATA:d}, and a last line on stderr that names {inputs.port}"
    if result.run.exit_code != ExitCode.DATA:
        remedy = "Check every input against the contract before the work begins, and end with 65 if it breaks it."
        yield failure(result, f"{what} is not refused with 65.", expected, remedy)
    elif inputs.port not in result.run.last_line:
        remedy = "End with one line on stderr: which input, what is wrong, and what to do."
        yield failure(result, f"{what} is refused, but the last line on stderr does not name it.", expected, remedy)


def _of(kind: Damage) -> Callable[[Bench], Result]:
    return partial(_check, kind)


CHECKS = (
    Check("data.truncated", "a truncated Parquet file gives 65", _of("truncated")),
    Check("data.wrong-column", "a table without a declared column gives 65", _of("wrong-column")),
    Check("data.wrong-type", "a column of the wrong type gives 65", _of("wrong-type")),
    Check("data.empty", "an empty table gives 65", _of("empty")),
    Check("data.absent", "an absent input gives 65", _of("absent")),
)
