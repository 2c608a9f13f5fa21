"""The JSON Schema of ``slo.yaml``."""

from pathlib import Path
from typing import Any

from machiya.manifest.json_schema import DIALECT, schema_of
from machiya.records.slo.model import API_VERSION, Objectives


def slo_schema() -> dict[str, Any]:
    """Of the whole file. Which stages there are is known to the pins alone."""
    objectives = schema_of(Objectives, "What a stage promises")
    parts = objectives.pop("$defs")
    del objectives["$schema"]
    return {
        "$schema": DIALECT,
        "title": "Service levels of a workflow",
        "description": "What each stage promises; docs/watching.md says how it is judged.",
        "type": "object",
        "required": ["apiVersion"],
        "properties": {"apiVersion": {"const": API_VERSION}},
        "additionalProperties": {"$ref": "#/$defs/Objectives"},
        "$defs": {**parts, "Objectives": objectives},
    }


def slo_schema_path() -> Path:
    """Where it is kept."""
    return Path(__file__).with_name("slo.schema.json")
