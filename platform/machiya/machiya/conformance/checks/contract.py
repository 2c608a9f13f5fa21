"""The contract: on the image, out of the image, in the image and in the folder, everywhere the same. And the labels."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from machiya.conformance.bench import Bench
from machiya.conformance.calls import seen_of
from machiya.conformance.check import Check, Result
from machiya.conformance.differences import first_difference
from machiya.conformance.verdict import Failure
from machiya.conformance.workspace import COMPONENT_FOLDER
from machiya.images import CONTRACT_LABEL, OCI_LABELS, OCI_PREFIX
from machiya_component.contract import (
    CONTRACT_FILE,
    Contract,
    ContractError,
    contract_from_json,
    contract_to_json,
    load_contract,
)

_BUILD = "Build the image with `machiya build FOLDER`: it sets the labels."


def _label(bench: Bench) -> Result:
    text = bench.image.labels.get(CONTRACT_LABEL)
    command = f"docker image inspect --format '{{{{index .Config.Labels \"{CONTRACT_LABEL}\"}}}}' {bench.reference}"
    if not text:
        return [Failure(message=f"the image has no label {CONTRACT_LABEL}.", remedy=_BUILD, command=command)]
    problems = _problems(text)
    return [Failure(message=f"the label: {problem}", remedy=_BUILD, command=command) for problem in problems]


def _problems(text: str) -> list[str]:
    """Why a text is not a contract in JSON."""
    try:
        json.loads(text)
        contract_from_json(text)
    except ContractError as error:
        return [str(finding) for finding in error.findings]
    except ValueError as error:
        return [f"it is not JSON: {error}."]
    return []


def _output(bench: Bench) -> Result:
    run = bench.printed_contract
    problems = [f"stdout: {one}" for one in _problems(run.stdout)]
    if run.exit_code != 0:
        problems = ["`contract` does not end with 0."]
    if problems:
        return [
            Failure(
                message=message,
                remedy="Print component.yaml as JSON, and nothing else; messages go to stderr. It needs no data.",
                command=bench.bare_command(("contract",)),
                expected="exit code 0, and nothing but the contract as JSON on stdout",
                seen=(*seen_of(run), f"stdout: {run.stdout[:80].strip() or '(nothing)'}"),
            )
            for message in problems
        ]
    return _same(bench, lambda: contract_from_json(run.stdout), "what `contract` prints")


def _baked(bench: Bench) -> Result:
    path = bench.component_folder / CONTRACT_FILE
    copy = "In the Dockerfile: COPY component.yaml /component/component.yaml"
    if not path.is_file():
        return [Failure(message=f"there is no {COMPONENT_FOLDER}/{CONTRACT_FILE} in the image.", remedy=copy)]
    return _same(bench, lambda: load_contract(path), f"{COMPONENT_FOLDER}/{CONTRACT_FILE} in the image")


def _source(bench: Bench) -> Result:
    assert bench.folder is not None
    path = bench.folder / CONTRACT_FILE
    return _same(bench, lambda: load_contract(path), str(path))


def _same(bench: Bench, read: Callable[[], Contract], what: str) -> list[Failure]:
    """No failure when a contract equals the one of the image, defaults filled in on both sides."""
    try:
        other = read()
    except ContractError as error:
        return [Failure(message=f"{what}: {one}", remedy="Correct component.yaml.") for one in error.findings]
    difference = first_difference(_plain(other), _plain(bench.promised))
    if not difference:
        return []
    message = f"{what} differs from the image's label {CONTRACT_LABEL}: {difference}"
    return [Failure(message=message, remedy="Make both from the same component.yaml: build the image again.")]


def _plain(contract: Contract) -> Any:
    return json.loads(contract_to_json(contract))


def _oci(bench: Bench) -> Result:
    labels = bench.image.labels
    command = f"docker image inspect --format '{{{{json .Config.Labels}}}}' {bench.reference}"
    failures = [
        Failure(message=f"the label {OCI_PREFIX}{name} is missing.", remedy=_BUILD, command=command)
        for name in OCI_LABELS
        if OCI_PREFIX + name not in labels
    ]
    wrong = _wrong_labels({name: labels.get(OCI_PREFIX + name) for name in OCI_LABELS}, bench.contract)
    return failures + [Failure(message=message, remedy=_BUILD, command=command) for message in wrong]


def _wrong_labels(values: dict[str, str | None], contract: Contract | None) -> list[str]:
    """Labels that are there and say something else than the contract, or nothing that can be understood."""
    wanted = {"title": contract.name, "version": contract.version} if contract else {}
    messages = [
        f"the label {OCI_PREFIX}{name} is {values[name]!r}, but the contract says {value!r}."
        for name, value in wanted.items()
        if values[name] not in (None, value)
    ]
    created = values["created"]
    if created is not None and not _is_time(created):
        messages.append(f"the label {OCI_PREFIX}created is {created!r}, not a time like 2026-11-22T09:30:00Z.")
    return messages


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


CHECKS = (
    Check("contract.label", "the label io.machiya.contract holds a valid contract", _label, "image"),
    Check("contract.output", "`contract` prints the same contract as JSON", _output, "contract"),
    Check("contract.baked", "/component/component.yaml in the image is the same contract", _baked, "contract"),
    Check("contract.source", "component.yaml in the folder is the same contract", _source, "folder"),
    Check("labels.oci", "the OCI labels say title, version, revision, source and time", _oci, "image"),
)
