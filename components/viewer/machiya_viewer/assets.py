"""The files that pages load: as they are, and under names that change with their content."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

MEDIA_TYPES = {
    "style.css": "text/css; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
"""Name -> what it is served as. Nothing else is served."""


@cache
def asset(name: str) -> str:
    """The content of one of ``MEDIA_TYPES``."""
    return files("machiya_viewer").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def fingerprinted(name: str) -> str:
    """``style.css`` -> ``style.1f0c9a2b.css``: caches may keep it for good."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{sha256(asset(name).encode()).hexdigest()[:12]}.{ending}"


@cache
def served() -> dict[str, str]:
    """Fingerprinted name -> name."""
    return {fingerprinted(name): name for name in MEDIA_TYPES}
