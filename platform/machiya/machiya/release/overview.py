"""What is released of a component, and which workflows run it."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from machiya.pins import Pin, Pins, load_pins
from machiya.release.contracts import parse_version
from machiya.release.published import created_label, revision_label, versions_of
from machiya.release.registry import Registry, Repository
from machiya.release.statements import verdict_of
from machiya_component.findings import Finding

_AT_A_TIME = 8


@dataclass(frozen=True)
class Use:
    """A pin of a workflow that names the component; ``share`` is that of a canary."""

    workflow: str
    stage: str
    version: str
    digest: str | None
    share: float | None = None

    def __str__(self) -> str:
        return f"{self.workflow} {self.stage}" + (f" (canary, {self.share:.0%})" if self.share is not None else "")


@dataclass(frozen=True)
class Version:
    """A released version; ``conformance`` is None where nobody stated a verdict, and ``verdict`` says it in words."""

    version: str
    digest: str
    created: str
    commit: str
    conformance: Literal["passed", "failed"] | None
    verdict: str
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Overview:
    """All versions, the newest first, pins of versions that are not released, and what is wrong with pins."""

    component: str
    repository: str
    versions: tuple[Version, ...]
    unreleased: tuple[Use, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The overview as a JSON object."""
        found = [finding.to_json() for finding in self.findings]
        return {**asdict(self), "findings": found}


def overview(component: str, registry: Registry, workflows: Iterable[Path]) -> Overview:
    """Ask the registry for every version, and the pins of workflows (given as folders) for who runs which."""
    repository = registry.repository(component)
    named = list(_named(component, workflows))
    tags = [str(version) for version in reversed(versions_of(repository))]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        versions = tuple(pool.map(lambda tag: _version(repository, tag, [use for _, use in named]), tags))
    return Overview(
        component,
        repository.name,
        versions,
        tuple(use for _, use in named if use.version not in tags),
        tuple(_findings(repository, versions, [(pins, use) for pins, use in named if pins.registry == registry.name])),
    )


def _version(repository: Repository, tag: str, uses: Iterable[Use]) -> Version:
    image = repository.image(tag)
    verdict = verdict_of(repository, image.digest)
    conformance: Literal["passed", "failed"] | None = None
    if verdict is not None:
        conformance = "passed" if verdict.passed else "failed"
    text = verdict.text if verdict else "none"
    mine = tuple(use for use in uses if use.version == tag)
    return Version(tag, image.digest, created_label(image), revision_label(image), conformance, text, mine)


def _named(component: str, workflows: Iterable[Path]) -> Iterator[tuple[Pins, Use]]:
    for folder in workflows:
        pins = load_pins(folder)
        for stage, entries in pins.stages.items():
            if component in entries:
                yield pins, _use(folder.name, stage, entries[component])
        if component in pins.canary:
            canary = pins.canary[component]
            yield pins, _use(folder.name, canary.stage, canary.pin, canary.share)


def _use(workflow: str, stage: str, pin: Pin, share: float | None = None) -> Use:
    return Use(workflow, stage, pin.version, pin.digest, share)


def _findings(
    repository: Repository, versions: Iterable[Version], named: Iterable[tuple[Pins, Use]]
) -> Iterator[Finding]:
    """Pins whose digest is not that of the version any more, and those whose digest is gone."""
    digests = {version.version: version.digest for version in versions}
    for pins, use in named:
        if use.digest is None or digests.get(use.version) == use.digest:
            continue
        where = f"{use.stage}.{repository.name.rpartition('/')[2]}"
        if use.version in digests:
            message = f"{use.version} was {use.digest} when it was pinned, and is {digests[use.version]} now."
            remedy = (
                "Somebody moved the tag, which must not be. The pin still names the old image; find out who, and why."
            )
            yield Finding("release.moved", message, remedy, where, str(pins.file))
        if repository.digest(use.digest) is None:
            message = f"the registry does not have {use.digest} any more."
            remedy = "Push it again from a machine that has it, or pin another version: its runs cannot start."
            yield Finding("release.gone", message, remedy, where, str(pins.file))


def newest(versions: Iterable[Version]) -> Version | None:
    """The greatest version that is no pre-release."""
    final = [one for one in versions if (parsed := parse_version(one.version)) and not parsed.prerelease]
    return final[0] if final else None
