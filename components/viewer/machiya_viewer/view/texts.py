"""``view.json`` and ``facts.json`` as dataclasses: written and read by their types."""

import json
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from machiya_viewer.view.model import FORMAT, Facts, View, ViewError

Told = TypeVar("Told", View, Facts)


def dump(value: View | Facts) -> bytes:
    """The text of a file; numbers that are not finite become null."""
    return _adapter(type(value).__name__).dump_json(value, indent=1) + b"\n"


def load(text: bytes, kind: type[Told], file: str) -> Told:
    """The value that a file holds; ``ViewError`` names the first field that is not as it should be."""
    _check_format(text, file)
    try:
        found: Told = _adapter(kind.__name__).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise ViewError(file, ".".join(map(str, first["loc"])), first["msg"]) from error
    return found


def _check_format(text: bytes, file: str) -> None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ViewError(file, "", "is not JSON") from error
    found = value.get("format", FORMAT) if isinstance(value, dict) else FORMAT
    if found != FORMAT:
        raise ViewError(file, "format", f"is {found!r}; this viewer reads {FORMAT}: make the view again")


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter({"View": View, "Facts": Facts}[kind])
