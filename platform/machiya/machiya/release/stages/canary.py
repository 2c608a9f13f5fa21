"""`machiya canary`: a version for a share of the users of a stage, another share, and its end."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from machiya.errors import ArgumentsError, NotFoundError
from machiya.pins import CanaryPin, Pins
from machiya.pins.edit import waivers_of, with_canary, without_canary
from machiya.pins.validate import CANARY_KEY
from machiya.release.registry import Registry
from machiya.release.stages.candidate import Candidate, find_candidate, registry_of
from machiya.release.stages.choices import checked_stage, pinned, served_stage
from machiya.release.stages.decision import (
    Decision,
    Opened,
    Waivers,
    check_needed,
    decide,
    new_waivers,
    open_pins,
)
from machiya.release.stages.derive import derive

_SHARE = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<percent>\s*%)?")
_SALT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def parse_share(text: str, workflow: str, component: str, version: str) -> float:
    """``10%`` or ``0.1`` -> 0.1.

    Raises:
        ArgumentsError: it is no share, or nobody's or everybody's; the remedy says what to do instead.
    """
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        raise ArgumentsError(f"--share {text!r} is no share of the users.", "Example: --share 10%, or --share 0.1")
    share = round(float(match["number"]) / (100 if match["percent"] else 1), 6)
    if share == 0:
        message = f"a share of {text} is nobody: that is no canary."
        raise ArgumentsError(message, f"To end one: machiya canary {workflow} {component} --end")
    if share == 1:
        message = f"a share of {text} is everybody: that is no canary."
        raise ArgumentsError(message, f"For all users: machiya bump {workflow} {component} {version} --stage STAGE")
    if share > 1:
        hint = f"Did you mean {text}%?" if not match["percent"] and share < 100 else "Example: --share 10%"
        raise ArgumentsError(f"--share {text} is more than everybody.", hint)
    return share


def canary(
    folder: Path,
    component: str,
    version: str | None,
    share: str,
    salt: str | None = None,
    stage: str | None = None,
    waive: Sequence[tuple[str, str]] = (),
    registry: Registry | None = None,
) -> Decision:
    """Decide on a version for a share of the users; nothing is written yet.

    Args:
        folder: of the workflow.
        component: its name.
        version: which; None: that of the canary that is there, whose share changes.
        share: of the users, ``10%``.
        salt: decides which users; that of the canary of this version where there is one, else one of its own.
        stage: ``production`` where none is named, if there is one.
        waive: rules that may be broken, each with the reason.
        registry: the one that the pins name, if none is given.

    Raises:
        ArgumentsError: the share is nobody's or everybody's, or the version that of the stage.
        RefusedError: with every reason against the version.
    """
    opened = open_pins(folder)
    known = opened.pins.canary.get(component)
    chosen = checked_stage(opened.pins, stage, known.stage if known else served_stage(opened.pins))
    named = version or str(running_canary(opened, component).pin)
    number = parse_share(share, opened.name, component, named.partition("@")[0])
    _check_alone(opened, chosen, component)
    given = new_waivers(folder, waive)
    candidate = find_candidate(registry or registry_of(opened.pins), component, named)
    _check_other(opened.pins, chosen, candidate, opened.name)
    same = known is not None and known.pin == candidate.pin
    pin = CanaryPin(candidate.pin, number, _salt(salt, known if same else None, candidate), chosen)

    def change(text: str, needed: Waivers) -> str:
        return with_canary(text, component, pin, needed.get(component, ()))

    waivers = {component: [*given, *(waivers_of(opened.text, CANARY_KEY, component) if same else ())]}
    summary = f"Give {component} {candidate.pin.version} to {number:.4g} of the users of {chosen} of {opened.name}"
    decision = decide(opened, chosen, [candidate], change, waivers, summary, _notes(known, pin, same))
    check_needed(decision, given)
    return decision


def end_canary(folder: Path, component: str) -> Decision:
    """Decide to take the canary of a component out; all users get what the stage pins. Needs no registry.

    Raises:
        NotFoundError: there is none.
    """
    opened = open_pins(folder)
    running = running_canary(opened, component)
    text = without_canary(opened.text, component)
    edits = derive(opened.pins.file, text, [], [running.stage])
    stable = opened.pins.stages[running.stage][component]
    summary = f"End the canary of {component} {running.pin.version} in {running.stage} of {opened.name}"
    return Decision(folder, summary, (), tuple(edits), (f"all users get {component} {stable.version}",))


def with_share(opened: Opened, component: str, share: float) -> Decision:
    """Decide on another share for the canary that is there; its version was assessed when it became one."""
    running = running_canary(opened, component)
    waivers = waivers_of(opened.text, CANARY_KEY, component)
    text = with_canary(opened.text, component, replace(running, share=share), waivers)
    edits = derive(opened.pins.file, text, [], [running.stage])
    version = running.pin.version
    summary = f"Give {component} {version} to {share:.4g} of the users of {running.stage} of {opened.name}"
    return Decision(opened.folder, summary, (), tuple(edits))


def running_canary(opened: Opened, component: str) -> CanaryPin:
    """The canary of a component; NotFoundError where there is none."""
    if component in opened.pins.canary:
        return opened.pins.canary[component]
    known = ", ".join(opened.pins.canary) or "none"
    message = f"{opened.pins.file} has no canary of {component}."
    raise NotFoundError(message, f"Canaries: {known}. Begin one: machiya canary {opened.name} {component} VERSION")


def _check_alone(opened: Opened, stage: str, component: str) -> None:
    """Two canaries at one stage could not be told apart."""
    pinned(opened.pins, stage, component)
    other = opened.pins.canary_of(stage)
    if other is not None and other[0] != component:
        message = f"the stage {stage} has a canary of {other[0]} already; two could not be told apart."
        raise ArgumentsError(message, f"End it first: machiya canary {opened.name} {other[0]} --end")


def _check_other(pins: Pins, stage: str, candidate: Candidate, workflow: str) -> None:
    component = candidate.component
    if pins.stages[stage].get(component) == candidate.pin:
        message = f"{component} {candidate.pin.version} is what {stage} pins: there is nothing to compare it with."
        end = f"To end the canary: machiya canary {workflow} {component} --end. " if component in pins.canary else ""
        raise ArgumentsError(message, f"{end}Released versions: machiya releases {component}")


def _salt(given: str | None, known: CanaryPin | None, candidate: Candidate) -> str:
    """Another experiment has another salt: else the same users would be the first each time."""
    if given is None:
        return known.salt if known is not None else f"{candidate.component}-{candidate.pin.version}"
    if not _SALT.fullmatch(given):
        raise ArgumentsError(f"--salt {given!r}: letters, digits, dots and dashes are expected.", "Example: 2026-11")
    return given


def _notes(known: CanaryPin | None, pin: CanaryPin, same: bool) -> list[str]:
    if known is None:
        return []
    if not same:
        return [f"takes the place of the canary {known.pin.version}"]
    if known.salt != pin.salt:
        return ["another salt: the users are divided anew, so what was measured until now does not count any more"]
    if pin.share > known.share:
        return ["the same salt: users only move from the stable version to the canary"]
    if pin.share < known.share:
        return ["the same salt: users only move back from the canary to the stable version"]
    return ["the same share and salt as now"]
