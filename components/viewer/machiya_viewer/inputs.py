"""What the sidecars of inputs tell: who made them, and which version of a component that was."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from machiya_viewer.view.model import Source, Version

if TYPE_CHECKING:
    from machiya_component import TableInput
    from machiya_component.artifacts import Artifact

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
        artifact = _sidecar(table)
        if artifact is not None:
            maker = artifact.producer
            found.append(Source(port, f"{maker.component} {maker.version} {maker.operation}", artifact.digest))
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
    """What made a result, as far as its sidecar tells. The pin is the line of ``pins.yaml`` that chose it."""
    artifact = _sidecar(table)
    if artifact is None:
        return Version(name)
    maker, image = artifact.producer, artifact.producer.image or ""
    digest = image.partition("@")[2]
    return Version(
        name=name,
        component=maker.component,
        version=maker.version,
        operation=maker.operation,
        image=image,
        digest=artifact.digest,
        pin=f"{maker.component}: {maker.version}@{digest}" if digest else "",
    )


def _sidecar(table: "TableInput | None") -> "Artifact | None":
    from machiya_component.artifacts import SIDECAR, read_sidecar

    return read_sidecar(table.path) if table is not None and (table.path / SIDECAR).exists() else None
