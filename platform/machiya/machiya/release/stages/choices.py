"""Which stage a command is about where none is named, and what people name that is not there."""

from difflib import get_close_matches

from machiya.errors import ArgumentsError, NotFoundError
from machiya.pins import Pin, Pins
from machiya.pins.model import CANARY_STAGE


def first_stage(pins: Pins) -> str:
    """Where versions are tried first, and what `machiya run` runs: the first of the file."""
    return next(iter(pins.stages))


def served_stage(pins: Pins) -> str:
    """What users get: ``production``, or the last stage of the file where none is called so."""
    return CANARY_STAGE if CANARY_STAGE in pins.stages else list(pins.stages)[-1]


def checked_stage(pins: Pins, stage: str | None, default: str) -> str:
    """The stage that is named, or the default; NotFoundError where there is none of this name."""
    chosen = stage or default
    pins.stage(chosen)
    return chosen


def pinned(pins: Pins, stage: str, component: str) -> Pin:
    """The pin of a component at a stage; NotFoundError where there is none, with the nearest name."""
    known = pins.stage(stage)
    if component in known:
        return known[component]
    close = get_close_matches(component, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    message = f"the stage {stage} of {pins.file} pins no {component}."
    raise NotFoundError(message, f"{hint}Pinned: {', '.join(known) or 'nothing'}.")


def target_stage(pins: Pins, source: str, named: str | None) -> str:
    """Where `machiya promote` brings versions: the stage that is named, which may be new, or the one after `source`."""
    if named is not None:
        close = get_close_matches(named, pins.stages, n=1)
        if named not in pins.stages and close:
            message = f"{pins.file} has no stage {named!r}."
            raise NotFoundError(message, f"Did you mean {close[0]}? Stages: {', '.join(pins.stages)}.")
        if named == source:
            raise ArgumentsError(f"--from and --to are the same stage, {named}.", "Name two stages.")
        return named
    stages = list(pins.stages)
    after = stages[stages.index(source) + 1 :]
    if not after:
        message = f"no stage comes after {source} in {pins.file}."
        raise ArgumentsError(message, "Name one; it may be new: --to production")
    return after[0]
