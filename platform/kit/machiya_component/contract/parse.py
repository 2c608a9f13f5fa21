"""Text of a ``component.yaml`` -> its raw form: plain data, and the line of every key.

The raw form says nothing about being right; ``validate`` does that, and ``complete`` fills in what was left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from machiya_component.findings import Finding

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class RawContract:
    """Plain data as written, and the 1-based line of each key path. ``findings`` holds what kept it from being read."""

    data: Any
    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the nearest key at or above the path."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def parse_file(path: Path) -> RawContract:
    """Read a file; one that is absent or not text becomes a finding, not an exception."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _unreadable(path, "contract.file", "there is no such file.", "Every component has a component.yaml.")
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(path, "contract.file", f"cannot be read: {error}.", "It must be a UTF-8 text file.")
    return parse_text(text, str(path))


def parse_text(text: str, file: str = "component.yaml") -> RawContract:
    """Read YAML 1.2 (``yes`` and ``on`` are words); repeated keys and syntax errors become findings with their line."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        document = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        finding = Finding(
            "contract.yaml",
            f"not valid YAML: {error.problem or error.context}.",
            "Check indentation, quotes and repeated keys near this line.",
            file=file,
            line=mark.line + 1 if mark else None,
        )
        return RawContract(None, file, findings=(finding,))
    except YAMLError as error:
        return _unreadable(Path(file), "contract.yaml", f"not valid YAML: {error}.", "It must be one YAML document.")
    return RawContract(_plain(document), file, dict(_lines(document, ())))


def parse_json(text: str, file: str) -> RawContract:
    """Read JSON, without lines; raises ``ValueError`` if it is not JSON, or repeats a key."""
    return RawContract(json.loads(text, object_pairs_hook=_once, parse_constant=_refused), file)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _unreadable(path: Path, rule: str, message: str, remedy: str) -> RawContract:
    return RawContract(None, str(path), findings=(Finding(rule, message, remedy, file=str(path)),))


def _plain(node: Any) -> Any:
    """ruamel's round-trip types -> dict, list, str, int, float, bool, None. Dates stay as they were written."""
    from datetime import date, datetime

    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, date | datetime):
        return node.isoformat()
    for plain in (int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return str(node)


def _lines(node: Any, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(node, CommentedMap):
        for key, value in node.items():
            if key in (node.lc.data or {}):  # what a merge (<<) brought has no line here
                yield (*path, str(key)), node.lc.key(key)[0] + 1
            yield from _lines(value, (*path, str(key)))
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield (*path, index), node.lc.item(index)[0] + 1
            yield from _lines(value, (*path, index))
