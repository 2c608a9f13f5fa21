"""The envelope of everything that is stated: which image, what kind of statement, and what it says.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. Statements are not signed: they are as
trustworthy as the registry, and who may write to it.
"""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/vnd.in-toto+json"
PREDICATE_ANNOTATION = "in-toto.io/predicate-type"
"""By which a statement's kind is told without fetching it; BuildKit and others use the same."""


class Subject(BaseModel):
    """What a statement is about: a name for people, and digests by algorithm (hexadecimal)."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    digest: dict[str, str]


class Statement(BaseModel):
    """An in-toto Statement v1."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    type: Literal["https://in-toto.io/Statement/v1"] = Field("https://in-toto.io/Statement/v1", alias="_type")
    subject: tuple[Subject, ...]
    predicate_type: str = Field(alias="predicateType")
    predicate: dict[str, Any]

    @classmethod
    def about(cls, name: str, digest: str, predicate_type: str, predicate: dict[str, Any]) -> "Statement":
        """A statement about one image; `digest` is ``sha256:<hex>``."""
        algorithm, _, value = digest.partition(":")
        subject = Subject(name=name, digest={algorithm: value})
        return cls.model_validate({"subject": [subject], "predicateType": predicate_type, "predicate": predicate})

    def is_about(self, digest: str) -> bool:
        """Whether an image is among its subjects: what lies beside an image may be a copy of another's."""
        algorithm, _, value = digest.partition(":")
        return any(subject.digest.get(algorithm) == value for subject in self.subject)

    def to_bytes(self) -> bytes:
        """As JSON; equal statements give equal bytes."""
        return json.dumps(self.model_dump(by_alias=True), ensure_ascii=False, sort_keys=True).encode()
