"""JSON Schemas of the files that people write beside a workflow, from the models that these files are read into.

Editors want files, so what is made here is kept beside the models (``*.schema.json``); a test holds the two together.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

DIALECT = GenerateJsonSchema.schema_dialect


class _Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes of the names: editors show names anyway."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """What `model` takes, under the names that the file has."""
    made = model.model_json_schema(by_alias=True, schema_generator=_Untitled)
    return {"$schema": DIALECT, **made, "title": title}


def profile_schema() -> dict[str, Any]:
    """Of the profile of a stage."""
    from machiya.manifest.profile import Profile

    return schema_of(Profile, "The profile of a stage")


def profile_schema_path() -> Path:
    """Where it is kept."""
    return Path(__file__).with_name("profile.schema.json")
