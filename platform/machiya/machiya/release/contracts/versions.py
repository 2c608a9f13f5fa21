"""Semantic versions: their order, the step between two of them, and the step that differences of contracts need."""

from collections.abc import Sequence
from typing import Literal

import semver

from machiya.release.contracts.difference import Difference

Step = Literal["major", "minor", "patch"]
_SIZES: dict[str, int] = {"patch": 0, "minor": 1, "major": 2}


def parse_version(text: str) -> semver.Version | None:
    """A version in the order of https://semver.org (1.0.0-rc.1 comes before 1.0.0); None for any other text.

    Build metadata is none: a tag of an image cannot hold its ``+``.
    """
    try:
        version = semver.Version.parse(text)
    except ValueError:
        return None
    return None if version.build else version


def taken_step(before: semver.Version, after: semver.Version) -> Step:
    """The first number that is another; pre-releases count as the version they lead to."""
    if before.major != after.major:
        return "major"
    return "minor" if before.minor != after.minor else "patch"


def needed_step(differences: Sequence[Difference], before: semver.Version) -> Step:
    """The least step that says what differs. Before 1.0.0 a minor version may break, and a patch may add."""
    changes: list[Step] = [difference.change for difference in differences]
    largest: Step = max(changes, key=_SIZES.__getitem__, default="patch")
    if before.major > 0:
        return largest
    return "minor" if largest == "major" else "patch"


def fits(taken: Step, needed: Step) -> bool:
    """Whether a step says at least as much as is needed."""
    return _SIZES[taken] >= _SIZES[needed]
