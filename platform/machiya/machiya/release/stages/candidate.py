"""A released version of a component, as the registry has it: digest, contract, commit, and the verdict on its image."""

from dataclasses import dataclass
from difflib import get_close_matches

from machiya.errors import ArgumentsError, ContractError, MachiyaError, NotFoundError
from machiya.images import CONTRACT_LABEL, OCI_PREFIX
from machiya.pins import Pin, Pins, parse_pin
from machiya.release.contracts import parse_version
from machiya.release.registry import Image, Registry, Repository
from machiya.release.statements import TestResult, verdict_of
from machiya_component.contract import Contract, contract_from_json
from machiya_component.contract import ContractError as KitContractError


@dataclass(frozen=True)
class Candidate:
    """A version with its digest, and what its image says of itself.

    ``verdict`` is what the conformance suite said of this digest; None where nobody stated it. ``contract_text`` is
    the label of the image.
    """

    component: str
    pin: Pin
    image: str
    contract: Contract
    contract_text: str
    commit: str = ""
    created: str = ""
    verdict: TestResult | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Component and version."""
        return self.component, self.pin.version


def registry_of(pins: Pins) -> Registry:
    """The registry that the pins name.

    Raises:
        ArgumentsError: it is none that could be asked.
    """
    from machiya.release.registry import open_registry

    try:
        return open_registry(pins.registry)
    except ArgumentsError as error:
        message = f"{pins.file}: registry: {error.message}"
        remedy = f"Write where components are released to, e.g. registry: ghcr.io/acme\n{error.remedy}"
        raise ArgumentsError(message, remedy) from error


def find_candidate(registry: Registry, component: str, text: str, *, tag_must_agree: bool = True) -> Candidate:
    """The version that a text names: ``1.1.0``, or ``1.1.0@sha256:...``.

    Args:
        registry: where components are released.
        component: its name.
        text: a version, or a version with a digest.
        tag_must_agree: whether the tag has to point at the digest, where one is given.

    Raises:
        ArgumentsError: the text is no version.
        NotFoundError: the version, or the digest, is not in the registry.
        ContractError: the tag points elsewhere, or the image is not that of this component and version.
        RegistryError, AccessError: the registry does not answer, or refuses.
    """
    pin = _parsed(component, text)
    repository = registry.repository(component)
    found = repository.digest(pin.version)
    if pin.digest is None and found is None:
        raise _not_released(repository, component, pin.version)
    if tag_must_agree and pin.digest is not None and found != pin.digest:
        raise tag_moved(repository.name, pin, found)
    digest = pin.digest or str(found)
    image = repository.image(digest)
    contract, label = _contract(repository, pin, image)
    return Candidate(
        component,
        Pin(pin.version, digest),
        f"{repository.name}:{pin.version}@{digest}",
        contract,
        label,
        image.labels.get(f"{OCI_PREFIX}revision", ""),
        image.labels.get(f"{OCI_PREFIX}created", image.created),
        verdict_of(repository, digest),
    )


def tag_moved(name: str, pin: Pin, found: str | None) -> MachiyaError:
    """The error for a tag that does not point at the digest that was given or is pinned."""
    if found is None:
        return NotFoundError(
            f"{name} has no tag {pin.version} any more; what was pinned is {pin.digest}.",
            "Somebody removed it. Ask who released it, or go back: machiya rollback",
        )
    return ContractError(
        f"{name}:{pin.version} is {found} now, not {pin.digest}: the tag was moved.",
        "A version never changes its digest. Ask who moved it; what is pinned by digest still runs.",
    )


def _parsed(component: str, text: str) -> Pin:
    try:
        return parse_pin(text)
    except ValueError as error:
        raise ArgumentsError(
            f"{text!r} is no version.", f"Example: machiya bump WORKFLOW {component} 1.1.0, or 1.1.0@sha256:<64 digits>"
        ) from error


def _not_released(repository: Repository, component: str, version: str) -> NotFoundError:
    versions = sorted(filter(None, map(parse_version, repository.tags())), reverse=True)
    known = [str(one) for one in versions]
    close = get_close_matches(version, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    if not known:
        remedy = f"Nothing of it is. Release it: machiya release FOLDER of {component}"
    else:
        remedy = f"{hint}Released: {', '.join(known[:10])}. All of them: machiya releases {component}"
    return NotFoundError(f"{component} {version} is not released: {repository.name} has no such tag.", remedy)


def _contract(repository: Repository, pin: Pin, image: Image) -> tuple[Contract, str]:
    where = f"{repository.name}:{pin.version}@{image.digest}"
    label = image.labels.get(CONTRACT_LABEL)
    if label is None:
        message = f"{where} carries no contract in its label {CONTRACT_LABEL}."
        raise ContractError(message, "It was not built by Machiya: machiya release FOLDER")
    try:
        contract = contract_from_json(label)
    except KitContractError as error:
        raise ContractError(f"the contract of {where} is not valid: {error.message}", error.remedy) from error
    component = repository.name.rpartition("/")[2]
    if (contract.name, contract.version) != (component, pin.version):
        raise ContractError(
            f"{where} holds {contract.name} {contract.version}, not {component} {pin.version}.",
            "Do not use it: its tag is not that of what is in it. Ask who released it.",
        )
    return contract, label
