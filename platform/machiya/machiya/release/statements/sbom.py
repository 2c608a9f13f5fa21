"""The packages of an image as a CycloneDX document in an in-toto statement."""

import json
from collections.abc import Iterator
from typing import Any

from machiya import __version__
from machiya.release.statements.in_toto import Statement
from machiya.release.statements.packages import Package, Packages

SBOM_TYPE = "https://cyclonedx.org/bom"
_UNSEEN = "machiya:unseen"


def sbom_statement(packages: Packages, image: str, version: str, digest: str) -> Statement:
    """The statement for the packages of the image ``name@digest``."""
    return Statement.about(image, digest, SBOM_TYPE, _bom(packages, image, version, digest))


def _bom(packages: Packages, image: str, version: str, digest: str) -> dict[str, Any]:
    """The document, without times and random numbers: the same image has the same."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import Tool
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(components=[_component(package) for package in packages.found])
    bom.metadata.component = Component(
        name=image, version=version, type=ComponentType.CONTAINER, bom_ref=f"{image}@{digest}"
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    bom.metadata.tools.tools.add(Tool(name="machiya", version=__version__))
    bom.metadata.properties.update(Property(name=_UNSEEN, value=text) for text in packages.unseen)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"].pop("timestamp", None)
    document.pop("serialNumber", None)
    return document


def _component(package: Package) -> Any:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    qualifiers = {"arch": package.architecture} if package.architecture else None
    url = PackageURL(package.kind, package.distribution or None, package.name, package.version, qualifiers)
    return Component(
        name=package.name, version=package.version, purl=url, type=ComponentType.LIBRARY, bom_ref=url.to_string()
    )


def read_sbom(statement: Statement) -> Packages:
    """The packages of a statement of this kind, whoever made it; kinds that are not known here are left out."""
    metadata = statement.predicate.get("metadata") or {}
    unseen = [one["value"] for one in metadata.get("properties") or () if one.get("name") == _UNSEEN]
    return Packages(tuple(sorted(_packages(statement.predicate))), tuple(unseen))


def _packages(document: dict[str, Any]) -> Iterator[Package]:
    from packageurl import PackageURL

    for component in document.get("components") or ():
        try:
            url = PackageURL.from_string(component.get("purl") or "")
        except ValueError:
            continue
        if url.type in ("deb", "apk", "pypi"):
            kind: Any = url.type
            architecture = (url.qualifiers or {}).get("arch", "")
            yield Package(kind, url.name, url.version or "", url.namespace or "", str(architecture))
