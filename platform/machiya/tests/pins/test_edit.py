"""Changes of one line of a pins file."""

from pathlib import Path

import pytest

from machiya.errors import ContractError
from machiya.pins import CanaryPin, Pin, load_pins
from machiya.pins.edit import Waiver, waivers_of, with_canary, with_pin, without_canary

OLD, NEW = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
TEXT = f"""\
# Which version of each component runs.
registry: ghcr.io/acme

# What we try.
development:
  recommender: 1.1.0
  viewer: 1.0.0   # the old one
production:  # what users get

  # keep in step with the viewer
  recommender: 1.0.0@{OLD}   # since the migration
  viewer:   1.0.0@{OLD}
"""


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ; both texts have the same number of lines."""
    old, new = before.splitlines(), after.splitlines()
    assert len(old) == len(new)
    return [(one, other) for one, other in zip(old, new, strict=True) if one != other]


def test_one_line_changes_and_its_comment_stays() -> None:
    text = with_pin(TEXT, "production", "recommender", Pin("1.1.0", NEW))
    assert changed(TEXT, text) == [
        (
            f"  recommender: 1.0.0@{OLD}   # since the migration",
            f"  recommender: 1.1.0@{NEW}  # since the migration",
        )
    ]


def test_the_way_a_line_is_laid_out_stays() -> None:
    text = with_pin(TEXT, "production", "viewer", Pin("1.1.0", NEW))
    assert changed(TEXT, text) == [(f"  viewer:   1.0.0@{OLD}", f"  viewer:   1.1.0@{NEW}")]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_there_and_back_is_the_same_text(ending: str) -> None:
    text = TEXT.replace("   # since the migration", "  # since the migration").replace("\n", ending)
    there = with_pin(text, "production", "recommender", Pin("1.1.0", NEW))
    assert with_pin(there, "production", "recommender", Pin("1.0.0", OLD)) == text


def test_a_component_that_is_not_there_comes_last_in_its_stage() -> None:
    text = with_pin(TEXT, "development", "notify", Pin("1.0.0"))
    assert text == TEXT.replace("# the old one\n", "# the old one\n  notify: 1.0.0\n")


def test_a_stage_that_is_not_there_comes_last() -> None:
    text = with_pin(TEXT, "staging", "viewer", Pin("1.0.0", OLD))
    assert text == f"{TEXT}staging:\n  viewer: 1.0.0@{OLD}\n"
    assert with_pin(TEXT.rstrip("\n"), "staging", "viewer", Pin("1.0.0", OLD)) == text


def test_waivers_are_kept_in_the_comment_and_go_with_the_pin() -> None:
    waiver = Waiver("output.removed", "mei", "nobody reads it; really")
    text = with_pin(TEXT, "production", "recommender", Pin("2.0.0", NEW), [Waiver("output.removed", "mei", "unread")])
    line = text.splitlines()[10]
    assert line == f"  recommender: 2.0.0@{NEW}  # since the migration; waived output.removed by mei: unread"
    assert waivers_of(text, "production", "recommender") == (Waiver("output.removed", "mei", "unread"),)
    assert waivers_of(TEXT, "production", "recommender") == ()
    back = with_pin(text, "production", "recommender", Pin("1.0.0", OLD))
    assert "waived" not in back
    assert "# since the migration" in back
    assert str(waiver).count(";") == 1


def test_a_canary_has_one_line_that_comes_changes_and_goes(tmp_path: Path) -> None:
    canary = CanaryPin(Pin("1.1.0", NEW), 0.1, "2026-11")
    text = with_canary(TEXT, "recommender", canary)
    assert text == f"{TEXT}canary:\n  recommender: {{version: 1.1.0@{NEW}, share: 0.1, salt: 2026-11}}\n"
    (tmp_path / "pins.yaml").write_text(text)
    assert load_pins(tmp_path).canary == {"recommender": canary}
    raised = with_canary(text, "recommender", CanaryPin(Pin("1.1.0", NEW), 0.5, "2026-11"))
    assert raised == text.replace("share: 0.1", "share: 0.5")
    assert without_canary(raised, "recommender") == TEXT
    assert without_canary(TEXT, "recommender") == TEXT


@pytest.mark.parametrize("salt", ["2026-11", "2026-11-01", "autumn", "yes", "12", "a b", "0x1f"])
def test_a_salt_is_read_as_it_was_written(tmp_path: Path, salt: str) -> None:
    text = with_canary(TEXT, "recommender", CanaryPin(Pin("1.1.0", NEW), 0.25, salt))
    (tmp_path / "pins.yaml").write_text(text)
    assert load_pins(tmp_path).canary["recommender"].salt == salt


def test_a_stage_that_is_not_production_is_named() -> None:
    text = f"{TEXT}staging:\n  viewer: 1.0.0@{OLD}\n"
    assert "salt: a, stage: staging}" in with_canary(text, "viewer", CanaryPin(Pin("1.1.0", NEW), 0.1, "a", "staging"))


def test_a_line_of_another_form_is_refused_with_what_to_write() -> None:
    text = TEXT.replace(f"  recommender: 1.0.0@{OLD}   # since the migration", f'  recommender: "1.0.0@{OLD}" extra')
    with pytest.raises(ContractError, match="line 11 of the pins cannot be changed by itself"):
        with_pin(text, "production", "recommender", Pin("1.1.0", NEW))
