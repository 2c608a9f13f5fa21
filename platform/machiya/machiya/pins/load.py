"""``pins.yaml`` and the contracts of the pinned versions beside it, read from a workflow's folder."""

from pathlib import Path
from typing import Any

from machiya.errors import ContractError, NotFoundError
from machiya.pins.model import CANARY_STAGE, PINS_FILE, CanaryPin, Pin, Pins, PinsError
from machiya.pins.validate import CANARY_KEY, PIN, REGISTRY_KEY, validate
from machiya_component.contract import Contract, contract_from_json
from machiya_component.contract import ContractError as KitContractError
from machiya_component.contract.parse import RawContract, parse_file, parse_text

CONTRACTS_FOLDER = "contracts"


def load_pins(folder: Path) -> Pins:
    """The pins of the workflow in `folder`.

    Raises:
        PinsError: the file is not there or not valid; it has every finding.
    """
    file = folder / PINS_FILE
    return _completed(parse_file(file), file)


def parse_pins(text: str, file: Path) -> Pins:
    """The pins of a text that is, or will be, that of `file`. Raises as `load_pins`."""
    return _completed(parse_text(text, str(file)), file)


def _completed(raw: RawContract, file: Path) -> Pins:
    findings = validate(raw)
    if findings:
        raise PinsError(str(file), findings)
    stages = {name: _stage(pins) for name, pins in raw.data.items() if name not in (REGISTRY_KEY, CANARY_KEY)}
    canaries = {name: _canary(canary) for name, canary in raw.data.get(CANARY_KEY, {}).items()}
    return Pins(file, raw.data[REGISTRY_KEY], stages, canaries)


def _stage(pins: dict[str, str]) -> dict[str, Pin]:
    return {component: parse_pin(text) for component, text in pins.items()}


def parse_pin(text: str) -> Pin:
    """``1.0.0@sha256:...`` or ``1.0.0`` -> a pin; ``ValueError`` for anything else."""
    match = PIN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no version with a digest")
    return Pin(match["version"], match["digest"])


def _canary(canary: dict[str, Any]) -> CanaryPin:
    return CanaryPin(
        parse_pin(canary["version"]), float(canary["share"]), str(canary["salt"]), canary.get("stage", CANARY_STAGE)
    )


def contract_path(folder: Path, component: str, version: str) -> Path:
    """Where the contract of a pinned version is kept."""
    return folder / CONTRACTS_FOLDER / f"{component}-{version}.json"


def vendored_contract(folder: Path, component: str, version: str) -> Contract:
    """The contract of a pinned version, kept beside the pins.

    Raises:
        NotFoundError: it is not kept there.
        ContractError: it is not valid, or that of another component or version.
    """
    file = contract_path(folder, component, version)
    remedy = f"Fetch it again: machiya vendor {folder} FOLDER, where FOLDER holds {component} {version}."
    try:
        contract = contract_from_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(
            f"The contract of {component} {version} is not kept: {file} is not there.", remedy
        ) from error
    except KitContractError as error:
        details = "\n".join(map(str, error.findings))
        raise ContractError(f"{file}: {error.message}", f"{details}\n{remedy}") from error
    if (contract.name, contract.version) != (component, version):
        raise ContractError(f"{file} holds the contract of {contract.name} {contract.version}.", remedy)
    return contract


def vendored_commit(folder: Path, component: str, version: str) -> str:
    """The commit that a vendored contract was taken from; empty where it is not known."""
    file = contract_path(folder, component, version).with_suffix(".commit")
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""
