"""Durations as Go and Argo write them."""

import re

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(rf"[-+]?(?:0|(?:{_PART.pattern})+)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def go_duration(text: str) -> float | None:
    """Seconds of a duration with units, such as ``1h30m`` or ``1.5h``; None if it is not one."""
    if _DURATION.fullmatch(text) is None:
        return None
    seconds = sum(float(part[1]) * _SECONDS[part[2]] for part in _PART.finditer(text))
    return -seconds if text.startswith("-") else seconds


def argo_duration(text: str) -> float | None:
    """The same, where a whole number without a unit means seconds."""
    return float(text) if re.fullmatch(r"[-+]?\d+", text) else go_duration(text)
