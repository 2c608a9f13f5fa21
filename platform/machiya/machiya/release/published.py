"""What is released of a component: versions in a repository, and the contract that each image carries."""

from collections.abc import Iterable

import semver

from machiya.images import CONTRACT_LABEL, OCI_PREFIX
from machiya.release.contracts import parse_version
from machiya.release.registry import Image, Repository
from machiya_component.contract import Contract, ContractError, contract_from_json


def versions_of(repository: Repository) -> list[semver.Version]:
    """The versions that are released, in their order; other tags are left out."""
    return sorted(version for tag in repository.tags() if (version := parse_version(tag)))


def contract_of(image: Image) -> Contract | None:
    """The contract in an image's label; None where it has none that is valid."""
    text = image.labels.get(CONTRACT_LABEL)
    try:
        return contract_from_json(text) if text else None
    except ContractError:
        return None


def revision_label(image: Image) -> str:
    """The commit that an image was built from; empty where it does not say."""
    return image.labels.get(f"{OCI_PREFIX}revision", "")


def created_label(image: Image) -> str:
    """When an image was made, as ISO 8601: the time of its commit where the label says it."""
    return image.labels.get(f"{OCI_PREFIX}created") or image.created


def base_for(version: semver.Version, released: Iterable[semver.Version]) -> semver.Version | None:
    """The version that another is compared to: the greatest before it that is final, else the greatest before it."""
    before = [one for one in released if one < version]
    return max((one for one in before if not one.prerelease), default=max(before, default=None))
