"""Contracts copied from the folders of components to beside a workflow's pins, so that rendering needs nothing else."""

import json
from dataclasses import dataclass
from pathlib import Path

from machiya.errors import ArgumentsError
from machiya.images.revision import revision_of
from machiya.pins.load import contract_path
from machiya.pins.model import Pins
from machiya_component.contract import CONTRACT_FILE, load_contract, raw_contract_json


@dataclass(frozen=True)
class Vendored:
    """A contract that was copied: of which version, to where, and whether the file changed."""

    component: str
    version: str
    path: Path
    changed: bool


def vendor(workflow: Path, pins: Pins, component: Path) -> Vendored:
    """Copy the contract in the folder `component` to beside the pins of `workflow`, with the commit it is of.

    Raises:
        ArgumentsError: no stage pins this version.
        machiya_component.contract.ContractError: the contract is not valid.
    """
    source = component / CONTRACT_FILE
    contract = load_contract(source)
    name, version = contract.name, contract.version
    pinned = {stage: str(entry[name].version) for stage, entry in pins.stages.items() if name in entry}
    if version not in pinned.values() and not (name in pins.canary and pins.canary[name].pin.version == version):
        known = ", ".join(f"{pin} in {stage}" for stage, pin in pinned.items()) or "no version of it"
        message = f"{component} holds {name} {version}, which no stage of {pins.file} pins."
        raise ArgumentsError(message, f"Pinned: {known}. Change the pin, or name the folder of that version.")
    target = contract_path(workflow, name, version)
    text = json.dumps(json.loads(raw_contract_json(source)), ensure_ascii=False, indent=2) + "\n"
    changed = not target.is_file() or target.read_text(encoding="utf-8") != text
    if changed:
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    commit = target.with_suffix(".commit")
    if changed or not commit.is_file():
        _keep_commit(commit, component)
    return Vendored(name, version, target, changed)


def _keep_commit(file: Path, component: Path) -> None:
    commit = revision_of(component).commit
    if commit and not commit.endswith("-dirty"):
        file.write_text(commit + "\n", encoding="utf-8")
    else:
        file.unlink(missing_ok=True)
