"""The functions of a component against its contract: every disagreement, with both sides shown."""

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from machiya_component.contract.model import Contract, Operation, Parameter
from machiya_component.errors import BindingError
from machiya_component.ports import INPUTS, OUTPUTS

Function = Callable[..., None]

_PARAMETER_TYPES: dict[str, type] = {
    "integer": int,
    "number": float,
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def check_bindings(contract: Contract, functions: Mapping[str, Function]) -> None:
    """Raise ``BindingError`` if an operation has no function, a function no operation, or a signature disagrees."""
    details = [
        *(
            f"component.yaml has the operation {name!r}, but no function is registered for it."
            for name in contract.operations
            if name not in functions
        ),
        *(
            f"{_place(function)} is registered as {name!r}, but component.yaml has no such operation."
            for name, function in functions.items()
            if name not in contract.operations
        ),
    ]
    for name, function in functions.items():
        if name in contract.operations:
            details += _compare(contract.operations[name], function)
    if details:
        message = f"the functions of {contract.name} disagree with component.yaml: {details[0].splitlines()[0]}"
        raise BindingError(message, "Change the function or component.yaml; the lines above show both.", details)


def _compare(operation: Operation, function: Function) -> list[str]:
    signature = inspect.signature(function, eval_str=True)
    actual = {name: argument for name, argument in signature.parameters.items() if name != "context"}
    differences = list(_differences(operation, actual))
    if not differences:
        return []
    sides = f"  component.yaml: {_promised(operation)}\n  {_place(function)}: {_written(function, signature)}"
    return [f"{operation.name}: {'; '.join(differences)}.\n{sides}"]


def _differences(operation: Operation, actual: Mapping[str, inspect.Parameter]) -> Iterator[str]:
    expected = {**_port_types(operation), **_parameter_types(operation)}
    for name in expected.keys() - actual.keys():
        yield f"the function does not take {name!r}"
    for name in actual.keys() - expected.keys():
        yield f"component.yaml does not have {name!r}"
    for name in expected.keys() & actual.keys():
        argument = actual[name]
        if not _annotation_fits(argument.annotation, expected[name]):
            yield f"{name!r} is {_show(expected[name])} in component.yaml, {_show(argument.annotation)} in the function"
        if name in operation.parameters and argument.kind is not inspect.Parameter.KEYWORD_ONLY:
            yield f"{name!r} is a parameter and must be keyword-only (after the *)"
        if argument.default is not inspect.Parameter.empty:
            yield from _default_differs(operation.parameters.get(name), argument)


def _default_differs(parameter: Parameter | None, argument: inspect.Parameter) -> Iterator[str]:
    if parameter is None or parameter.required or parameter.default != argument.default:
        yield f"{argument.name!r} has a default of its own, {argument.default!r}; defaults are component.yaml's"


def _port_types(operation: Operation) -> dict[str, Any]:
    inputs = {
        name: INPUTS[port.type.kind] | None if port.optional else INPUTS[port.type.kind]
        for name, port in operation.inputs.items()
    }
    return {**inputs, **{name: OUTPUTS[port.type.kind] for name, port in operation.outputs.items()}}


def _parameter_types(operation: Operation) -> dict[str, Any]:
    return {name: _PARAMETER_TYPES[parameter.type] for name, parameter in operation.parameters.items()}


def _annotation_fits(annotation: Any, expected: Any) -> bool:
    if annotation is expected or annotation == expected:
        return True
    if get_origin(annotation) is Literal:
        return all(isinstance(value, expected) for value in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return set(get_args(annotation)) == set(get_args(expected))
    return get_origin(annotation) is expected


def _show(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return "without a type"
    return annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else str(annotation)


def _promised(operation: Operation) -> str:
    ports = [f"{name}: {_show(kind)}" for name, kind in _port_types(operation).items()]
    parameters = [f"{name}: {_show(kind)}" for name, kind in _parameter_types(operation).items()]
    return f"({', '.join([*ports, *(['*', *parameters] if parameters else [])])})"


def _written(function: Function, signature: inspect.Signature) -> str:
    shown = [f"{name}: {_show(argument.annotation)}" for name, argument in signature.parameters.items()]
    return f"{function.__name__}({', '.join(shown)})"


def _place(function: Function) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
