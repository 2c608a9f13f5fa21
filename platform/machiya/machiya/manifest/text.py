"""Plain data -> YAML that is the same, byte for byte, for the same data."""

import io
import re
from collections.abc import Sequence
from typing import Any

_AMBIGUOUS = re.compile(r"(?i)|y|n|yes|no|on|off|true|false|null|~|[-+]?[.\d][-+.,:_\da-fox]*")
"""Texts that YAML 1.1 (which Kubernetes reads) or 1.2 may take for something else."""

_FIRST = (
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "annotations",
    "labels",
    "description",
    "entrypoint",
    "onExit",
    "arguments",
)
_LAST = ("templates",)


def to_yaml(documents: Sequence[Any], head: str) -> str:
    """Documents as one file; `head` becomes the comment above."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    parts = []
    for document in documents:
        stream = io.StringIO()
        yaml.dump(_quoted(document), stream)
        parts.append(stream.getvalue())
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    return comment + "---\n".join(parts)


def _rank(key: str) -> tuple[int, str]:
    """What says which thing it is comes first, what is long comes last, the rest by name."""
    if key in _FIRST:
        return _FIRST.index(key), key
    return len(_FIRST) + (key in _LAST), key


def _quoted(value: Any) -> Any:
    from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

    if isinstance(value, dict):
        return {key: _quoted(value[key]) for key in sorted(value, key=_rank)}
    if isinstance(value, list):
        return [_quoted(one) for one in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    if isinstance(value, str) and _AMBIGUOUS.fullmatch(value):
        return SingleQuotedScalarString(value)
    return value
