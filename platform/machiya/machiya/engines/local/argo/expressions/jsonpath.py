"""The everyday part of JSONPath: ``$.a.b``, ``$['a']``, ``$.a[0]``, ``$.a[-1]``, ``$.a[*].b``, ``$..b``."""

import re
from typing import Any

_PART = re.compile(
    r"\.\.(?P<deep>[\w-]+)|\.(?P<name>[\w-]+|\*)|\[(?P<index>-?\d+|\*)\]|\[(?P<q>['\"])(?P<quoted>.*?)(?P=q)\]"
)


def jsonpath(value: Any, path: str) -> Any:
    """What `path` leads to; with a wildcard in it, the list of all.

    Raises:
        ValueError: the path cannot be read, or leads nowhere.
    """
    if not path.startswith("$"):
        raise ValueError(f"the JSONPath {path!r} does not begin with $")
    found, many, position = [value], False, 1
    while position < len(path):
        part = _PART.match(path, position)
        if part is None:
            raise ValueError(f"the JSONPath {path!r} cannot be read from character {position}")
        many = many or part["deep"] is not None or "*" in (part["name"], part["index"])
        found = [result for one in found for result in _step(one, part)]
        position = part.end()
    if many:
        return found
    if not found:
        raise ValueError(f"the JSONPath {path!r} leads nowhere")
    return found[0]


def _step(value: Any, part: re.Match[str]) -> list[Any]:
    if part["deep"] is not None:
        return _deep(value, part["deep"])
    if "*" in (part["name"], part["index"]):
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if part["index"] is not None:
        index = int(part["index"])
        return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []
    name = part["name"] or part["quoted"]
    return [value[name]] if isinstance(value, dict) and name in value else []


def _deep(value: Any, name: str) -> list[Any]:
    found = [value[name]] if isinstance(value, dict) and name in value else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [result for child in children for result in _deep(child, name)]
