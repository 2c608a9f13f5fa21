"""What the sidecars of inputs tell: who made them, and which version of a component that was."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from machiya_viewer.view.model import Source, Version

if TYPE_CHECKING:
    from machiya_component import TableInput

    from machiya_viewer.prepare import Sources

_ROLES = ("base", "candidate")


def sources_of(tables: "Mapping[str, TableInput | None]") -> "Sources":
    """The tables by port as what a view is made of."""
    from machiya_viewer.prepare import Sources, Table

    opened = {port: Table.open(port, given.files) for port, given in tables.items() if given is not None}
    compares = "candidate" in opened
    return Sources(
        lists=(opened["recommendations"], *([opened["candidate"]] if compares else [])),
        interactions=opened["interactions"],
        items=opened["items"],
        scores=(opened.get("scores"), *([opened.get("candidate_scores")] if compares else [])),
        user_changes=opened.get("user_changes"),
        metric_changes=opened.get("metric_changes"),
        verdict=opened.get("verdict"),
        origins=origins_of(tables),
    )


def origins_of(tables: "Mapping[str, TableInput | None]") -> tuple[Source, ...]:
    """Who made each input, for those whose sidecar says so."""
    found = []
    for port, table in tables.items():
        if maker := _maker(table):
            found.append(Source(port, f"{maker.component} {maker.version} {maker.operation}", maker.content))
    return tuple(found)


def versions_of(named: Mapping[str, str], tables: Mapping[str, "TableInput | None"]) -> tuple[Version, ...]:
    """The base and, where there is one, the candidate; ``named`` is what people call each, by port.

    Without a name it is that of what made it, such as ``recommender 1.1.0``; where that is not known, or both are of
    one version, base and candidate.
    """
    found = [_version_of(name, table) for port, name in named.items() if (table := tables[port]) is not None]
    made = [f"{one.component} {one.version}" if one.component else "" for one in found]
    called = [
        one.name or (text if text and made.count(text) == 1 else role)
        for one, text, role in zip(found, made, _ROLES, strict=False)
    ]
    return tuple(replace(one, name=name) for one, name in zip(found, called, strict=True))


def _version_of(name: str, table: "TableInput") -> Version:
    """What made a result, as far as sidecars tell. The pin is the line of ``pins.yaml`` that chose it."""
    maker = _maker(table)
    if maker is None:
        return Version(name)
    digest = maker.image.partition("@")[2]
    return Version(
        name=name,
        component=maker.component,
        version=maker.version,
        operation=maker.operation,
        image=maker.image,
        digest=maker.content,
        pin=f"{maker.component}: {maker.version}@{digest}" if digest else "",
    )


@dataclass(frozen=True)
class _Maker:
    """Which operation made a table, and the digest of the ``content``; ``image`` is empty where nobody told it."""

    component: str
    version: str
    operation: str
    image: str
    content: str


def _maker(table: "TableInput | None") -> _Maker | None:
    """None where no sidecar tells. Gathered shards have one each, and are of one version."""
    from machiya_component.artifacts import sidecars_of, told_digest

    if table is None:
        return None
    producers = [artifact.producer for artifact in sidecars_of(table.path).values()]
    told = {(one.component, one.version, one.operation, one.image or "") for one in producers}
    return _Maker(*told.pop(), told_digest(table.path)) if len(told) == 1 else None
