"""What is to be released, and what the registry knows of it: everything that the checks look at, gathered once."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import semver

from machiya.images.build import checked_contract
from machiya.images.revision import Revision, revision_of
from machiya.release.contracts import Difference, compare, parse_version
from machiya.release.published import base_for, contract_of, revision_label, versions_of
from machiya.release.registry import Image, Registry, Repository
from machiya_component.contract import Contract


@dataclass(frozen=True)
class Candidate:
    """A version that is to be released.

    ``tagged`` is the image that has this version in the registry already. ``base`` is the version that the contract is
    compared to; ``differences`` is None where there is no such version, or its image carries no contract.
    """

    folder: Path
    contract: Contract
    version: semver.Version
    revision: Revision
    changes: tuple[str, ...]
    repository: Repository
    released: tuple[semver.Version, ...]
    tagged: Image | None = None
    base: semver.Version | None = None
    differences: tuple[Difference, ...] | None = None

    @property
    def continues(self) -> bool:
        """Whether an earlier release of the very same commit got as far as the push."""
        commit = self.revision.commit
        return self.tagged is not None and bool(commit) and revision_label(self.tagged) == commit

    @property
    def name(self) -> str:
        """Repository and tag."""
        return f"{self.repository.name}:{self.version}"


def candidate_of(folder: Path, registry: Registry) -> Candidate:
    """Read the folder, and ask the registry; raises what either cannot give."""
    contract = checked_contract(folder)
    version = parse_version(contract.version)
    assert version is not None, "the contract's schema allows semantic versions only"
    repository = registry.repository(contract.name)
    released = versions_of(repository)
    base = base_for(version, released)
    before = contract_of(repository.image(str(base))) if base else None
    return Candidate(
        folder=folder,
        contract=contract,
        version=version,
        revision=revision_of(folder),
        changes=_changes(folder),
        repository=repository,
        released=tuple(released),
        tagged=repository.image(str(version)) if version in released else None,
        base=base,
        differences=tuple(compare(before, contract)) if before else None,
    )


def _changes(folder: Path) -> tuple[str, ...]:
    """Files of the folder that differ from the commit, as `git status` writes them."""
    command = ["git", "-C", str(folder), "status", "--porcelain", "--", "."]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ()
    return tuple(done.stdout.splitlines()) if done.returncode == 0 else ()
