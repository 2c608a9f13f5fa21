"""pins.yaml: what is read from it, and that everything wrong with it is told at once, by line."""

from pathlib import Path

import pytest

from machiya.errors import NotFoundError
from machiya.pins import CanaryPin, Pin, PinsError, load_pins, parse_pin

DIGEST = "sha256:" + "0a" * 32

GOOD = f"""\
registry: ghcr.io/acme
development:
  recommender: 1.1.0
production:
  recommender: 1.0.0@{DIGEST}
canary:
  recommender: {{version: 1.1.0@{DIGEST}, share: 0.1, salt: 2026-11}}
"""


def findings(folder: Path, text: str) -> list[tuple[str, int | None]]:
    (folder / "pins.yaml").write_text(text)
    with pytest.raises(PinsError) as caught:
        load_pins(folder)
    assert caught.value.exit_code == 65
    assert all(finding.remedy for finding in caught.value.findings)
    return [(finding.rule, finding.line) for finding in caught.value.findings]


def test_stages_map_components_to_versions_and_digests(tmp_path: Path) -> None:
    (tmp_path / "pins.yaml").write_text(GOOD)
    pins = load_pins(tmp_path)
    assert pins.stage("development") == {"recommender": Pin("1.1.0")}
    assert pins.stage("production") == {"recommender": Pin("1.0.0", DIGEST)}
    assert pins.canary == {"recommender": CanaryPin(Pin("1.1.0", DIGEST), 0.1, "2026-11")}


def test_an_image_is_named_by_tag_and_digest(tmp_path: Path) -> None:
    (tmp_path / "pins.yaml").write_text(GOOD)
    pins = load_pins(tmp_path)
    assert pins.image("recommender", pins.stage("production")["recommender"]) == (
        f"ghcr.io/acme/recommender:1.0.0@{DIGEST}"
    )
    assert pins.image("recommender", Pin("1.1.0")) == "ghcr.io/acme/recommender:1.1.0"


def test_a_pin_can_be_replaced_for_one_run_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "pins.yaml").write_text(GOOD)
    pins = load_pins(tmp_path)
    changed = pins.with_pin("production", "recommender", Pin("1.2.0"))
    assert changed.stage("production") == {"recommender": Pin("1.2.0")}
    assert changed.stage("development") == pins.stage("development")
    assert pins.stage("production") == {"recommender": Pin("1.0.0", DIGEST)}


def test_an_unknown_stage_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "pins.yaml").write_text(GOOD)
    with pytest.raises(NotFoundError) as caught:
        load_pins(tmp_path).stage("prodution")
    assert "Did you mean production?" in caught.value.remedy


def test_everything_wrong_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = f"""\
registry: https://ghcr.io/acme
development:
  Recommender: 1.0.0
  viewer: one
production:
  recommender: 1.0.0
canary:
  recommender:
    version: 1.1.0@{DIGEST}
    share: 2
    salt: ''
  viewer: 1.0.0
"""
    assert findings(tmp_path, text) == [
        ("pins.registry", 1),
        ("pins.name", 3),
        ("pins.version", 4),
        ("pins.digest", 6),
        ("pins.canary", 10),
        ("pins.canary", 11),
        ("pins.canary", 12),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("pins.type", None)),
        ("registry: ghcr.io/acme\n", ("pins.stage", None)),
        ("development: {recommender: 1.0.0}\n", ("pins.registry", None)),
        ("registry: ghcr.io/acme\ndevelopment:\n  a: 1.0.0\n  a: 1.0.1\n", ("pins.yaml", 4)),
        ("registry: ghcr.io/acme\ndevelopment: [1.0.0]\n", ("pins.type", 2)),
        ("registry: ghcr.io/acme\ndevelopment:\n  a: 1.0.0@sha256:abc\n", ("pins.version", 3)),
        ("registry: ghcr.io/acme\ndevelopment:\n  a: 1.0\n", ("pins.version", 3)),
        ("registry: ghcr.io/acme\ndevelopment:\n  a: 01.0.0\n", ("pins.version", 3)),
    ],
)
def test_one_mistake_is_one_finding(tmp_path: Path, text: str, expected: tuple[str, int | None]) -> None:
    assert findings(tmp_path, text) == [expected]


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(PinsError, match=r"pins\.yaml has 1 mistake\.") as caught:
        load_pins(tmp_path)
    assert "there is no such file" in caught.value.remedy


@pytest.mark.parametrize("text", ["1.0.0", f"1.0.0@{DIGEST}", "1.0.0-rc.1"])
def test_a_pin_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_pin(text)) == text


@pytest.mark.parametrize("text", ["", "latest", "1.0.0@", "1.0.0@md5:00", f"{DIGEST}", "1.0.0 ", "v1.0.0"])
def test_what_is_no_pin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parse_pin(text)
