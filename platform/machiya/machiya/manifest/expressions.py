"""The expressions of a rendered manifest: digests, keys of the cache, keys of artifacts.

Argo evaluates a tag ``{{=...}}`` where all variables in it are known, and these differ by place: in a template only
``inputs`` (and ``workflow`` by itself) are known, in the tasks of a DAG ``workflow``, ``tasks`` and the ``inputs`` of
the DAG together. So a task computes what needs several and hands it to the template as a parameter.

The conditional operator is avoided (`sprig.default` and `sprig.ternary` do the same): versions of Argo differ in how
they cut an expression with a ``?``.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from machiya.dsl import (
    BoundaryReference,
    Constant,
    EarlierReference,
    ExternalArtifact,
    KeptReference,
    KeyReference,
    LeftReference,
    OutputReference,
    ParameterReference,
    RunReference,
    Source,
    Step,
    Value,
    WorkflowDefinition,
)
from machiya.dsl.canary import CANARY
from machiya.manifest.names import (
    CODE_PARAMETER,
    COUNT_PARAMETER,
    RUNS,
    code_argument,
    digest_name,
    key_name,
    run_key,
    shown_key,
)
from machiya_component.contract.model import Parameter

FAILURES_LIMIT = 32_000
"""Bytes of the list of failures that a step on exit is told: more would not fit into a command line."""

_UNKNOWN = EarlierReference | LeftReference | KeptReference

_RUN = "{{workflow.name}}"

_FACTS = {
    "name": _RUN,
    "started": "{{workflow.creationTimestamp.RFC3339}}",
    "status": "{{workflow.status}}",
    "duration": "{{workflow.duration}}",
    # The message of a failure may hold braces, which would be taken for a variable.
    "failures": f"{{{{=sprig.trunc({FAILURES_LIMIT}, sprig.replace('{{' + '{{', '((', workflow.failures))}}}}",
}


def text_of(value: Any) -> str:
    """A parameter's value as the command line of a component reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def literal(text: str) -> str:
    """A text as an expression writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def tag(expression: str) -> str:
    """An expression as a tag."""
    return f"{{{{={expression}}}}}"


def _free_text(parameter: Parameter) -> bool:
    return parameter.type == "string" and "enum" not in parameter.fragment


def _line(name: str, variable: str, parameter: Parameter | None = None) -> str:
    """A line of what is hashed. A free text is hashed by itself, so that none can look like two lines."""
    hashed = parameter is not None and _free_text(parameter)
    return f"{literal(f'{name}=')} + {f'sprig.sha256sum({variable})' if hashed else variable}"


def _hash(lines: list[str]) -> str:
    """The hash of the lines, one in a line of the manifest. (`' + '` would be two literals beside each other.)"""
    text = "\n  + '\\n' + ".join(lines).replace("' + '", "")
    return f"sprig.sha256sum({text})"


# In a template


def cache_key(step: Step, keyed: Iterable[str] = ()) -> str:
    """The key of a step in the cache: its component, and a hash over code, operation, parameters and input digests.

    `keyed` are the ports whose keys the step puts out, too: what was remembered without them does not do. A fan-out has
    one key for all its shards: how many there are takes part, the number of one does not.
    """
    code = f"code={step.pin.digest}" if step.pin.digest else ""
    lines = [literal(code)] if code else [_line("code", _input(CODE_PARAMETER))]
    lines.append(literal(f"operation={step.operation.name}"))
    shard = step.fan_out.parameter if step.fan_out else None
    if step.fan_out and step.fan_out.over is None:
        lines.append(_line("shards", _input(COUNT_PARAMETER)))
    own = [parameter for parameter in step.operation.parameters.values() if parameter.name != shard]
    parameters = sorted(own, key=lambda parameter: parameter.name)
    lines += [_line(f"parameter {each.name}", _input(each.name), each) for each in parameters]
    lines += [_line(f"input {port}", _input(digest_name(port))) for port in sorted(step.inputs)]
    lines += [literal(f"key {port}") for port in sorted(keyed)]
    return tag(f"{literal(f'{step.contract.name}-')} + {_hash(lines)}")


def _input(name: str) -> str:
    return f"inputs.parameters['{name}']"


# In a task


def code_digest(component: str) -> str:
    """The digest of code that is not released; where it is not known, a text that no other run has."""
    return f"sprig.default('unknown-' + workflow.uid, workflow.parameters['{code_argument(component)}'])"


def output_key(step: Step, port: str) -> str:
    """Where in the store a step that does not fan out puts an output: what a service shows, below one prefix."""
    shown = step.contract.shown_at(step.operation.name, port)
    return shown_key(step.contract.name, shown, _RUN, step.name) if shown else run_key(_RUN, step.name, port)


def by_artifact(port: str, source: Source) -> Iterator[tuple[str, str, Source]]:
    """The artifacts that go into a port, each with its name and folder below that of all inputs: one in that of the
    port; of what several steps left, one for each, in a folder of its own."""
    if isinstance(source, LeftReference) and len(source.outputs) > 1:
        for output in source.outputs:
            name = f"{output.step}-{output.port}"
            yield f"{port}-{name}", f"{port}/{name}", LeftReference((output,))
    else:
        yield port, port, source


def known_inputs(step: Step) -> list[str]:
    """The ports whose content digests a step is told: not of what is read by its key, be it there or not."""
    return [port for port, source in step.inputs.items() if not isinstance(source, _UNKNOWN)]


def source_digest(workflow: WorkflowDefinition, source: Source) -> str:
    """The content digest of what goes into a port, as an expression; of a fan-out, the list of its shards' digests."""
    assert not isinstance(source, _UNKNOWN), "what may be there or not has no digest"
    if isinstance(source, BoundaryReference):
        return _input(digest_name(source.name))
    if isinstance(source, OutputReference):
        return f"tasks['{source.step}'].outputs.parameters['{digest_name(source.port)}']"
    artifact = {artifact.name: artifact for artifact in workflow.artifacts}[source.name]
    given = f"workflow.parameters['{digest_name(artifact.name)}']"
    return f"sprig.default({_unknown(artifact)}, {given})"


def _unknown(artifact: ExternalArtifact) -> str:
    unknown = "'unknown-' + workflow.uid"
    if not artifact.optional:
        return unknown
    return f"sprig.ternary('absent', {unknown}, workflow.parameters['{artifact.name}'] == '')"


def argument(value: Value) -> str:
    """A parameter's value in a task."""
    if isinstance(value, RunReference):
        return _FACTS[value.fact]
    if isinstance(value, ParameterReference):
        return f"{{{{workflow.parameters.{value.name}}}}}"
    assert isinstance(value, Constant), "keys are told by `key_argument`"
    return text_of(value.value)


def key_argument(value: KeyReference) -> str:
    """Where an output lies, in a task: the cache may give that of an earlier run, so the step itself says it."""
    return f"{{{{tasks.{value.step}.outputs.parameters.{key_name(value.port)}}}}}"


def keyed_ports(workflow: WorkflowDefinition, step: Step) -> list[str]:
    """The ports of a step whose keys others are told, so that it puts them out."""
    told = {value for one in workflow.steps for value in one.parameters.values() if isinstance(value, KeyReference)}
    canary = workflow.canary
    name = CANARY if canary is not None and step in (canary.mixed, canary.alone) else step.name
    return [port for port in step.operation.outputs if KeyReference(name, port) in told | workflow.keyed]


def gather_folder(workflow: WorkflowDefinition, step: Step) -> str:
    """The folder of the store below which the shards of a fan-out put their outputs.

    It is made of all that decides what is in it, and so is the same for every run to which the cache gives a shard of
    an earlier one: shards that were computed by different runs lie in one folder. Nor does it depend on the name of
    the step: what a canary computed is found when its version is promoted.
    """
    if not step.operation.cache:
        return f"{RUNS}/{_RUN}/{step.name}"
    fixed = [step.contract.name, step.pin.digest or "", step.operation.name, _constants(step)]
    lines = [literal(hashlib.sha256("\n".join(fixed).encode()).hexdigest())]
    if step.pin.digest is None:
        lines.append(code_digest(step.contract.name))
    for name, value in _varying(step):
        lines.append(_line(name, f"workflow.parameters['{value.name}']", step.operation.parameters.get(name)))
    lines += [_line(port, source_digest(workflow, source)) for port, source in sorted(step.inputs.items())]
    return f"shards/{workflow.name}/{step.operation.name}/{tag(_hash(lines))}"


def _constants(step: Step) -> str:
    """Everything about a step's parameters that no run can change, as JSON."""
    given = {name: parameter.fragment.get("default") for name, parameter in step.operation.parameters.items()}
    given |= {name: value.value for name, value in step.parameters.items() if isinstance(value, Constant)}
    given |= {name: None for name, _ in _varying(step)}
    if step.fan_out and isinstance(step.fan_out.count, Constant):
        given["count"] = step.fan_out.count.value
    return json.dumps(given, sort_keys=True, ensure_ascii=False)


def _varying(step: Step) -> list[tuple[str, ParameterReference]]:
    values = {name: value for name, value in step.parameters.items() if isinstance(value, ParameterReference)}
    if step.fan_out and isinstance(step.fan_out.count, ParameterReference):
        values[step.fan_out.over or "count"] = step.fan_out.count
    return sorted(values.items())
