"""The fields that Argo knows, and their types: hera's models as derived, with their known errors put right."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from machiya.manifest.lint.corrections import ADDED, NOT_REQUIRED, REQUIRED, RETYPED

TABLE_FILE = Path(__file__).with_name("fields.json")
KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")


@dataclass(frozen=True)
class Field:
    """A field: the name of its type, as `derive_fields` writes it, and whether it must be there."""

    type: str
    required: bool = False


@cache
def known_models() -> dict[str, dict[str, Field]]:
    """Every model that a manifest can hold, with its fields by their names in YAML."""
    table: dict[str, dict[str, str]] = json.loads(TABLE_FILE.read_text(encoding="utf-8"))
    models = {name: {key: _field(name, key, text) for key, text in fields.items()} for name, fields in table.items()}
    for name, fields in ADDED.items():
        models.setdefault(name, {}).update({key: _field(name, key, text) for key, text in fields.items()})
    return models


def _field(model: str, name: str, text: str) -> Field:
    place = f"{model}.{name}"
    required = place in REQUIRED or (text.endswith("!") and place not in NOT_REQUIRED)
    return Field(RETYPED.get(place, text.removesuffix("!")), required)
