"""`machiya bump`: another version of a component at a stage."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from machiya.errors import NotFoundError
from machiya.pins import Pins
from machiya.pins.edit import Waiver, waivers_of, with_pin, without_canary
from machiya.pins.validate import CANARY_KEY
from machiya.release.registry import Registry
from machiya.release.stages.candidate import Candidate, find_candidate, registry_of
from machiya.release.stages.choices import checked_stage, first_stage
from machiya.release.stages.decision import Decision, Opened, Waivers, check_needed, decide, new_waivers, open_pins


def bump(
    folder: Path,
    component: str,
    version: str,
    stage: str | None = None,
    waive: Sequence[tuple[str, str]] = (),
    registry: Registry | None = None,
) -> Decision:
    """Decide on a released version for a stage; nothing is written yet.

    Args:
        folder: of the workflow.
        component: its name; one that the stage does not pin yet is added.
        version: ``1.1.0``, or with the digest.
        stage: the first of the pins where none is named.
        waive: rules that may be broken, each with the reason.
        registry: the one that the pins name, if none is given.

    Raises:
        RefusedError: with every reason against the version.
        NotFoundError: the version is not released, or there is no such stage.
    """
    opened = open_pins(folder)
    chosen = checked_stage(opened.pins, stage, first_stage(opened.pins))
    _check_component(opened.pins, chosen, component)
    given = new_waivers(folder, waive)
    candidate = find_candidate(registry or registry_of(opened.pins), component, version)
    waivers = {component: [*given, *canary_waivers(opened, candidate)]}
    ends = ends_canary(opened.pins, chosen, candidate)
    is_pinned = opened.pins.stages[chosen].get(component) == candidate.pin

    def change(text: str, needed: Waivers) -> str:
        text = without_canary(text, component) if ends else text
        if is_pinned:  # with the waivers that it has
            return text
        return with_pin(text, chosen, component, candidate.pin, needed.get(component, ()))

    notes = ["the canary ends: everybody gets its version"] if ends else []
    if is_pinned:
        notes.append(f"{chosen} pins this version already")
    summary = f"Use {component} {candidate.pin.version} in {chosen} of {opened.name}"
    decision = decide(opened, chosen, [candidate], change, waivers, summary, notes)
    check_needed(decision, given)
    return decision


def _check_component(pins: Pins, stage: str, component: str) -> None:
    """A name that is almost that of a component which is pinned is a slip; any other may be new."""
    known = {name for entries in pins.stages.values() for name in entries}
    close = get_close_matches(component, known, n=1, cutoff=0.8)
    if component not in known and close:
        message = f"the stage {stage} of {pins.file} pins no {component}."
        raise NotFoundError(message, f"Did you mean {close[0]}? Pinned: {', '.join(sorted(known))}.")


def ends_canary(pins: Pins, stage: str, candidate: Candidate) -> bool:
    """Whether the stage's canary is this very version: then it has nothing left to be compared with."""
    canary = pins.canary.get(candidate.component)
    return canary is not None and canary.stage == stage and canary.pin == candidate.pin


def canary_waivers(opened: Opened, candidate: Candidate) -> Sequence[Waiver]:
    """What was let pass of this very version when it became a canary."""
    canary = opened.pins.canary.get(candidate.component)
    if canary is None or canary.pin != candidate.pin:
        return ()
    return waivers_of(opened.text, CANARY_KEY, candidate.component)
