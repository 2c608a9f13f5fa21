"""What steps left to be told: read as far as it can be, never too much of it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from machiya_notify.warnings import LENGTH, MOST, MOST_BYTES, read_warnings

LOG = logging.getLogger("notify")


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_the_warnings_of_several_steps_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path / "watch-users-findings" / "findings.json", {"table": "users", "warnings": ["c"]})
    write(tmp_path / "watch-items-findings" / "findings.json", {"table": "items", "warnings": ["a\nline", "b"]})
    write(tmp_path / "watch-items-findings" / "_artifact.json", {"warnings": ["not this"]})
    (tmp_path / "watch-gone-findings").mkdir()

    assert read_warnings(tmp_path, LOG) == ("a line", "b", "c")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"warnings": "x"}', "x" * (MOST_BYTES + 1)])
def test_a_file_of_another_form_is_left_out_and_the_others_are_told(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "a.json", content)
    write(tmp_path / "b.json", {"warnings": ["told"]})

    assert read_warnings(tmp_path, LOG) == ("told",)
    assert "a.json cannot be read" in caplog.text


def test_what_is_read_is_bounded(tmp_path: Path) -> None:
    write(tmp_path / "findings.json", {"warnings": ["x" * 1000] * 500})
    found = read_warnings(tmp_path, LOG)

    assert len(found) == MOST
    assert {len(text) for text in found} == {LENGTH}
