"""Canaries: a version for a share of the users, another share, and its end."""

from collections.abc import Callable
from typing import Any

import pytest

from machiya.dsl import WorkflowError
from machiya.errors import ArgumentsError, NotFoundError
from machiya.manifest.render import rendered
from machiya.pins import load_pins
from machiya.release.stages.assess import RefusedError
from machiya.release.stages.bump import bump
from machiya.release.stages.canary import canary, end_canary

World = Any


def started(world: World, share: str = "10%", **more: Any) -> Any:
    if "ranker 1.1.0" not in world.digests:
        world.release("ranker", "1.1.0")
    decision = canary(world.folder, "ranker", more.pop("version", "1.1.0"), share, registry=world.registry, **more)
    decision.write()
    return decision


def test_a_share_of_the_users_gets_another_version(world: World) -> None:
    started(world)
    line = f"ranker: {{version: {world.pin('ranker', '1.1.0')}, share: 0.1, salt: ranker-1.1.0}}"
    assert world.line("canary", "ranker") == line
    pins = load_pins(world.folder)
    assert pins.canary["ranker"].share == 0.1
    manifest = rendered(world.folder, pins, "production")
    assert not manifest.is_stale
    assert "name: rank-canary" in manifest.text


def test_another_share_keeps_the_salt_and_changes_the_one_line(world: World) -> None:
    started(world, salt="2026-11")
    before = world.pins.read_text().splitlines()
    decision = started(world, "50%")
    after = world.pins.read_text().splitlines()
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [
        (before[-1], before[-1].replace("share: 0.1", "share: 0.5"))
    ]
    assert decision.notes == ("the same salt: users only move from the stable version to the canary",)


def test_the_share_alone_may_be_named(world: World) -> None:
    started(world)
    started(world, "20%", version=None)
    assert load_pins(world.folder).canary["ranker"].share == 0.2


def test_another_salt_is_said_to_divide_the_users_anew(world: World) -> None:
    started(world)
    assert "divided anew" in started(world, salt="again").notes[0]


def test_another_version_is_another_experiment(world: World) -> None:
    started(world)
    world.release("ranker", "1.2.0")
    decision = started(world, version="1.2.0")
    assert load_pins(world.folder).canary["ranker"].salt == "ranker-1.2.0"
    assert decision.notes == ("takes the place of the canary 1.1.0",)


def test_the_end_takes_the_line_out_and_needs_no_registry(world: World) -> None:
    before = world.snapshot()
    started(world)
    decision = end_canary(world.folder, "ranker")
    decision.write()
    assert decision.notes == ("all users get ranker 1.0.0",)
    assert world.snapshot() == before


def test_bumping_to_its_version_ends_a_canary(world: World) -> None:
    started(world)
    decision = bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry)
    decision.write()
    assert decision.notes == ("the canary ends: everybody gets its version",)
    assert "canary" not in world.pins.read_text()
    assert "canary" not in (world.folder / "rendered/production.yaml").read_text()


@pytest.mark.parametrize(
    ("share", "message", "remedy"),
    [
        ("0%", "a share of 0% is nobody", "machiya canary shopping ranker --end"),
        ("0", "a share of 0 is nobody", "--end"),
        ("100%", "a share of 100% is everybody", "machiya bump shopping ranker 1.1.0 --stage"),
        ("1", "a share of 1 is everybody", "machiya bump"),
        ("10", "--share 10 is more than everybody", "Did you mean 10%?"),
        ("120%", "--share 120% is more than everybody", "Example: --share 10%"),
        ("ten", "--share 'ten' is no share", "Example: --share 10%"),
        ("-1%", "--share '-1%' is no share", "Example"),
    ],
)
def test_shares_that_are_none(world: World, share: str, message: str, remedy: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        started(world, share)
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_the_stable_version_is_no_canary(world: World) -> None:
    with pytest.raises(ArgumentsError) as caught:
        started(world, version="1.0.0")
    assert caught.value.message == "ranker 1.0.0 is what production pins: there is nothing to compare it with."


def test_two_canaries_could_not_be_told_apart(world: World) -> None:
    started(world)
    world.release("viewer", "1.1.0")
    with pytest.raises(ArgumentsError) as caught:
        canary(world.folder, "viewer", "1.1.0", "10%", registry=world.registry)
    assert caught.value.remedy == "End it first: machiya canary shopping ranker --end"


def test_a_canary_must_pass_what_a_bump_must(world: World, lose: Callable[[str], Any]) -> None:
    world.release("ranker", "1.1.0", lose("score"), verdict=None)
    before = world.snapshot()
    with pytest.raises(RefusedError) as caught:
        started(world)
    assert [finding.rule for finding in caught.value.findings] == ["verdict.missing", "column.removed"]
    assert world.snapshot() == before


def test_what_was_let_pass_stays_with_another_share_and_with_the_bump(world: World) -> None:
    world.release("ranker", "1.1.0", verdict=None)
    started(world, waive=[("verdict.missing", "by hand")])
    started(world, "50%")
    waiver = "  # waived verdict.missing by Mio Mentor: by hand"
    assert world.line("canary", "ranker").endswith(waiver)
    bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.1.0')}{waiver}"


def test_what_divides_the_users_must_be_pinned(world: World) -> None:
    world.pins.write_text(world.pins.read_text().replace(f"  experiment: {world.pin('experiment', '1.0.0')}\n", ""))
    with pytest.raises(WorkflowError) as caught:
        started(world)
    assert "machiya bump WORKFLOW experiment VERSION --stage production" in caught.value.remedy


def test_a_component_that_has_no_part_in_the_result(world: World) -> None:
    world.release("viewer", "1.1.0")
    with pytest.raises(WorkflowError, match="has 1 mistake") as caught:
        canary(world.folder, "viewer", "1.1.0", "10%", registry=world.registry)
    assert "no step of viewer has a part in the result" in caught.value.remedy


def test_the_end_of_none(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        end_canary(world.folder, "ranker")
    assert caught.value.message.endswith("has no canary of ranker.")


def test_a_stage_of_another_name(world: World) -> None:
    started(world, stage="development")
    assert world.line("canary", "ranker").endswith(", stage: development}")
    started(world, "30%", version=None)
    assert load_pins(world.folder).canary["ranker"].stage == "development"
