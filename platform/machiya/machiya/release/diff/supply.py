"""Where the candidate comes from: its verdict, commits, changelog and packages, as far as they are at hand."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from machiya.errors import MachiyaError
from machiya.release.contracts import parse_version
from machiya.release.diff.model import PackageChange, Side, Supply
from machiya.release.diff.versions import Proposed
from machiya.release.publish.changelog import CHANGELOG_FILE, changelog_entry
from machiya.release.registry import Registry
from machiya.release.statements import Packages, sbom_of

_DIRTY = "-dirty"
_UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^##[ \t]+\[?(?P<version>[^\s\]]+)\]?", re.MULTILINE)
_MOST = 50


def supply_of(before: Side, after: Proposed, registry: Registry | None, why_none: str, source: Path | None) -> Supply:
    """What is to be said of the candidate; `source` is the folder of the component's source, where it is here."""
    notes: list[str] = []
    verdict = after.released.verdict if after.released is not None else None
    return Supply(
        conformance=_conformance(after, notes),
        conforms=verdict.passed if verdict is not None else None,
        commits=_commits(before, after.side, source, notes),
        changelog=_changelog(before, after.side, source, notes),
        packages=_packages(before, after, registry, why_none, notes),
        notes=tuple(notes),
    )


def _conformance(after: Proposed, notes: list[str]) -> str | None:
    if after.released is None:
        notes.append("conformance: it is not released, so no verdict is bound to it; `machiya test` gives one")
        return None
    if after.released.verdict is None:
        notes.append("conformance: nobody stated that this image passed the suite; `machiya release` does")
        return None
    return after.released.verdict.text


# Commits


def _commits(before: Side, after: Side, source: Path | None, notes: list[str]) -> tuple[str, ...] | None:
    if source is None:
        notes.append("commits: the component's source is not at hand (no folder below components/)")
        return None
    old, new = before.commit.removesuffix(_DIRTY), after.commit.removesuffix(_DIRTY)
    for commit, which in ((old, "pinned version"), (new, "candidate")):
        if not commit:
            notes.append(f"commits: the commit of the {which} is not known")
            return None
        if _git(source, "cat-file", "-e", f"{commit}^{{commit}}") is None:
            notes.append(f"commits: {commit[:12]}, of the {which}, is not in the repository of {source}")
            return None
    log = _git(source, "log", f"--max-count={_MOST}", "--format=%h %s", f"{old}..{new}", "--", ".") or ""
    uncommitted = ["changes that are not committed"] if after.commit.endswith(_DIRTY) else []
    return (*uncommitted, *log.splitlines())


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None when it fails."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


# Changelog


def _changelog(before: Side, after: Side, source: Path | None, notes: list[str]) -> tuple[tuple[str, str], ...] | None:
    text = _changelog_text(after, source) if source is not None else None
    if text is None:
        notes.append(f"changelog: {CHANGELOG_FILE} of the candidate is not at hand")
        return None
    with TemporaryDirectory() as folder:
        (Path(folder) / CHANGELOG_FILE).write_text(text, "utf-8")
        versions = _between(_HEADING.findall(text), before.version, after)
        entries = [(version, changelog_entry(Path(folder), version) or "") for version in versions]
    return tuple((version, entry) for version, entry in entries if entry)


def _changelog_text(after: Side, source: Path) -> str | None:
    """As it is in the working copy, or was in the commit of a release."""
    file = source / CHANGELOG_FILE
    if not after.digest:
        return file.read_text("utf-8", "replace") if file.is_file() else None
    return _git(source, "show", f"{after.commit}:./{CHANGELOG_FILE}") if after.commit else None


def _between(found: Sequence[str], before: str, after: Side) -> Iterator[str]:
    """The versions after one up to another, and what is not released of a working copy."""
    low, high = parse_version(before), parse_version(after.version)
    for text in found:
        version = parse_version(text)
        between = version is not None and low is not None and high is not None and low < version <= high
        if between or (text == _UNRELEASED and not after.digest):
            yield text


# Packages


def _packages(
    before: Side, after: Proposed, registry: Registry | None, why_none: str, notes: list[str]
) -> tuple[PackageChange, ...] | None:
    for side, which in ((before, "pinned version"), (after.side, "candidate")):
        if not side.digest:
            notes.append(f"packages: the {which} is not released, so nothing is stated of its packages")
            return None
    if registry is None:
        notes.append(f"packages: {why_none}")
        return None
    repository = registry.repository(after.contract.name)
    try:
        known = [sbom_of(repository, side.digest) for side in (before, after.side)]
    except MachiyaError as error:
        notes.append(f"packages: {error.message}")
        return None
    if known[0] is None or known[1] is None:
        notes.append(f"packages: nobody stated those of the {'pinned version' if known[0] is None else 'candidate'}")
        return None
    return package_changes(known[0], known[1])


def package_changes(before: Packages, after: Packages) -> tuple[PackageChange, ...]:
    """The packages that came, went, or are of other versions."""
    old, new = _versions(before), _versions(after)
    return tuple(
        PackageChange(*name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def _versions(packages: Packages) -> dict[tuple[str, str], str]:
    """By kind and name; several versions of one package (of two architectures, say) as one text."""
    found: dict[tuple[str, str], list[str]] = {}
    for package in packages.found:
        found.setdefault((package.kind, package.name), []).append(package.version)
    return {name: ", ".join(sorted(set(versions))) for name, versions in found.items()}
