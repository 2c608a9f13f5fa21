"""Entries of a changelog."""

from pathlib import Path

import pytest

from machiya.release.publish import changelog_entry

TEXT = """\
# Changelog

## [Unreleased]

- Soon.

## [1.1.0-rc.1] - 2026-11-25

- Candidate.

## [1.1.0] - 2026-11-24

### Added

- More.

## 1.0.0

## [0.1.0] - 2026-01-01
- First.

[0.1.0]: https://example.org/0.1.0
"""


@pytest.mark.parametrize(
    ("version", "entry"),
    [
        ("1.1.0", "### Added\n\n- More."),
        ("1.1.0-rc.1", "- Candidate."),
        ("1.0.0", ""),
        ("0.1.0", "- First."),
        ("1.1", None),
        ("11.0", None),
        ("2.0.0", None),
    ],
)
def test_an_entry_is_what_stands_below_its_heading(tmp_path: Path, version: str, entry: str | None) -> None:
    (tmp_path / "CHANGELOG.md").write_text(TEXT)
    assert changelog_entry(tmp_path, version) == entry


def test_without_a_changelog_there_is_no_entry(tmp_path: Path) -> None:
    assert changelog_entry(tmp_path, "1.0.0") is None
