"""What the pins say against what the registry has: digests, tags, contracts, verdicts."""

from collections.abc import Iterator

from machiya.errors import AccessError, MachiyaError, NotFoundError, RegistryError
from machiya.pins import Pin, Pins, vendored_contract
from machiya.pins.edit import waivers_of
from machiya.release.contracts import compare
from machiya.release.registry import Registry
from machiya.release.stages.assess import FAILED_VERDICT, NO_VERDICT
from machiya.release.stages.candidate import Candidate, find_candidate, tag_moved
from machiya.release.stages.checks.lines import Lines, PinnedLine, fetch_again, pinned_lines
from machiya_component.findings import Finding


def check_registered(pins: Pins, lines: Lines, registry: Registry) -> Iterator[Finding]:
    """Each pin with a digest. Raises RegistryError or AccessError where the registry does not answer."""
    text = pins.file.read_text(encoding="utf-8")
    known: dict[tuple[str, Pin], tuple[Candidate | None, list[tuple[str, str, str]]]] = {}
    for one in pinned_lines(pins, lines):
        if one.pin.digest is None:
            continue
        key = (one.component, one.pin)
        if key not in known:
            known[key] = _looked_up(pins, registry, one)
        candidate, problems = known[key]
        if candidate is not None:
            waived = {waiver.rule for waiver in waivers_of(text, one.block, one.component)}
            problems = [*problems, *_verdict(candidate, waived)]
        for rule, message, remedy in problems:
            yield Finding(rule, message, remedy, one.where, str(pins.file), one.line)


def _looked_up(pins: Pins, registry: Registry, one: PinnedLine) -> tuple[Candidate | None, list[tuple[str, str, str]]]:
    """The image of a pin, and what is wrong with it: rule, message and remedy."""
    problems = []
    repository = registry.repository(one.component)
    try:
        candidate = find_candidate(registry, one.component, str(one.pin), tag_must_agree=False)
    except NotFoundError as error:
        remedy = f"Pin a version that is there: machiya releases {one.component}; or go back: machiya rollback"
        return None, [("digest.gone", error.message, remedy)]
    except (RegistryError, AccessError):
        raise
    except MachiyaError as error:
        return None, [("image.wrong", error.message, error.remedy)]
    found = repository.digest(one.pin.version)
    if found != one.pin.digest:
        moved = tag_moved(repository.name, one.pin, found)
        problems.append(("tag.moved", moved.message, moved.remedy))
    return candidate, [*problems, *_contract(pins, one, candidate)]


def _contract(pins: Pins, one: PinnedLine, candidate: Candidate) -> Iterator[tuple[str, str, str]]:
    try:
        kept = vendored_contract(pins.file.parent, one.component, one.pin.version)
    except MachiyaError:
        return  # said by the check of the files
    if kept != candidate.contract:
        differences = compare(kept, candidate.contract)
        first = f" ({differences[0]})" if differences else ""
        message = f"the contract that is kept is not that of the image{first}."
        yield "contract.differs", message, fetch_again(pins, one)


def _verdict(candidate: Candidate, waived: set[str]) -> Iterator[tuple[str, str, str]]:
    verdict = candidate.verdict
    remedy = "Release a version that passes, and bump to it; or go back: machiya rollback"
    if verdict is None and NO_VERDICT not in waived:
        yield NO_VERDICT, f"nobody stated that the image passed the conformance suite: {candidate.image}", remedy
    elif verdict is not None and not verdict.passed and FAILED_VERDICT not in waived:
        yield FAILED_VERDICT, f"its image did not pass the conformance suite: {verdict.text}", remedy
