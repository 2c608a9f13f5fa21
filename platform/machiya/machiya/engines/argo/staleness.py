"""What became of the pins of a run since it began: Argo's retry runs the images that the run began with."""

from collections.abc import Mapping
from pathlib import Path

from machiya.errors import MachiyaError
from machiya.pins import load_pins


def changed_images(images: Mapping[str, str], folder: Path, stage: str) -> list[str]:
    """By component whose image in a run is not the one that is pinned now, what it was and what it is.

    Nothing where the pins cannot be read, or have no such stage: it is a hint.
    """
    try:
        pins = load_pins(folder)
        now = {name: pins.image(name, pin) for name, pin in pins.stage(stage).items()}
    except MachiyaError:
        return []
    return [f"{name}: {image} -> {now[name]}" for name, image in images.items() if now.get(name, image) != image]
