"""The order of versions, and which step a change of the contract needs."""

import pytest
import semver

from machiya.release.contracts import Difference, Place, fits, needed_step, parse_version, taken_step
from machiya.release.contracts.difference import Breaks, Change


def version(text: str) -> semver.Version:
    parsed = parse_version(text)
    assert parsed is not None
    return parsed


def difference(change: Change, breaks: Breaks = "nobody") -> Difference:
    return Difference("a.rule", Place(), None, None, breaks, change, "")


def test_versions_are_ordered_as_semver_says() -> None:
    texts = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0", "1.0.10", "1.2.0"]
    assert [str(one) for one in sorted(map(version, reversed(texts)))] == texts


@pytest.mark.parametrize("text", ["latest", "1.0", "v1.0.0", "1.0.0+build", "01.0.0", "sha256-0a", ""])
def test_other_tags_are_no_versions(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("1.0.0", "2.0.0", "major"),
        ("1.0.0", "1.1.0", "minor"),
        ("1.0.0", "1.0.1", "patch"),
        ("1.0.0", "2.0.0-rc.1", "major"),
        ("1.1.0-rc.1", "1.1.0", "patch"),
    ],
)
def test_the_step_taken_is_the_first_number_that_differs(before: str, after: str, step: str) -> None:
    assert taken_step(version(before), version(after)) == step


@pytest.mark.parametrize(
    ("before", "changes", "step"),
    [
        ("1.0.0", [], "patch"),
        ("1.0.0", ["patch"], "patch"),
        ("1.0.0", ["patch", "minor"], "minor"),
        ("1.0.0", ["minor", "major", "patch"], "major"),
        ("0.3.0", ["major"], "minor"),
        ("0.3.0", ["minor"], "patch"),
    ],
)
def test_the_step_needed_is_that_of_the_largest_change(before: str, changes: list[Change], step: str) -> None:
    assert needed_step([difference(change) for change in changes], version(before)) == step


def test_a_larger_step_than_needed_fits_and_a_smaller_does_not() -> None:
    assert fits("major", "minor")
    assert fits("minor", "minor")
    assert not fits("patch", "minor")
