"""``component.yaml``: parse (text -> raw form), validate (raw form -> findings), complete (raw form -> contract)."""

import json
from pathlib import Path
from typing import Any

from machiya_component.contract.model import Contract
from machiya_component.contract.parse import RawContract, parse_file, parse_json, parse_text
from machiya_component.errors import ComponentError
from machiya_component.findings import Finding, summarize

CONTRACT_FILE = "component.yaml"

__all__ = [
    "CONTRACT_FILE",
    "Contract",
    "ContractError",
    "check_contract",
    "contract_from_json",
    "contract_to_json",
    "load_contract",
    "raw_contract_json",
    "schema_path",
    "valid_data",
]


class ContractError(ComponentError):
    """A contract that is not valid; ``findings`` holds everything that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(
            f"the contract is not valid: {summarize(findings)}",
            findings[0].remedy,
            details=findings,
        )
        self.findings = findings


def schema_path() -> Path:
    """The published JSON Schema of ``component.yaml``."""
    return Path(__file__).with_name("component.schema.json")


def check_contract(path: Path) -> list[Finding]:
    """Everything that is wrong with a ``component.yaml`` (or the one in a folder), missing sample data included."""
    from machiya_component.contract.validate import sample_findings, validate

    file = path / CONTRACT_FILE if path.is_dir() else path
    raw = parse_file(file)
    findings = validate(raw)
    return findings or sample_findings(raw, file.parent)


def load_contract(path: Path) -> Contract:
    """The completed contract of a file or folder; raises ``ContractError`` with every finding."""
    return _completed(parse_file(path / CONTRACT_FILE if path.is_dir() else path))


def contract_from_json(text: str) -> Contract:
    """The completed contract from JSON, as an image prints it or carries it in a label."""
    try:
        return _completed(parse_json(text, "contract"))
    except (ValueError, ContractError):
        return _completed(parse_text(text, "contract"))  # much slower, but it knows the lines for the findings


def contract_to_json(contract: Contract) -> str:
    """The completed contract as JSON in the form of ``component.yaml``; equal contracts give equal text."""
    return json.dumps(_written(contract), ensure_ascii=False, sort_keys=True)


def raw_contract_json(path: Path) -> str:
    """``component.yaml`` as JSON, nothing added or left out: what ``component contract`` prints."""
    return json.dumps(valid_data(path), ensure_ascii=False)


def valid_data(path: Path) -> Any:
    """The raw form of a ``component.yaml``; raises ``ContractError`` with every finding."""
    raw = parse_file(path)
    _completed(raw)
    return raw.data


def _completed(raw: RawContract) -> Contract:
    from machiya_component.contract.complete import complete
    from machiya_component.contract.validate import validate

    findings = validate(raw)
    if findings:
        raise ContractError(findings)
    return complete(raw.data)


def _written(contract: Contract) -> dict[str, Any]:
    data = contract.model_dump(mode="json", exclude_none=True, exclude={"operations", "exit_codes"})
    operations = {name: _operation(operation) for name, operation in contract.operations.items()}
    codes = {"exitCodes": contract.exit_codes} if contract.exit_codes else {}
    return {"apiVersion": "machiya/v1", **data, **codes, "operations": operations}


def _operation(operation: Any) -> dict[str, Any]:
    told_otherwise = {"name", "parameters", "inputs", "outputs", "secrets", "service", "samples", "checkpoint"}
    data = operation.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=told_otherwise)
    checkpoint = {"checkpoint": True} if operation.checkpoint else {}
    service = {"service": _service(operation.service)} if operation.service is not None else {}
    secrets = {name: {"description": secret.description} for name, secret in operation.secrets.items()}
    return {
        **data,
        **checkpoint,
        **service,
        **({"secrets": secrets} if secrets else {}),
        "parameters": {name: parameter.fragment for name, parameter in operation.parameters.items()},
        "inputs": {name: _port(port) for name, port in operation.inputs.items()},
        "outputs": {name: _port(port) for name, port in operation.outputs.items()},
        "samples": {
            name: sample.model_dump(mode="json", exclude={"name"}) for name, sample in operation.samples.items()
        },
    }


def _service(service: Any) -> dict[str, Any]:
    shows = {"shows": {port: str(shown) for port, shown in service.shows.items()}} if service.shows else {}
    return {"port": service.port, "health": service.health, **shows}


def _port(port: Any) -> dict[str, Any]:
    data = port.model_dump(mode="json", exclude_defaults=True, include={"description", "optional"})
    schema = {"schema": port.table_schema.to_json()} if port.table_schema else {}
    empty = {"allowEmpty": port.allow_empty} if port.type.kind == "table" else {}
    exposed = {"expose": list(port.expose)} if port.expose else {}
    return {"type": str(port.type), **data, **empty, **exposed, **schema}
