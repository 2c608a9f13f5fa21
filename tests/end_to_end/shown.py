"""What `machiya show` and `machiya artifacts` say, as JSON, of a run of `recommend`."""

from collections.abc import Iterable, Mapping
from typing import Any

ANEW = ("notify", "publish", "watch-", "gate-", "remember-", "report")
"""How the names begin of steps that every run does anew, and not alike: they tell, publish, watch and name the run."""


def computed(run: Mapping[str, Any]) -> set[str]:
    """The steps that were not taken from the cache, but for those that every run does anew."""
    return {step["name"] for step in _leaves(run["tree"]) if not step["cached"] and not step["name"].startswith(ANEW)}


def digests(artifacts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The content of what was made, by step and port, but for what steps made that every run does anew."""
    return {f"{one['step']}/{one['port']}": one["digest"] for one in artifacts if not one["step"].startswith(ANEW)}


def _leaves(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [leaf for step in steps for leaf in (_leaves(step["steps"]) or [step])]
