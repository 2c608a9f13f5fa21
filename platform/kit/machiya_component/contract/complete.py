"""Valid raw data -> the completed contract. Raises nothing of its own: ``validate`` has said that the data is right."""

from typing import Any

from machiya_component.contract.model import (
    ArtifactType,
    Contract,
    Operation,
    Parameter,
    Port,
    Resources,
    Sample,
    Secret,
    Service,
    Shown,
)
from machiya_component.tables.schema import TableSchema


def complete(data: dict[str, Any]) -> Contract:
    """Fill in what ``component.yaml`` leaves out."""
    return Contract(
        name=data["name"],
        version=data["version"],
        summary=data["summary"],
        owner=data["owner"],
        description=data.get("description"),
        source=data.get("source"),
        runbook=data.get("runbook"),
        exit_codes={int(code): text for code, text in (data.get("exitCodes") or {}).items()},
        operations={name: _operation(name, raw) for name, raw in data["operations"].items()},
    )


def _operation(name: str, raw: dict[str, Any]) -> Operation:
    parameters = raw.get("parameters") or {}
    return Operation(
        name=name,
        summary=raw["summary"],
        description=raw.get("description"),
        parameters={key: Parameter(name=key, type=value["type"], fragment=value) for key, value in parameters.items()},
        inputs=_ports(raw.get("inputs")),
        outputs=_ports(raw.get("outputs")),
        secrets={key: Secret(name=key, **value) for key, value in (raw.get("secrets") or {}).items()},
        resources=Resources.model_validate(raw.get("resources") or {}),
        timeout=raw.get("timeout"),
        cache=raw.get("cache", "service" not in raw),
        checkpoint=raw.get("checkpoint", False),
        service=_service(raw["service"]) if "service" in raw else None,
        samples={key: _sample(key, value or {}) for key, value in (raw.get("samples") or {}).items()},
    )


def _service(raw: dict[str, Any]) -> Service:
    shows = {port: Shown.parse(text) for port, text in raw.get("shows", {}).items()}
    return Service(port=raw["port"], health=raw["health"], shows=shows)


def _ports(raw: dict[str, Any] | None) -> dict[str, Port]:
    return {name: _port(name, value) for name, value in (raw or {}).items()}


def _port(name: str, raw: dict[str, Any]) -> Port:
    return Port(
        name=name,
        type=ArtifactType.parse(raw["type"]),
        description=raw.get("description"),
        optional=raw.get("optional", False),
        allow_empty=raw.get("allowEmpty", False),
        expose=tuple(raw.get("expose", ())),
        table_schema=table_schema(raw["schema"]) if "schema" in raw else None,
    )


def table_schema(raw: dict[str, Any]) -> TableSchema:
    """A Frictionless Table Schema as written -> the model."""
    return TableSchema.from_json(raw)


def _sample(name: str, raw: dict[str, Any]) -> Sample:
    return Sample(
        name=name,
        inputs=raw.get("inputs") or {},
        parameters=raw.get("parameters") or {},
        expect=raw.get("expect", 0),
    )
