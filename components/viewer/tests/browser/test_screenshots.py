"""The pictures in docs/: with VIEWER_SCREENSHOTS=1 they are taken again, without it they are looked for."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
PAIR = "/r/today/recommender-1.0.0..recommender-1.1.0"
PICTURES = {
    "runs": ("/", "light", 1280),
    "comparison": (PAIR, "light", 1280),
    "users": (f"{PAIR}/users", "light", 1280),
    "user": (f"{PAIR}/user/u0194", "light", 1280),
    "user-phone": (f"{PAIR}/user/u0194?lang=ja", "dark", 320),
    "item": (f"{PAIR}/item/j0003", "dark", 1280),
    "quality": (f"{PAIR}/quality", "light", 1280),
    "gate": (f"{PAIR}/gate", "light", 1280),
}
Visit = Callable[..., Any]


def width_of(picture: Path) -> int:
    """Of a PNG: the first number of its first chunk."""
    start = picture.read_bytes()[:24]
    assert start.startswith(b"\x89PNG")
    width: int = struct.unpack(">I", start[16:20])[0]
    return width


@pytest.mark.parametrize("name", PICTURES)
def test_there_is_a_picture_of_every_main_page(visit: Visit, served: Any, name: str) -> None:
    address, scheme, width = PICTURES[name]
    picture = DOCS / f"{name}.png"
    if os.environ.get("VIEWER_SCREENSHOTS"):
        visit(served.url + address, scheme, width).tab.screenshot(path=picture)
    assert width_of(picture) == width
    assert picture.stat().st_size < 200_000


def test_there_is_no_picture_of_a_page_that_is_gone() -> None:
    assert {picture.stem for picture in DOCS.glob("*.png")} == set(PICTURES)
