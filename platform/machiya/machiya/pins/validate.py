"""The raw form of a ``pins.yaml`` -> everything that is wrong with it, each with its line."""

import re
from collections.abc import Iterator
from typing import Any

from machiya.pins.model import CANARY_STAGE
from machiya_component.contract.parse import KeyPath, RawContract
from machiya_component.findings import Finding

REGISTRY_KEY = "registry"
CANARY_KEY = "canary"
UNRELEASED_STAGE = "development"
"""The one stage whose pins may lack a digest."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")
_NUMBER = r"(?:0|[1-9]\d*)"
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
PIN = re.compile(rf"(?P<version>{_VERSION})(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
STAGE_KEY = "stage"
_CANARY_KEYS = ("version", "share", "salt")
_EXAMPLE = "recommender: 1.0.0@sha256:<64 hexadecimal digits>"


def validate(raw: RawContract) -> list[Finding]:
    """All findings, in the order of the lines."""
    if raw.findings:
        return [_as_pins(finding) for finding in raw.findings]
    if not isinstance(raw.data, dict):
        return [
            _finding(raw, (), "pins.type", "a mapping is expected.", f"Example: registry: ghcr.io/acme; {_EXAMPLE}")
        ]
    found = [*_registry(raw), *_stages(raw), *_canaries(raw)]
    return sorted(found, key=lambda finding: finding.line or 0)


def _as_pins(finding: Finding) -> Finding:
    rule = finding.rule.replace("contract.", "pins.")
    remedy = "A workflow's folder holds a pins.yaml." if rule == "pins.file" else finding.remedy
    return Finding(rule, finding.message, remedy, finding.where, finding.file, finding.line)


def _finding(raw: RawContract, path: KeyPath, rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, message, remedy, ".".join(map(str, path)), raw.file, raw.line_of(path))


def _registry(raw: RawContract) -> Iterator[Finding]:
    registry = raw.data.get(REGISTRY_KEY)
    if not isinstance(registry, str) or not _REGISTRY.fullmatch(registry):
        what = "is missing." if registry is None else f"{registry!r} is no registry with a path."
        yield _finding(raw, (REGISTRY_KEY,), "pins.registry", what, "Example: registry: ghcr.io/acme")


def _stages(raw: RawContract) -> Iterator[Finding]:
    names = [name for name in raw.data if name not in (REGISTRY_KEY, CANARY_KEY)]
    if not names:
        yield _finding(
            raw, (), "pins.stage", "no stage is there.", f"Example: {UNRELEASED_STAGE}: {{recommender: 1.0.0}}"
        )
    for name in names:
        if not NAME.fullmatch(name):
            yield _finding(raw, (name,), "pins.name", f"{name!r} is no name of a stage.", "Example: production")
        yield from _stage(raw, name)


def _stage(raw: RawContract, stage: str) -> Iterator[Finding]:
    pins = raw.data[stage]
    if not isinstance(pins, dict):
        message = "a stage maps components to versions."
        yield _finding(raw, (stage,), "pins.type", message, f"Example: {_EXAMPLE}")
        return
    for component, text in pins.items():
        yield from _component(raw, (stage, component))
        yield from _pin(raw, (stage, component), text, may_lack_digest=stage == UNRELEASED_STAGE)


def _component(raw: RawContract, path: KeyPath) -> Iterator[Finding]:
    if not NAME.fullmatch(str(path[-1])):
        message = f"{path[-1]!r} is no name of a component."
        yield _finding(raw, path, "pins.name", message, "Names have lower-case letters, digits and dashes.")


def _pin(raw: RawContract, path: KeyPath, text: Any, may_lack_digest: bool) -> Iterator[Finding]:
    match = PIN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        yield _finding(raw, path, "pins.version", f"{text!r} is no version with a digest.", f"Example: {_EXAMPLE}")
    elif match["digest"] is None and not may_lack_digest:
        message = f"{text} has no digest; only the stage {UNRELEASED_STAGE} may pin what is not released."
        remedy = f"Release it and write its digest, e.g. {path[-1]}: {text}@sha256:<64 hexadecimal digits>"
        yield _finding(raw, path, "pins.digest", message, remedy)


def _canaries(raw: RawContract) -> Iterator[Finding]:
    canaries = raw.data.get(CANARY_KEY, {})
    example = f"Example: recommender: {{version: 1.1.0@sha256:..., share: 0.1, salt: {'2026-11'!r}}}"
    if not isinstance(canaries, dict):
        yield _finding(raw, (CANARY_KEY,), "pins.type", "a mapping of components is expected.", example)
        return
    for component, canary in canaries.items():
        path = (CANARY_KEY, component)
        yield from _component(raw, path)
        if not isinstance(canary, dict) or set(canary) - {STAGE_KEY} != set(_CANARY_KEYS):
            keys = f"the keys are {', '.join(_CANARY_KEYS)} and, for another stage than {CANARY_STAGE}, {STAGE_KEY}."
            yield _finding(raw, path, "pins.canary", keys, example)
            continue
        yield from _canary_stage(raw, path, canary)
        yield from _pin(raw, (*path, "version"), canary["version"], may_lack_digest=False)
        share = canary["share"]
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            yield _finding(raw, (*path, "share"), "pins.canary", f"{share!r} is no share of the users.", "Example: 0.1")
        if not isinstance(canary["salt"], str | int) or canary["salt"] == "":
            yield _finding(raw, (*path, "salt"), "pins.canary", "a salt is a text.", "Example: '2026-11'")


def _canary_stage(raw: RawContract, path: KeyPath, canary: dict[str, Any]) -> Iterator[Finding]:
    """A canary is of a stage that pins its component in another version, and the only one there."""
    component = path[-1]
    stage = canary.get(STAGE_KEY, CANARY_STAGE)
    pins = raw.data.get(stage) if isinstance(stage, str) else None
    if stage in (REGISTRY_KEY, CANARY_KEY) or not isinstance(pins, dict):
        remedy = f"Name a stage of this file: {STAGE_KEY}: ..."
        yield _finding(raw, path, "pins.canary", f"there is no stage {stage!r} that it could be of.", remedy)
        return
    if component not in pins:
        yield _finding(raw, path, "pins.canary", f"the stage {stage} pins no {component}.", "Take the line out.")
    elif pins[component] == canary["version"]:
        message = f"it is the version that the stage {stage} pins: {canary['version']}."
        yield _finding(raw, path, "pins.canary", message, "Take the line out, or name another version.")
    others = [name for name, one in raw.data[CANARY_KEY].items() if isinstance(one, dict) and name != component]
    same = [name for name in others if raw.data[CANARY_KEY][name].get(STAGE_KEY, CANARY_STAGE) == stage]
    if same and list(raw.data[CANARY_KEY]).index(same[0]) < list(raw.data[CANARY_KEY]).index(component):
        message = f"the stage {stage} has a canary of {same[0]} already; two could not be told apart."
        yield _finding(raw, path, "pins.canary", message, "End the other first.")
