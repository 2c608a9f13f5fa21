"""Write fields.json: the fields of Argo's kinds and their types, derived from hera's models.

    python -m machiya.manifest.lint.derive_fields

The models themselves take seconds to import and drop unknown fields without a word, so a manifest is never sent through
them: `structure` walks it beside this table. A test compares the table with the installed hera.
"""

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from machiya.manifest.lint.fields import KINDS, TABLE_FILE

_SCALARS = {str: "str", int: "int", float: "float", bool: "bool"}
_BY_NAME = {
    "AwareDatetime": "time",
    "datetime": "time",
    "Quantity": "quantity",
    "Time": "time",
    "IntOrString": "int-or-str",
    "Item": "any",
    "FieldsV1": "any",
    "Plugin": "any",
    "SuppliedValueFrom": "any",
    "WorkflowStatus": "any",  # written by Argo, not by people
    "CronWorkflowStatus": "any",
}


def derive() -> dict[str, dict[str, str]]:
    """For each model its fields by their names in YAML, with their types; ``!`` follows that of a required one.

    Types are ``str``, ``int``, ``float``, ``bool``, ``any``, ``time``, ``quantity``, ``int-or-str``, the name of a
    model, ``[T]`` for a list of T and ``{T}`` for a map from strings to T. Kubernetes' models are called ``k8s.Name``.
    """
    from hera.workflows import models

    table: dict[str, dict[str, str]] = {}
    pending: list[Any] = [getattr(models, kind) for kind in KINDS]
    while pending:
        model = pending.pop()
        if _name(model) in table:
            continue
        table[_name(model)] = {
            field.alias or name: _type(field.annotation) + ("!" if field.is_required() else "")
            for name, field in sorted(model.model_fields.items())
        }
        pending += [found for field in model.model_fields.values() for found in _models(field.annotation)]
    return dict(sorted(table.items()))


def dump(table: dict[str, dict[str, str]]) -> str:
    """The table as JSON, one model a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in table.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _name(model: Any) -> str:
    return f"k8s.{model.__name__}" if ".k8s." in model.__module__ else str(model.__name__)


def _type(annotation: Any) -> str:
    annotation = _plain(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return "any"
    if origin is list:
        return f"[{_type(arguments[0])}]"
    if origin is dict:
        return f"{{{_type(arguments[1])}}}"
    if origin in (Union, types.UnionType):
        return "int-or-str"
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if annotation.__name__ in _BY_NAME:
        return _BY_NAME[annotation.__name__]
    return _type(annotation.model_fields["root"].annotation) if _is_root(annotation) else _name(annotation)


def _plain(annotation: Any) -> Any:
    """`annotation` without Annotated and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        others = [part for part in get_args(annotation) if part is not types.NoneType]
        return _plain(others[0]) if len(others) == 1 else annotation
    return annotation


def _models(annotation: Any) -> Iterator[Any]:
    annotation = _plain(annotation)
    for argument in get_args(annotation):
        yield from _models(argument)
    if isinstance(annotation, type) and hasattr(annotation, "model_fields") and annotation.__name__ not in _BY_NAME:
        if _is_root(annotation):
            yield from _models(annotation.model_fields["root"].annotation)
        else:
            yield annotation


def _is_root(model: Any) -> bool:
    return set(model.model_fields) == {"root"}


if __name__ == "__main__":
    TABLE_FILE.write_text(dump(derive()), encoding="utf-8")
