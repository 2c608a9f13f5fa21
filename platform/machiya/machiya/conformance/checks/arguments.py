"""Wrong arguments end with 64, and the last line on stderr names what is wrong."""

from collections.abc import Callable, Iterator

from machiya.conformance.bench import Bench
from machiya.conformance.calls import Call, CallResult, failure, parameter_words
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.values import ill_typed, out_of_range
from machiya.conformance.verdict import Failure
from machiya_component.contract.model import Operation
from machiya_component.errors import ExitCode

REFUSAL_SECONDS = 30
"""A call that must be refused does not get longer than this: a service that starts anyway would run for ever."""

Wrong = tuple[Call, str, str]
"""A call, what is wrong with it, and the word that the last line on stderr must hold."""


def _judged(bench: Bench, wrong: list[Wrong], nothing: str) -> Result:
    if not wrong:
        return Skip(nothing)
    results = bench.run(call for call, _, _ in wrong)
    return [one for (_, what, word), result in zip(wrong, results, strict=True) for one in _refusal(result, what, word)]


def _refusal(result: CallResult, what: str, word: str) -> Iterator[Failure]:
    expected = f"exit code {ExitCode.ARGUMENTS:d}, and a last line on stderr that names {word}"
    if result.run.exit_code != ExitCode.ARGUMENTS:
        remedy = "Check all arguments against the contract before anything else, and end with 64 if one is wrong."
        yield failure(result, f"{what} is not refused with 64.", expected, remedy)
    elif word not in result.run.last_line:
        remedy = "End with one line on stderr: what is wrong, where, and what is right."
        yield failure(result, f"{what} is refused, but the last line on stderr does not name it.", expected, remedy)


def _call(bench: Bench, operation: Operation, words: tuple[str, ...]) -> Call:
    sample = bench.good_sample(operation)
    return bench.sample_call(operation, sample, words=("run", *words), limit=REFUSAL_SECONDS)


def _unknown_operation(bench: Bench) -> Result:
    operation = bench.operations()[0]
    given = bench.good_sample(operation).parameters  # so that whoever ignores the name finds nothing else to refuse
    call = _call(bench, operation, ("no-such-operation", *parameter_words(given)))
    return _judged(bench, [(call, "an operation that the contract does not have", "no-such-operation")], "")


def _unknown_parameter(bench: Bench) -> Result:
    return _judged(bench, [unknown_parameter(bench, operation) for operation in bench.operations()], "")


def unknown_parameter(bench: Bench, operation: Operation) -> Wrong:
    """A call with all that is needed, and a parameter too many."""
    given = bench.good_sample(operation).parameters
    words = (operation.name, *parameter_words({**given, "no_such_parameter": "1"}))
    return _call(bench, operation, words), f"an unknown parameter of {operation.name}", "no_such_parameter"


def _missing(bench: Bench) -> Result:
    wrong: list[Wrong] = []
    for operation in bench.operations():
        given = bench.good_sample(operation).parameters
        for name in (name for name, parameter in operation.parameters.items() if parameter.required):
            rest = {key: value for key, value in given.items() if key != name}
            call = _call(bench, operation, (operation.name, *parameter_words(rest)))
            wrong.append((call, f"{operation.name} without its required parameter {name}", name))
    return _judged(bench, wrong, "no parameter is required")


def _with_values(bench: Bench, values: Callable[[Operation, str], list[str]], nothing: str) -> Result:
    wrong: list[Wrong] = []
    for operation in bench.operations():
        given = bench.good_sample(operation).parameters
        for name in operation.parameters:
            for value in values(operation, name):
                call = _call(bench, operation, (operation.name, *parameter_words({**given, name: value})))
                wrong.append((call, f"{operation.name} with --{name} {value!r}", name))
    return _judged(bench, wrong, nothing)


def _type(bench: Bench) -> Result:
    def values(operation: Operation, name: str) -> list[str]:
        value = ill_typed(operation.parameters[name])
        return [] if value is None else [value]

    return _with_values(bench, values, "every parameter is a string, and every text is one")


def _range(bench: Bench) -> Result:
    def values(operation: Operation, name: str) -> list[str]:
        return out_of_range(operation.parameters[name])

    return _with_values(bench, values, "no parameter has a limit")


CHECKS = (
    Check("arguments.unknown-operation", "an unknown operation gives 64", _unknown_operation),
    Check("arguments.unknown-parameter", "an unknown parameter gives 64", _unknown_parameter),
    Check("arguments.missing", "a missing parameter gives 64", _missing),
    Check("arguments.type", "a parameter of the wrong type gives 64", _type),
    Check("arguments.range", "a parameter out of range gives 64", _range),
)
