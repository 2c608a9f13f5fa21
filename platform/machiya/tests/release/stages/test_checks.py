"""`pins check`: everything that is wrong with the pins and what is derived from them, with line and remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from machiya.errors import AccessError, RegistryError
from machiya.release.stages.bump import bump
from machiya.release.stages.canary import canary
from machiya.release.stages.checks import check_pins

World = Any


def found(world: World, **more: Any) -> list[tuple[str, str, int | None]]:
    """Rule, file and line of each finding."""
    findings = check_pins(world.folder, registry=world.registry, **more)
    assert all(finding.remedy for finding in findings)
    return [(one.rule, one.file.removeprefix(f"{world.folder}/"), one.line) for one in findings]


def line_of(world: World, text: str) -> int:
    lines = world.pins.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_what_is_right_has_no_findings(world: World) -> None:
    assert found(world) == []


def test_a_bump_and_a_canary_leave_nothing_to_find(world: World) -> None:
    world.release("ranker", "1.1.0", verdict=None)
    waive = [("verdict.missing", "by hand")]
    canary(world.folder, "ranker", "1.1.0", "10%", waive=waive, registry=world.registry).write()
    bump(world.folder, "ranker", "1.1.0", waive=waive, registry=world.registry).write()
    assert found(world) == []


def test_a_conflict_is_told_with_both_sides(world: World) -> None:
    """Two mentors change the same line, and git cannot tell who is right."""
    for version, branch in (("1.1.0", "one"), ("1.2.0", "other")):
        world.git("checkout", "-q", "-b", branch, "main")
        world.release("ranker", version)
        bump(world.folder, "ranker", version, "production", registry=world.registry).write()
        world.commit(f"Use {version}")
    with pytest.raises(Exception, match="merge"):
        world.git("merge", "-q", "one")
    (finding, *others) = check_pins(world.folder, registry=world.registry)
    assert finding.rule == "pins.conflict"
    assert finding.line == line_of(world, "<<<<<<<")
    assert world.pin("ranker", "1.1.0") in finding.remedy
    assert world.pin("ranker", "1.2.0") in finding.remedy
    assert {one.rule for one in others} <= {"pins.conflict"}
    assert "rendered/production.yaml" in {one.file.removeprefix(f"{world.folder}/") for one in others}


def test_a_merge_that_keeps_the_pins_of_one_and_the_manifest_of_the_other(world: World) -> None:
    old = (world.folder / "rendered/production.yaml").read_text()
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
    (world.folder / "rendered/production.yaml").write_text(old)
    assert found(world) == [("rendered.stale", "rendered/production.yaml", None)]


def test_a_merge_that_keeps_both_lines(world: World) -> None:
    line = f"  ranker: {world.pin('ranker', '1.0.0')}\n"
    world.pins.write_text(world.pins.read_text().replace(line, line * 2, 1))
    ((rule, file, number),) = found(world)
    assert (rule, file) == ("pins.yaml", "pins.yaml")
    assert number in (line_of(world, "ranker:"), line_of(world, "ranker:") + 1)


def test_a_merge_that_takes_the_version_of_one_and_the_digest_of_the_other(world: World) -> None:
    digest = world.release("ranker", "1.1.0")
    world.pins.write_text(world.pins.read_text().replace(world.digests["ranker 1.0.0"], digest, 1))
    number = line_of(world, digest)
    rules = found(world)
    assert ("pins.two-digests", "pins.yaml", line_of(world, world.pin("ranker", "1.0.0"))) in rules
    assert ("image.wrong", "pins.yaml", number) in rules


def test_a_slip_of_the_hand(world: World) -> None:
    digest = world.digests["ranker 1.0.0"]
    world.pins.write_text(world.pins.read_text().replace(digest, digest[:-1]))
    assert [(rule, line) for rule, _, line in found(world)] == [("pins.version", 4), ("pins.version", 9)]


def test_a_line_that_was_changed_by_hand_alone(world: World) -> None:
    digest = world.release("ranker", "1.1.0")
    world.pins.write_text(world.pins.read_text().replace(world.pin("ranker", "1.0.0"), f"1.1.0@{digest}"))
    assert {rule for rule, _, _ in found(world)} == {
        "contract.missing",
        "contract.superfluous",
    }
    (missing, *_) = check_pins(world.folder, registry=world.registry)
    assert missing.line == line_of(world, digest)
    assert missing.remedy == "Fetch it: machiya bump shopping ranker 1.1.0 --stage development"
    for stage in ("development", "production"):
        bump(world.folder, "ranker", "1.1.0", stage, registry=world.registry).write()
    assert found(world) == []


def test_manifests_of_stages_that_are_gone(world: World) -> None:
    (world.folder / "rendered/staging.yaml").write_text("")
    assert found(world) == [("rendered.superfluous", "rendered/staging.yaml", None)]


def test_a_contract_that_was_changed_by_hand(world: World) -> None:
    file = world.folder / "contracts/viewer-1.0.0.json"
    file.write_text(file.read_text().replace('"owner": "us"', '"owner": "them"'))
    rules = [rule for rule, _, _ in found(world)]
    assert rules.count("contract.differs") == 2, "once for each line"
    assert "contract.differs" not in [rule for rule, _, _ in found(world, offline=True)]


def test_a_tag_that_was_moved(world: World, move: Callable[..., str]) -> None:
    other = move(world, "viewer", "1.0.0")
    findings = check_pins(world.folder, registry=world.registry)
    assert [(one.rule, one.where) for one in findings] == [
        ("tag.moved", "development.viewer"),
        ("tag.moved", "production.viewer"),
    ]
    assert f"ghcr.io/acme/viewer:1.0.0 is {other} now, not {world.digests['viewer 1.0.0']}" in findings[0].message


def test_a_tag_that_is_gone(world: World) -> None:
    del world.registry.repository("viewer").tagged["1.0.0"]
    findings = check_pins(world.folder, registry=world.registry)
    assert {one.rule for one in findings} == {"tag.moved"}
    assert "has no tag 1.0.0 any more" in findings[0].message


def test_a_digest_that_is_gone(world: World) -> None:
    del world.registry.repository("viewer").images[world.digests["viewer 1.0.0"]]
    findings = check_pins(world.folder, registry=world.registry)
    assert {one.rule for one in findings} == {"digest.gone"}
    assert "machiya rollback" in findings[0].remedy


def test_a_verdict_that_is_not_there(world: World) -> None:
    world.registry.repository("viewer").documents.clear()
    assert {rule for rule, _, _ in found(world)} == {"verdict.missing"}


@pytest.mark.parametrize("error", [RegistryError("it does not answer.", "Try."), AccessError("no.", "docker login")])
def test_a_registry_that_cannot_be_asked_is_one_finding(world: World, error: Any) -> None:
    world.registry.fail(error)
    (finding,) = check_pins(world.folder, registry=world.registry)
    assert (finding.rule, finding.line, finding.message) == ("registry.unreachable", 1, error.message)
    assert "machiya pins check --offline" in finding.remedy
    assert found(world, offline=True) == []


def test_a_waiver_that_nothing_needs_any_more(world: World) -> None:
    world.release("ranker", "1.1.0", verdict=None)
    bump(world.folder, "ranker", "1.1.0", waive=[("verdict.missing", "by hand")], registry=world.registry).write()
    world.commit("Use 1.1.0")
    world.release("ranker", "1.1.0")
    assert found(world) == [("waiver.unneeded", "pins.yaml", line_of(world, "1.1.0"))]


def test_waivers_that_are_none(world: World) -> None:
    lines = world.pins.read_text().splitlines()
    lines[2] += "  # waived all"
    lines[3] += "  # waived column.removd by Mio: why"
    world.pins.write_text("\n".join(lines) + "\n")
    assert found(world) == [("waiver.form", "pins.yaml", 3), ("waiver.rule", "pins.yaml", 4)]


def test_a_workflow_that_cannot_be_read(world: World) -> None:
    file = world.folder / "workflow.py"
    file.write_text(file.read_text().replace("ranker.rank", "ranker.rnk"))
    assert {(rule, line) for rule, _, line in found(world)} == {("workflow.operation", 7)}


def test_a_canary_that_is_the_stable_version(world: World) -> None:
    pin = world.pin("ranker", "1.0.0")
    world.pins.write_text(f"{world.pins.read_text()}canary:\n  ranker: {{version: {pin}, share: 0.1, salt: a}}\n")
    ((rule, _, line),) = found(world)
    assert (rule, line) == ("pins.canary", line_of(world, "share"))
