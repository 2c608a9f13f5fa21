"""withItems, withParam, withSequence."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from machiya.engines.local.argo.expressions.text import to_json
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.model import NumberSequence, Task
from machiya.engines.local.argo.scope import Scope
from machiya.engines.local.argo.substitution import substitute_all
from machiya.engines.local.argo.values import ArgoValueError, go_number, parse_integer

SEQUENCE_LIMIT = 1_000_000


def loop_items(task: Task) -> Sequence[Any]:
    """The items over which a task loops.

    Raises:
        NodeError: they are no list.
    """
    if task.items is not None:
        return task.items
    if task.with_sequence is not None:
        return _numbers(task.with_sequence)
    try:
        items = json.loads(task.with_param)
    except ValueError as error:
        raise NodeError(
            f"withParam value could not be parsed as a JSON list: {task.with_param.strip()[:200]}"
        ) from error
    if not isinstance(items, list):
        raise NodeError(f"withParam is not a JSON list: {task.with_param.strip()[:200]}")
    return items


def _numbers(sequence: NumberSequence) -> list[str]:
    try:
        start = parse_integer(sequence.start, "withSequence.start") if sequence.start else 0
        if sequence.count:
            count = parse_integer(sequence.count, "withSequence.count")
            numbers = range(start, start + count)
        elif sequence.end:
            end = parse_integer(sequence.end, "withSequence.end")
            numbers = range(start, end + 1) if start <= end else range(start, end - 1, -1)
        else:
            raise ArgoValueError("withSequence has neither a count nor an end")
    except ArgoValueError as error:
        raise NodeError(str(error)) from error
    if len(numbers) > SEQUENCE_LIMIT:
        raise NodeError(f"withSequence has {len(numbers)} elements; at most {SEQUENCE_LIMIT} are allowed")
    return [_formatted(sequence.format, number) for number in numbers]


def _formatted(pattern: str, number: int) -> str:
    """Go's %d, %03d, %x and the like are those of Python."""
    if not pattern:
        return str(number)
    try:
        return str(pattern % number)
    except (TypeError, ValueError) as error:
        raise NodeError(f"withSequence.format {pattern!r} does not take one number") from error


def expanded(task: Task, index: int, item: Any) -> tuple[str, Task]:
    """The name of one turn of the loop, ``shard(0:a)``, and the task with ``{{item}}`` replaced."""
    blank = replace(task, items=None, with_param="", with_sequence=None)
    return f"{task.name}({index}:{_description(item)})", substitute_all(blank, Scope(values=_variables(item)))


def _variables(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        return {"item": item_text(item)}
    return {"item": to_json(item), **{f"item.{key}": item_text(value) for key, value in item.items()}}


def item_text(item: Any) -> str:
    """An item in a tag's place."""
    if isinstance(item, str):
        return item
    if isinstance(item, bool | int | float):
        return go_number(item)
    return to_json(item)


def _description(item: Any) -> str:
    if isinstance(item, dict):
        return ",".join(f"{key}:{item_text(item[key])}" for key in sorted(item))
    return re.sub(r"\s+", " ", item_text(item))
