"""What is kept beside the pins and follows from them: contracts of the pinned versions, and rendered manifests."""

from collections.abc import Iterator
from pathlib import Path

from machiya.dsl import WorkflowError
from machiya.errors import MachiyaError
from machiya.manifest.render import RENDERED_FOLDER, rendered
from machiya.pins import Pins, contract_path, vendored_contract
from machiya.release.stages.checks.lines import Lines, PinnedLine, fetch_again, pinned_lines
from machiya.release.stages.derive import superfluous
from machiya_component.findings import Finding


def check_digests(pins: Pins, lines: Lines) -> Iterator[Finding]:
    """A version has one digest, wherever it is pinned."""
    first: dict[tuple[str, str], PinnedLine] = {}
    for one in pinned_lines(pins, lines):
        known = first.setdefault((one.component, one.pin.version), one) if one.pin.digest else one
        if known.pin.digest != one.pin.digest:
            message = f"{one.component} {one.pin.version} has another digest here than in line {known.line}."
            remedy = f"A version never changes its digest: `machiya releases {one.component}` tells which is right."
            yield Finding("pins.two-digests", message, remedy, one.where, str(pins.file), one.line)


def check_contracts(folder: Path, pins: Pins, lines: Lines) -> Iterator[Finding]:
    """A contract for each pinned version, and none besides."""
    seen: set[tuple[str, str]] = set()
    for one in pinned_lines(pins, lines):
        version = (one.component, one.pin.version)
        if version not in seen:
            seen.add(version)
            yield from _contract(folder, pins, one)
    for path in superfluous(folder, pins):
        yield Finding(
            "contract.superfluous", "no pin needs it any more.", f"Remove it: git rm -f {path}", "", str(path)
        )


def _contract(folder: Path, pins: Pins, one: PinnedLine) -> Iterator[Finding]:
    try:
        vendored_contract(folder, one.component, one.pin.version)
    except MachiyaError as error:
        path = contract_path(folder, one.component, one.pin.version)
        remedy = fetch_again(pins, one) if one.pin.digest else _copy(folder, one)
        if path.exists():
            yield Finding("contract.invalid", error.message, remedy, one.where, str(path), 1)
        else:
            message = f"its contract is not kept: {path} is not there."
            yield Finding("contract.missing", message, remedy, one.where, str(pins.file), one.line)


def _copy(folder: Path, one: PinnedLine) -> str:
    return f"Copy it: machiya vendor {folder.resolve().name} FOLDER of {one.component} {one.pin.version}"


def check_manifests(folder: Path, pins: Pins) -> Iterator[Finding]:
    """The manifest of each stage as it is rendered now, and none besides."""
    name = folder.resolve().name
    for stage in pins.stages:
        path = folder / RENDERED_FOLDER / f"{stage}.yaml"
        try:
            manifest = rendered(folder, pins, stage)
        except WorkflowError as error:
            yield from (finding for finding in error.findings if finding.rule != "workflow.contract")
            continue
        except MachiyaError as error:
            yield Finding("workflow.file", error.message, error.remedy, stage, str(folder / "workflow.py"))
            continue
        if manifest.is_stale:
            what = "is not as it is rendered now" if manifest.kept is not None else "is not there"
            remedy = f"Render it: machiya render {name} --stage {stage}"
            yield Finding("rendered.stale", f"the manifest of {stage} {what}.", remedy, stage, str(path))
    for path in sorted((folder / RENDERED_FOLDER).glob("*.yaml")):
        if path.stem not in pins.stages:
            message = f"there is no stage {path.stem} any more."
            yield Finding("rendered.superfluous", message, f"Remove it: git rm {path}", path.stem, str(path))
