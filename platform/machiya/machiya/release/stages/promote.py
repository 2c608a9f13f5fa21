"""`machiya promote`: the versions of one stage, at the next."""

from collections.abc import Sequence
from pathlib import Path

from machiya.pins import Pin, Pins
from machiya.pins.edit import waivers_of, with_pin, without_canary
from machiya.release.registry import Registry
from machiya.release.stages.assess import RefusedError
from machiya.release.stages.bump import ends_canary
from machiya.release.stages.candidate import find_candidate, registry_of
from machiya.release.stages.choices import checked_stage, first_stage, pinned, target_stage
from machiya.release.stages.decision import Decision, Waivers, check_needed, decide, new_waivers, open_pins
from machiya_component.findings import Finding


def promote(
    folder: Path,
    components: Sequence[str] = (),
    source: str | None = None,
    target: str | None = None,
    waive: Sequence[tuple[str, str]] = (),
    registry: Registry | None = None,
) -> Decision:
    """Decide on the versions that one stage pins, for another; nothing is written yet.

    Args:
        folder: of the workflow.
        components: which; all whose pins differ where none is named.
        source: the first stage of the pins where none is named.
        target: the stage after that where none is named; it may be new.
        waive: rules that may be broken, each with the reason.
        registry: the one that the pins name, if none is given.

    Raises:
        RefusedError: with every reason against any of the versions; then none of them is promoted.
        NotFoundError: there is no such stage or component, or a version is not in the registry any more.
    """
    opened = open_pins(folder)
    pins = opened.pins
    start = checked_stage(pins, source, first_stage(pins))
    end = target_stage(pins, start, target)
    wanted = _wanted(pins, components, start, end)
    _check_released(pins, start, wanted)
    given = new_waivers(folder, waive)
    asked = registry or registry_of(pins) if wanted else None
    candidates = [find_candidate(asked, name, str(pin)) for name, pin in wanted.items()] if asked else []
    ended = [one.component for one in candidates if ends_canary(pins, end, one)]

    def change(text: str, needed: Waivers) -> str:
        for name in ended:
            text = without_canary(text, name)
        for name, pin in wanted.items():
            text = with_pin(text, end, name, pin, needed.get(name, ()))
        return text

    waivers = {name: [*given, *waivers_of(opened.text, start, name)] for name in wanted}
    notes = [f"the canary of {name} ends: everybody gets its version" for name in ended]
    if not wanted:
        notes.append(f"{end} pins the same versions as {start} already")
    if end not in pins.stages:
        notes.append(f"{end} is a new stage")
    what = " and ".join(f"{name} {pin.version}" for name, pin in wanted.items()) or "nothing"
    summary = f"Promote {what} from {start} to {end} of {opened.name}"
    decision = decide(opened, end, candidates, change, waivers, summary, notes)
    check_needed(decision, given)
    return decision


def _wanted(pins: Pins, components: Sequence[str], start: str, end: str) -> dict[str, Pin]:
    chosen = {name: pinned(pins, start, name) for name in components} or pins.stage(start)
    there = pins.stages.get(end, {})
    return {name: pin for name, pin in chosen.items() if there.get(name) != pin}


def _check_released(pins: Pins, stage: str, wanted: dict[str, Pin]) -> None:
    """Raise RefusedError for pins without a digest, all at once."""
    findings = [
        Finding(
            "pins.digest",
            f"{name} {pin.version} has no digest in {stage}: it is not released, or was pinned before it was.",
            f"Release it: machiya release FOLDER; then: machiya bump {pins.file.parent.resolve().name} {name} "
            f"{pin.version} --stage {stage}",
            f"{stage}.{name}",
            str(pins.file),
        )
        for name, pin in wanted.items()
        if pin.digest is None
    ]
    if findings:
        count = "1 version is" if len(findings) == 1 else f"{len(findings)} versions are"
        raise RefusedError(f"refused: {count} not released. Nothing was changed.", findings)
