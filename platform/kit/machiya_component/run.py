"""One call of one operation: check what comes in, do the work, check what goes out, put it in place."""

import inspect
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machiya_component import stop
from machiya_component.artifacts import Artifact, Producer, check_artifact
from machiya_component.artifacts.check import named_findings
from machiya_component.artifacts.kept import told_digest
from machiya_component.artifacts.sidecar import describe, seal
from machiya_component.checkpoint import Checkpoint, checkpoint_of
from machiya_component.component import Component
from machiya_component.context import Context
from machiya_component.contract.model import Contract, Operation, Port
from machiya_component.errors import ArgumentsError, DataError, OutputError
from machiya_component.findings import Finding, summarize
from machiya_component.numbers import clear_numbers, exposed_values, input_rows, output_rows, write_numbers
from machiya_component.parameters import complete_parameters
from machiya_component.ports import INPUTS, TableOutput, output_of
from machiya_component.staging import Staging

if TYPE_CHECKING:
    from machiya_component.tables.written import Written

DATA_VARIABLE = "MACHIYA_DATA"
IMAGE_VARIABLE = "MACHIYA_IMAGE"
REVISION_VARIABLE = "MACHIYA_REVISION"
PORT_VARIABLE = "MACHIYA_PORT"


@dataclass(frozen=True)
class Call:
    """An operation with typed parameters, the folder of every input that is there, and the folder for outputs.

    ``secrets`` holds those that are configured; they are part of nothing that is written. ``checkpoints`` is the folder
    of what an attempt at the same call saved on another machine, where an engine brings such.
    """

    operation: Operation
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Path]
    out: Path
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    checkpoints: Path | None = None


def data_root() -> Path:
    """``/data``, or where ``MACHIYA_DATA`` says."""
    return Path(os.environ.get(DATA_VARIABLE, "/data"))


def input_folders(operation: Operation, folder: Path) -> dict[str, Path]:
    """The folder of every port that has one; an optional port whose folder is not there or holds no file is absent.

    (Where one file is mounted that is not there, Kubernetes makes an empty folder of its name.)
    """
    return {
        name: folder / name
        for name, port in operation.inputs.items()
        if not port.optional or ((folder / name).is_dir() and _holds_file(folder / name))
    }


def _holds_file(folder: Path) -> bool:
    return any(not path.is_dir() for path in folder.rglob("*"))


def configured_secrets(operation: Operation, environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets of an operation that the environment holds; an empty one counts as absent."""
    found = {name: environment.get(secret.variable, "") for name, secret in operation.secrets.items()}
    return {name: value for name, value in found.items() if value}


def find_operation(contract: Contract, name: str) -> Operation:
    """The operation of this name, or an ``ArgumentsError`` that lists those there are."""
    if name in contract.operations:
        return contract.operations[name]
    known = ", ".join(contract.operations)
    raise ArgumentsError(f"{contract.name} has no operation {name!r}.", f"Operations: {known}.")


def run(component: Component, call: Call) -> dict[str, Artifact]:
    """Carry out a call and return the sidecar of every output.

    Raises ``BindingError``, ``ArgumentsError`` (parameters, output folder), ``DataError`` (inputs), ``OutputError``,
    and whatever the operation raises. Unless it returns, no output is visible.
    """
    component.check()
    parameters = checked_parameters(call.operation, call.parameters)
    staging = Staging(call.out)
    staging.open(call.operation.outputs)
    clear_numbers(call.out)
    try:
        inputs = _checked_inputs(call)
        digests = _digests(call.operation, inputs)
        written = _invoke(component, call, parameters, inputs, digests, staging)
        sidecars = _sealed(component.contract, call, parameters, digests, staging, written)
        rows = input_rows(call.operation, inputs) | output_rows(sidecars)
        values = exposed_values(call.operation, {name: staging.path(name) for name in sidecars})
        with stop.deferred():
            staging.publish(call.operation.outputs)
            if call.operation.outputs:
                write_numbers(call.out, rows, values)
    finally:
        staging.discard()
    _checkpoint(component.contract, call, parameters, digests).clear()
    return sidecars


def checked_parameters(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters with defaults, or an ``ArgumentsError`` with every finding."""
    parameters, findings = complete_parameters(operation, values)
    if findings:
        raise arguments_error(findings)
    return parameters


def arguments_error(findings: list[Finding]) -> ArgumentsError:
    """Every finding about a call's arguments in one error."""
    return ArgumentsError(summarize(findings), findings[0].remedy, findings)


def _checked_inputs(call: Call) -> dict[str, Path]:
    findings: list[Finding] = []
    for name, port in call.operation.inputs.items():
        if name in call.inputs:
            findings += check_artifact(call.inputs[name], port)
        elif not port.optional:
            findings.append(Finding("artifact.absent", "the input is not given.", f"Give a {port.type.kind}.", name))
    if findings:
        raise DataError(summarize(findings), findings[0].remedy, findings)
    return dict(call.inputs)


def _digests(operation: Operation, inputs: Mapping[str, Path]) -> dict[str, str]:
    """Of what goes in, told by what comes out. Nothing does of a service: it starts at once, however much it is fed."""
    return {name: told_digest(path) for name, path in inputs.items()} if operation.service is None else {}


def _checkpoint(
    contract: Contract, call: Call, parameters: Mapping[str, Any], digests: Mapping[str, str]
) -> Checkpoint:
    return checkpoint_of(call.out, contract.name, contract.version, call.operation.name, parameters, digests)


def _invoke(
    component: Component,
    call: Call,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Path],
    digests: Mapping[str, str],
    staging: Staging,
) -> dict[str, "Written"]:
    """Call the function of an operation. Returns what is known of the tables that it wrote through their writers."""
    operation, contract = call.operation, component.contract
    function = component.functions[operation.name]
    arguments: dict[str, Any] = dict(parameters)
    for name, port in operation.inputs.items():
        arguments[name] = INPUTS[port.type.kind](inputs[name]) if name in inputs else None
    outputs = {name: output_of(port, staging.path(name)) for name, port in operation.outputs.items()}
    arguments |= outputs
    with ExitStack() as stack:
        if "context" in inspect.signature(function).parameters:
            checkpoint = _checkpoint(contract, call, parameters, digests)
            if call.checkpoints is not None:
                checkpoint.adopt(call.checkpoints)
            scratch = stack.enter_context(_scratch(contract.name))
            arguments["context"] = Context(
                component=contract.name,
                version=contract.version,
                operation=operation.name,
                seed=int(parameters.get("seed", 0)),
                checkpoint=checkpoint,
                out=call.out,
                scratch=Path(scratch),
                port=_service_port(operation),
                secrets={name: call.secrets.get(name) for name in operation.secrets},
            )
        function(**arguments)
    written = {name: output.written for name, output in outputs.items() if isinstance(output, TableOutput)}
    return {name: one for name, one in written.items() if one is not None and one.is_all_of(staging.path(name))}


def _scratch(name: str) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=f"{name}-")
    except OSError as error:
        reason = error.strerror or error
        raise ArgumentsError(
            f"There is no place for temporary files: {reason}.", "Mount one at /tmp: docker run --tmpfs /tmp."
        ) from error


def _service_port(operation: Operation) -> int | None:
    if operation.service is None:
        return None
    return int(os.environ.get(PORT_VARIABLE, operation.service.port))


def _sealed(
    contract: Contract,
    call: Call,
    parameters: dict[str, Any],
    digests: dict[str, str],
    staging: Staging,
    written: Mapping[str, "Written"],
) -> dict[str, Artifact]:
    """Check every output, then give it its sidecar."""
    findings = [
        finding
        for name, port in call.operation.outputs.items()
        for finding in _output_findings(staging.path(name), port, written.get(name))
    ]
    if findings:
        raise OutputError(
            f"{contract.name} breaks its own contract: {summarize(findings)}",
            "This is a bug of the component (or component.yaml promises too much).",
            findings,
        )
    producer = Producer(
        component=contract.name,
        version=contract.version,
        operation=call.operation.name,
        parameters=parameters,
        image=os.environ.get(IMAGE_VARIABLE) or None,
        commit=os.environ.get(REVISION_VARIABLE) or None,
    )
    seed = int(parameters["seed"]) if "seed" in parameters else None
    sidecars = {}
    for name, port in call.operation.outputs.items():
        sidecars[name] = describe(staging.path(name), port, producer, digests, seed, written.get(name))
        seal(staging.path(name), sidecars[name])
    return sidecars


def _output_findings(folder: Path, port: Port, written: "Written | None") -> list[Finding]:
    if not any(folder.iterdir()):
        return [Finding("output.missing", "nothing was written to this output.", "Write it.", where=port.name)]
    if written is not None:
        return named_findings(written.findings(folder, port.table_schema, port.allow_empty), port)
    return check_artifact(folder, port)
