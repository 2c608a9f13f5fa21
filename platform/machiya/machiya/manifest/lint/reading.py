"""From the text of a YAML file to nodes that know their lines.

PyYAML's node graph is used, with libyaml where it is built in: it is fifteen times as fast as ruamel.yaml on a manifest
of 500 steps, and it is YAML 1.1, as is the library Kubernetes reads manifests with.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from machiya.manifest.lint.node import Kind, Node, child_path
from machiya.manifest.lint.rules import Rule
from machiya.manifest.lint.scalars import kind_of
from machiya_component.findings import Finding

NODE_LIMIT = 200_000
"""More values than this in one document come from aliases that multiply each other: etcd takes no object so large."""

DEPTH_LIMIT = 100
"""Manifests are some twenty levels deep; text that is thousands deep would end the process."""

_PREFIX = "machiya:"
_MERGE = "merge"
_EXPLICIT: dict[str, Kind] = {
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:bool": "bool",
    "tag:yaml.org,2002:int": "int",
    "tag:yaml.org,2002:float": "float",
}
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]  # one of two classes, by how PyYAML was built
    """Decides itself what a plain scalar is."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        """The tag of a node that has none; implicit[0] says that a scalar is written without quotes."""
        if kind is yaml.ScalarNode and implicit[0] and value is not None:
            return _PREFIX + (_MERGE if value == "<<" else kind_of(value))
        return str(super().resolve(kind, value, (False, True)))


class _UnreadableError(Exception):
    """The document is YAML, but no manifest can look like this."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Text:
    """What one file holds: its documents, empty ones left out, and what is wrong with it as YAML."""

    documents: list[Node] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read(text: str, file: str) -> Text:
    """Read all documents of `text`; after a syntax error those before it remain."""
    result = Text()
    loader = None
    try:
        _check_depth(text)
        loader = _Loader(text)
        while loader.check_node():
            source = loader.get_node()
            _measure(source, {}, set())
            converter = _Converter(file)
            root = converter.convert(source, "", None)
            result.findings += converter.findings
            if root.given:
                result.documents.append(root)
    except yaml.YAMLError as error:
        result.findings.append(_syntax_error(error, file))
    except _UnreadableError as error:
        result.findings.append(_unreadable(str(error), file, error.line))
    finally:
        if loader is not None:
            loader.dispose()
    return result


def _check_depth(text: str) -> None:
    """Refuse what is nested too deeply before anything recurses into it."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_BASE):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_LIMIT:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise _UnreadableError(f"nested more than {DEPTH_LIMIT} levels deep", line)
    except yaml.YAMLError:
        return  # reading comes to the same place and says what is before it, too


def _measure(source: yaml.Node, measured: dict[int, tuple[int, int]], within: set[int]) -> tuple[int, int]:
    """How many values a node holds once aliases are expanded, and how deep they are nested."""
    line = source.start_mark.line + 1
    if id(source) in within:
        raise _UnreadableError("an alias (*name) stands inside the value it names", line)
    if id(source) not in measured:
        within.add(id(source))
        children = [_measure(child, measured, within) for child in _children(source)]
        within.discard(id(source))
        size, depth = 1 + sum(child[0] for child in children), 1 + max((child[1] for child in children), default=0)
        if size > NODE_LIMIT or depth > DEPTH_LIMIT:
            problem = f"more than {NODE_LIMIT} values" if size > NODE_LIMIT else f"more than {DEPTH_LIMIT} levels"
            raise _UnreadableError(f"aliases (*name) multiply each other to {problem}", line)
        measured[id(source)] = size, depth
    return measured[id(source)]


def _children(source: yaml.Node) -> list[yaml.Node]:
    if isinstance(source, yaml.MappingNode):
        return [value for _, value in source.value]
    return list(source.value) if isinstance(source, yaml.SequenceNode) else []


def _syntax_error(error: yaml.YAMLError, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = " ".join(str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    return _unreadable(problem or str(error), file, mark.line + 1 if mark else None)


def _unreadable(problem: str, file: str, line: int | None) -> Finding:
    remedy = "Quote values that begin with {{, [, *, & or contain ': ', and indent with spaces."
    return Finding(Rule.YAML, f"not readable as YAML: {problem}", remedy, "", file, line)


class _Converter:
    """Turns one document of PyYAML's nodes into ours: aliases and merge keys expanded."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self._file = file

    def convert(self, source: yaml.Node, path: str, line: int | None) -> Node:
        """`line` is where the field's name stands; None means the value's own line."""
        own = source.start_mark.line + 1
        if isinstance(source, yaml.ScalarNode):
            return Node(_kind(source), self._file, line or own, path, str(source.value))
        if isinstance(source, yaml.SequenceNode):
            node = Node("list", self._file, line or own, path)
            node.elements += [self.convert(item, f"{path}[{index}]", None) for index, item in enumerate(source.value)]
        else:
            node = Node("map", self._file, line or own, path)
            node.entries.update(self._entries(source, path))
        return node

    def _entries(self, source: yaml.Node, path: str) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in source.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                problem = "a map or list as the name of a field; {{...}} without quotes reads like one"
                raise _UnreadableError(problem, line)
            if key.tag == _PREFIX + _MERGE:
                for part in _merged_maps(value):
                    merged = {**self._entries(part, path), **merged}
                continue
            name = str(key.value)
            if name in entries:
                self.findings.append(self._duplicate(name, path, line, entries[name].line))
            entries[name] = self.convert(value, child_path(path, name), line)
        return {**merged, **entries}

    def _duplicate(self, name: str, path: str, line: int, first: int) -> Finding:
        message = f'key "{name}" already set in map, at line {first}'
        remedy = "Keep one of the two: only the last is used."
        return Finding(Rule.DUPLICATE_KEY, message, remedy, child_path(path, name), self._file, line)


def _merged_maps(value: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(value, yaml.MappingNode):
        yield value
    elif isinstance(value, yaml.SequenceNode):
        yield from (part for part in value.value if isinstance(part, yaml.MappingNode))


def _kind(source: yaml.ScalarNode) -> Kind:
    tag = str(source.tag)
    if tag.startswith(_PREFIX):
        kind = tag.removeprefix(_PREFIX)
        return "str" if kind == _MERGE else kind  # type: ignore[return-value]  # resolve() made it of a Kind
    return _EXPLICIT.get(tag, "str")
