"""What goes into a step, by name: the parts of its key in the cache, and its inputs."""

import json
from collections.abc import Mapping
from typing import Any

from machiya.records.record import RunRecord
from machiya.records.steps import OPERATION, Step

CODE, OPERATION_PART, PARAMETER, INPUT = "code", "operation", "parameter ", "input "
"""Parts of a key, as docs/workflows.md has them; the last two stand before a name."""

DIGEST = "-digest"
"""How the parameters end that hold the content digest of a port: the outputs of a step, and its inputs."""

ABSENT, UNKNOWN = "absent", "unknown-"
"""The digest of an optional input without data, and how one begins that is not known."""

CODE_INPUT, FOLDER_INPUT = "component-code", "gather-folder"
"""Inputs that `machiya render` adds: the digest of code that is not released, and where the turns of a loop write."""


def key_parts(record: RunRecord, step: Step) -> dict[str, str]:
    """The parts of which the key of a step is made, by name."""
    image = record.image(step)
    inputs = dict(sorted(step.node.inputs.items()))
    inputs.pop(FOLDER_INPUT, None)
    parts = {CODE: inputs.pop(CODE_INPUT, "") or image, OPERATION_PART: operation(step)}
    ports = {f"{port}{DIGEST}": port for port in input_ports(record, step)}
    parts |= {f"{PARAMETER}{name}": value for name, value in inputs.items() if name not in ports}
    return parts | {f"{INPUT}{ports[name]}": value for name, value in inputs.items() if name in ports}


def operation(step: Step) -> str:
    """The operation of a component, or the template."""
    return step.node.labels.get(OPERATION) or step.node.template


def input_ports(record: RunRecord, step: Step) -> list[str]:
    """The ports through which artifacts go into a step."""
    template = record.template(step)
    if template is None:
        return []
    names = [artifact.name for artifact in template.inputs.artifacts]
    passed = {artifact.name for artifact in template.outputs.artifacts} if template.dag is not None else set[str]()
    return [name for name in names if name not in passed]


def input_digests(record: RunRecord, step: Step) -> dict[str, str]:
    """The content digests of what goes into a step, by port; of a loop's output, a JSON list of them."""
    parts = key_parts(record, step).items()
    return {name.removeprefix(INPUT): value for name, value in parts if name.startswith(INPUT)}


def listed(digest: str) -> list[str]:
    """The digests of all turns of a loop, or the one."""
    if not digest.startswith("["):
        return [digest]
    try:
        found = [str(one) for one in json.loads(digest)]
    except ValueError:
        return [digest]
    return found or [ABSENT]


def sources_of(record: RunRecord) -> dict[str, Mapping[str, Any]]:
    """What came from outside, by name: location, key, digest."""
    sources = record.options.get("sources")
    return dict(sources) if isinstance(sources, Mapping) else {}


def ports_with(step: Step, digest: str) -> list[str]:
    """The output ports of a step whose content digest (or the store's) begins so."""
    outputs = step.node.outputs
    told = {name.removesuffix(DIGEST): value for name, value in outputs.parameters.items() if name.endswith(DIGEST)}
    stored = {port: value.digest for port, value in outputs.artifacts.items()}
    return [port for port in stored if told.get(port, "").startswith(digest) or stored[port].startswith(digest)]


def digest_of(step: Step, port: str) -> str:
    """The content digest of an output: the one that the component told, else the store's."""
    outputs = step.node.outputs
    value = outputs.artifacts.get(port)
    return outputs.parameters.get(f"{port}{DIGEST}", value.digest if value is not None else "")


def upstream(record: RunRecord, step: Step, digest: str) -> tuple[Step, str] | None:
    """The step of the same run that gave this content to `step`, with the port: one that it waited for, if it can."""
    found = [(other, ports[0]) for other in record.makers if other is not step and (ports := ports_with(other, digest))]
    direct = [one for one in found if one[0].node.id in step.node.after]
    return next(iter(direct or found), None)
