"""Help texts, made from the contract."""

import json

from machiya_component.contract.model import Contract, Operation, Port


def component_usage(contract: Contract) -> str:
    """What ``component --help`` prints."""
    operations = "\n".join(f"  {name:<16} {operation.summary}" for name, operation in contract.operations.items())
    return (
        f"{contract.name} {contract.version} - {contract.summary}\n\n"
        "component self-test                     run every sample that comes with the component (the default)\n"
        "component contract                      print the contract as JSON\n"
        "component run OPERATION [--name value]  run an operation on /data/in, into /data/out\n\n"
        f"Operations (component run OPERATION --help says more):\n{operations}\n"
    )


def operation_usage(contract: Contract, operation: Operation) -> str:
    """What ``component run OPERATION --help`` prints."""
    lines = [f"{contract.name} {operation.name} - {operation.summary}", ""]
    if operation.parameters:
        lines += ["Parameters:"]
        for parameter in operation.parameters.values():
            value = "required" if parameter.required else f"default {json.dumps(parameter.default, ensure_ascii=False)}"
            lines.append(f"  --{parameter.name} <{parameter.type}>  {parameter.description or ''} ({value})")
    lines += _ports("Inputs, below /data/in:", operation.inputs)
    lines += _ports("Outputs, below /data/out:", operation.outputs)
    if operation.secrets:
        lines += ["Environment, all optional:"]
        lines += [f"  {secret.variable}  {secret.description}" for secret in operation.secrets.values()]
    return "\n".join(lines) + "\n"


def _ports(title: str, ports: dict[str, Port]) -> list[str]:
    if not ports:
        return []
    rows = [
        f"  {name} ({port.type}{', optional' if port.optional else ''})  {port.description or ''}".rstrip()
        for name, port in ports.items()
    ]
    return [title, *rows]
