"""A text of pins -> every file that follows from it: contracts that are kept, and rendered manifests."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from machiya.dsl import load_workflow
from machiya.errors import CheckError
from machiya.manifest.lint import lint
from machiya.manifest.render import RENDERED_FOLDER, render
from machiya.pins import Pins, contract_path, parse_pins
from machiya.pins.load import CONTRACTS_FOLDER
from machiya.pins.model import listed
from machiya.release.stages.candidate import Candidate
from machiya.release.stages.edits import Edit, edit_to, read_text
from machiya_component.contract import Contract, contract_from_json
from machiya_component.contract import ContractError as KitContractError


def derive(file: Path, text: str, candidates: Sequence[Candidate], stages: Collection[str] = ()) -> list[Edit]:
    """All edits that a new text of the pins brings; nothing is written.

    Args:
        file: the pins.
        text: what is to stand there.
        candidates: versions that it pins, and whose contracts may not be kept yet.
        stages: those to render besides the ones that pin a candidate.

    Raises:
        PinsError, WorkflowError: the text is not valid, or the workflow cannot be read with it.
        CheckError: a manifest would not be one that Argo takes.
    """
    pins = parse_pins(text, file)
    concerned = [stage for stage in pins.stages if stage in stages or _concerns(pins, stage, candidates)]
    kept = {candidate.key: list(kept_edits(file.parent, candidate)) for candidate in candidates}
    return [
        *(edit for edits in kept.values() for edit in edits),
        *_rendered(pins, concerned, kept),
        edit_to(file, text),
        *(edit_to(path, None) for path in superfluous(file.parent, pins)),
    ]


def _concerns(pins: Pins, stage: str, candidates: Sequence[Candidate]) -> bool:
    pinned = pinned_versions(pins, stage)
    return any(candidate.key in pinned for candidate in candidates)


def pinned_versions(pins: Pins, stage: str | None = None) -> set[tuple[str, str]]:
    """Components and versions that the pins name, canaries included: of one stage, or of all."""
    stages = pins.stages if stage is None else {stage: pins.stages[stage]}
    found = {(component, pin.version) for one in stages.values() for component, pin in one.items()}
    return found | {(name, one.pin.version) for name, one in pins.canary.items() if stage in (None, one.stage)}


def kept_edits(folder: Path, candidate: Candidate) -> Iterator[Edit]:
    """The contract of a version beside the pins, and the commit it is of. What says the same is left as it is."""
    path = contract_path(folder, *candidate.key)
    before = read_text(path)
    same = before is not None and _same(before, candidate.contract)
    yield Edit(path, before, before if same else kept_text(candidate.contract_text))
    commit = candidate.commit if candidate.commit and not candidate.commit.endswith("-dirty") else None
    yield edit_to(path.with_suffix(".commit"), f"{commit}\n" if commit else None)


def kept_text(label: str) -> str:
    """A contract as it is kept: one value in a line, so that git shows what changes."""
    return json.dumps(json.loads(label), ensure_ascii=False, indent=2) + "\n"


def _same(text: str, contract: Contract) -> bool:
    try:
        return contract_from_json(text) == contract
    except KitContractError:
        return False


def superfluous(folder: Path, pins: Pins) -> list[Path]:
    """Files among the kept contracts that no pin needs."""
    needed = {contract_path(folder, *one).with_suffix(end) for one in pinned_versions(pins) for end in _ENDINGS}
    there = (path for path in (folder / CONTRACTS_FOLDER).glob("*") if path.suffix in _ENDINGS)
    return sorted(path for path in there if path not in needed)


_ENDINGS = (".json", ".commit")


def _rendered(pins: Pins, stages: Sequence[str], edits: Mapping[tuple[str, str], Sequence[Edit]]) -> Iterator[Edit]:
    """Rendered with what will be kept: equal contracts may have their parameters in another order."""
    contracts = {key: contract_from_json(contract.after or "") for key, (contract, _) in edits.items()}
    commits = {key: (commit.after or "").strip() for key, (_, commit) in edits.items()}
    for stage in stages:
        path = pins.file.parent / RENDERED_FOLDER / f"{stage}.yaml"
        text = rendered_text(pins, stage, contracts, commits)
        _check(path, text)
        yield edit_to(path, text)


def rendered_text(
    pins: Pins,
    stage: str,
    kept: Mapping[tuple[str, str], Contract] | None = None,
    commits: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """The manifest of a stage with these pins."""
    return render(load_workflow(pins.file.parent, stage, pins, kept=kept), pins, commits)


def _check(path: Path, text: str) -> None:
    findings = lint([(str(path), text)])
    if findings:
        message = f"{path} would not be a manifest that Argo takes."
        raise CheckError(message, f"{listed(findings)}\nNothing was changed.")
