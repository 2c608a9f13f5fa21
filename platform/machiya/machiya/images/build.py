"""From the folder of a component to its image."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from machiya.containers import BuildRequest, ContainerEngine
from machiya.errors import BuildError, ContractError, NotFoundError
from machiya.images.kit_wheel import put_kit_wheel
from machiya.images.labels import labels_of
from machiya.images.revision import Revision, revision_of
from machiya_component.contract import CONTRACT_FILE, Contract, check_contract, load_contract

DEFAULT_BASE = "python:3.11-slim-bookworm"
LOCAL_BASE = "machiya/base:bookworm"
"""What platform/base/build.sh makes, where no registry can be reached."""
BASE_VARIABLE = "MACHIYA_BASE_IMAGE"

_SHOWN_LINES = 25


@dataclass(frozen=True)
class BuiltImage:
    """What a build made. ``notes`` are choices that the builder made and the caller should hear of."""

    id: str
    tag: str
    contract: Contract
    revision: str
    base: str
    notes: tuple[str, ...] = ()


def build(
    folder: Path,
    engine: ContainerEngine,
    *,
    base: str | None = None,
    tag: str | None = None,
    cache: bool = True,
    on_line: Callable[[str], None] = lambda _line: None,
) -> BuiltImage:
    """Build the image of a component and tag it ``machiya/NAME:VERSION``.

    Every line of the engine's log goes to ``on_line``. Raises NotFoundError when the folder is no component,
    ContractError with every finding, BuildError with the end of the log, and EngineError when the engine fails.
    """
    contract = checked_contract(folder)
    base, notes = choose_base(engine, base)
    wheels = folder / "wheels"
    if wheels.is_dir() and (wheel := put_kit_wheel(wheels)):
        notes += (f"the kit is built from its source folder: wheels/{wheel.name}",)
    revision = revision_of(folder)
    request = BuildRequest(
        folder=folder,
        tag=tag or f"machiya/{contract.name}:{contract.version}",
        arguments={"BASE_IMAGE": base, "REVISION": revision.commit},
        labels=labels_of(contract, revision, datetime.now(UTC)),
        cache=cache,
    )
    identifier = _run(engine, request, on_line)
    return BuiltImage(identifier, request.tag, contract, revision.commit, base, (*notes, *_revision_notes(revision)))


def checked_contract(folder: Path) -> Contract:
    """The contract of a folder. Raises NotFoundError or ContractError, the latter with all findings in its text."""
    for needed in (CONTRACT_FILE, "Dockerfile"):
        if not (folder / needed).is_file():
            raise NotFoundError(
                f"{folder} is not the folder of a component: it has no {needed}.",
                "Name a folder that has one, or make a component with `machiya new NAME`.",
            )
    findings = check_contract(folder)
    if findings:
        listing = "\n".join(f"  {finding}" for finding in findings)
        raise ContractError(f"{folder / CONTRACT_FILE} has {len(findings)} finding(s):\n{listing}", "Correct them all.")
    return load_contract(folder)


def choose_base(engine: ContainerEngine, asked: str | None) -> tuple[str, tuple[str, ...]]:
    """The base image (asked for, MACHIYA_BASE_IMAGE, the default, or the local one), and what to say of the choice."""
    named = asked or os.environ.get(BASE_VARIABLE)
    if named:
        return named, ()
    if not engine.exists(DEFAULT_BASE) and engine.exists(LOCAL_BASE):
        return LOCAL_BASE, (f"the base is {LOCAL_BASE}: it is on this machine, and {DEFAULT_BASE} is not",)
    return DEFAULT_BASE, ()


def _run(engine: ContainerEngine, request: BuildRequest, on_line: Callable[[str], None]) -> str:
    """Build, keeping the end of the log for the error."""
    tail: deque[str] = deque(maxlen=_SHOWN_LINES)

    def keep(line: str) -> None:
        tail.append(line)
        on_line(line)

    try:
        return engine.build(request, keep)
    except BuildError as error:
        log = "\n".join(f"  | {line}" for line in tail if line.strip())
        raise BuildError(
            f"the image of {request.folder} could not be built. The end of the log:\n{log}\n{error.message}",
            f"{_advice(error.message, chr(10).join(tail))} See all of it: machiya build --verbose {request.folder}",
        ) from error


def _advice(message: str, log: str) -> str:
    """What is most likely to help, by what the log says."""
    text = f"{message}\n{log}"
    if "pull access denied" in text or "manifest unknown" in text or "registry" in message:
        return (
            "The base image cannot be fetched: check the network, or make one from Debian packages with "
            f"platform/base/build.sh and name it: --base-image {LOCAL_BASE}."
        )
    if "hashes are required" in text or "do not match the hashes" in text.lower():
        return "requirements.lock and the package index disagree: make the lock again (`make lock`)."
    if "No matching distribution found" in text:
        return "A library is not on the package index in that version: check requirements.lock and pyproject.toml."
    return "The line above the error says which step of the Dockerfile failed."


def _revision_notes(revision: Revision) -> tuple[str, ...]:
    if not revision.commit:
        return ("the folder is not in git: the label for the revision is empty",)
    if revision.commit.endswith("-dirty"):
        return ("the folder has changes that are not committed: the revision ends in -dirty",)
    return ()
