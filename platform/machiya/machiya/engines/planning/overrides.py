"""``--with NAME=FOLDER|IMAGE``: a component that is replaced for one run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from machiya.errors import ArgumentsError, ContractError, NotFoundError
from machiya_component.contract import CONTRACT_FILE, Contract, check_contract, contract_from_json, load_contract
from machiya_component.contract import ContractError as KitContractError

FORM = "Example: --with recommender=components/recommender, or --with recommender=machiya/recommender:1.1.0"

Labels = Callable[[str], str | None]
"""The contract that an image carries in its label, None where it carries none; raises NotFoundError for no image."""


@dataclass(frozen=True)
class Override:
    """What stands in for a pin: the folder of a working copy, or an image."""

    component: str
    contract: Contract
    folder: Path | None = None
    image: str | None = None

    @property
    def source(self) -> str:
        """As it was named."""
        return str(self.folder) if self.folder is not None else str(self.image)


def parse_override(text: str, contract_label: Labels) -> Override:
    """``NAME=FOLDER`` or ``NAME=IMAGE``, with the contract that it brings.

    What has a component.yaml is a folder; anything else is the name of an image.

    Raises:
        ArgumentsError: the form is another, or what is named is another component.
        ContractError: the contract of the folder has findings.
        NotFoundError: there is no such folder or image.
    """
    name, equals, source = text.partition("=")
    if not equals or not name or not source:
        raise ArgumentsError(f"--with {text}: the form is NAME=FOLDER or NAME=IMAGE.", FORM)
    if Path(source).is_dir():
        return _checked(Override(name, _folder_contract(Path(source)), folder=Path(source)))
    if source.startswith((".", "/", "~")):
        raise NotFoundError(f"--with {text}: there is no folder {source}.", FORM)
    try:
        contract = _image_contract(source, contract_label)
    except NotFoundError as error:
        raise NotFoundError(f"--with {text}: there is no folder {source} here, and {error.message}", FORM) from error
    return _checked(Override(name, contract, image=source))


def _checked(override: Override) -> Override:
    if override.contract.name != override.component:
        raise ArgumentsError(
            f"--with {override.component}={override.source}: that is the component {override.contract.name}.",
            f"Write --with {override.contract.name}={override.source}, or name another folder or image.",
        )
    return override


def _folder_contract(folder: Path) -> Contract:
    if not (folder / CONTRACT_FILE).is_file():
        raise NotFoundError(f"{folder} holds no {CONTRACT_FILE}.", "Name the folder of a component.")
    findings = check_contract(folder)
    if findings:
        listed = "\n".join(map(str, findings))
        raise ContractError(f"{folder / CONTRACT_FILE} breaks the rules of the contract.", listed)
    return load_contract(folder)


def _image_contract(image: str, contract_label: Labels) -> Contract:
    text = contract_label(image)
    if text is None:
        raise ContractError(
            f"the image {image} carries no contract in its label io.machiya.contract.",
            "Name the image of a component; `machiya build` makes one.",
        )
    try:
        return contract_from_json(text)
    except KitContractError as error:
        raise ContractError(f"the contract of the image {image} is not valid: {error.message}", error.remedy) from error
