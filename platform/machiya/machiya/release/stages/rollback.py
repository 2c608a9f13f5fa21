"""`machiya rollback`: the pin before this one, from the history of the file, and what that means for the next run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from machiya.errors import ContractError, NotFoundError
from machiya.pins import Pin, contract_path
from machiya.pins.edit import waivers_of, with_pin, without_canary
from machiya.release.registry import Registry
from machiya.release.stages import git
from machiya.release.stages.bump import ends_canary
from machiya.release.stages.candidate import Candidate, find_candidate, registry_of
from machiya.release.stages.choices import checked_stage, pinned, served_stage
from machiya.release.stages.decision import Decision, Opened, Waivers, check_needed, decide, new_waivers, open_pins
from machiya.release.stages.history import LineChange, Past, changes_of, past_of
from machiya.release.stages.reuse import after_the_change
from machiya_component.contract import ContractError as KitContractError
from machiya_component.contract import contract_from_json


def rollback(
    folder: Path,
    component: str,
    stage: str | None = None,
    version: str | None = None,
    waive: Sequence[tuple[str, str]] = (),
    registry: Registry | None = None,
    home: Path | None = None,
) -> Decision:
    """Decide on the pin that a line had before; nothing is written yet.

    After a `git revert` of the line there is nothing to change in it: then the pin that is there is checked as one that
    was gone back to, and what follows from it is brought up to date.

    Args:
        folder: of the workflow.
        component: its name.
        stage: ``production`` where none is named, if there is one.
        version: which of the earlier versions; the one before this where none is named.
        waive: rules that may be broken, each with the reason.
        registry: the one that the pins name, if none is given.
        home: where runs are remembered, to tell what will be computed again.

    Raises:
        NotFoundError: there is no earlier pin, or its image is not in the registry any more.
        RefusedError: the workflow of today does not work with it.
    """
    opened = open_pins(folder)
    chosen = checked_stage(opened.pins, stage, served_stage(opened.pins))
    pinned(opened.pins, chosen, component)
    changes = changes_of(opened, chosen, component)
    past = past_of(changes)
    if version is not None:
        target, notes = _named(changes, component, version, chosen)
    else:
        target, notes = _before(past, component, chosen)
    given = new_waivers(folder, waive)
    candidate, more = _candidate(opened, component, target, registry)
    ends = ends_canary(opened.pins, chosen, candidate)
    is_pinned = target.pin == past.current.pin

    def change(text: str, needed: Waivers) -> str:
        text = without_canary(text, component) if ends else text
        return text if is_pinned else with_pin(text, chosen, component, target.pin, needed.get(component, ()))

    waivers = {component: [*given, *waivers_of(target.text, chosen, component)]}
    summary = f"Go back to {component} {target.pin.version} in {chosen} of {opened.name}"
    told = [*notes, *more, *([] if ends else _still_tried(opened, chosen, component))]
    decision = decide(opened, chosen, [candidate], change, waivers, summary, told, verdict_needed=False)
    check_needed(decision, given)
    reused = after_the_change(decision, chosen, component, home) if home is not None else ()
    return replace(decision, notes=(*decision.notes, *reused))


def _still_tried(opened: Opened, stage: str, component: str) -> list[str]:
    """A canary that is there, maybe again: the way back for all users does not end with the line."""
    canary = opened.pins.canary.get(component)
    if canary is None or canary.stage != stage:
        return []
    what = f"{component} {canary.pin.version} is the canary, for {canary.share:.4g} of the users"
    return [f"{what}; to end that: machiya canary {opened.name} {component} --end"]


def _named(changes: Sequence[LineChange], component: str, version: str, stage: str) -> tuple[LineChange, list[str]]:
    """A version that was pinned at any time, also one that was undone."""
    found = next((one for one in changes if version in (one.pin.version, str(one.pin))), None)
    if found is None:
        known = ", ".join(dict.fromkeys(one.pin.version for one in changes))
        message = f"{stage} never pinned {component} {version}."
        raise NotFoundError(message, f"It pinned: {known}. Any released version: machiya bump")
    return found, [f"pinned before, since {found.since}"]


def _before(past: Past, component: str, stage: str) -> tuple[LineChange, list[str]]:
    if past.undone is not None:
        current = past.current
        return current, [f"{stage} is back already, from {past.undone.pin.version}: {component} {current.pin.version}"]
    if not past.earlier:
        message = f"git remembers no other pin of {component} in {stage} before {past.current.pin.version}."
        raise NotFoundError(message, "Any released version: machiya bump")
    return past.earlier[0], [f"pinned before, since {past.earlier[0].since}"]


def _candidate(
    opened: Opened, component: str, target: LineChange, registry: Registry | None
) -> tuple[Candidate, list[str]]:
    """The version as the registry has it; of one that was never released, as git has it."""
    if target.pin.digest is None:
        return _unreleased(opened, component, target.pin), [
            f"{component} {target.pin.version} is not released: what runs is the working copy as it is now"
        ]
    asked = registry or registry_of(opened.pins)
    candidate = find_candidate(asked, component, str(target.pin), tag_must_agree=False)
    found = asked.repository(component).digest(target.pin.version)
    notes = [] if found == target.pin.digest else [_moved(component, target.pin, found)]
    if candidate.verdict is None or not candidate.verdict.passed:
        said = candidate.verdict.text if candidate.verdict else "not stated"
        notes.append(f"conformance of {component} {target.pin.version}: {said}; it ran before, so this is no reason")
    return candidate, notes


def _moved(component: str, pin: Pin, found: str | None) -> str:
    now = f"points at {found}" if found else "is not there any more"
    return f"the tag {pin.version} of {component} {now}; the digest that was pinned is used"


def _unreleased(opened: Opened, component: str, pin: Pin) -> Candidate:
    path = contract_path(opened.folder, component, pin.version)
    texts = [path.read_text(encoding="utf-8")] if path.is_file() else []
    texts += [text for _, text in git.texts_of(path) if text]
    for text in texts:
        try:
            contract = contract_from_json(text)
        except (KitContractError, ValueError):
            continue
        return Candidate(component, pin, f"{component}:{pin.version}", contract, text)
    message = f"the contract of {component} {pin.version}, which was never released, is not kept, nor in git."
    raise ContractError(message, f"Take a released version: machiya bump {opened.name} {component} VERSION")
