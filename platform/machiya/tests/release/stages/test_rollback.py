"""Going back: to the pin before this one, as git remembers it, also after a plain `git revert`."""

from collections.abc import Callable
from typing import Any

import pytest

from machiya.errors import ArgumentsError, NotFoundError, RegistryError
from machiya.manifest.render import rendered
from machiya.pins import load_pins
from machiya.release.stages.assess import RefusedError
from machiya.release.stages.bump import bump
from machiya.release.stages.canary import canary
from machiya.release.stages.rollback import rollback

World = Any


def bumped(world: World, version: str, change: Callable[[Any], None] = lambda _: None, **more: Any) -> None:
    """A version of the ranker in production, committed."""
    world.release("ranker", version, change)
    bump(world.folder, "ranker", version, "production", registry=world.registry, **more).write()
    world.commit(f"Use ranker {version}")


def back(world: World, **more: Any) -> Any:
    decision = rollback(world.folder, "ranker", registry=world.registry, **more)
    decision.write()
    return decision


def test_the_pin_before_this_one_comes_back_with_all_that_follows_from_it(world: World) -> None:
    before = world.snapshot()
    bumped(world, "1.1.0")
    decision = back(world)
    assert world.snapshot() == before
    assert decision.summary == "Go back to ranker 1.0.0 in production of shopping"
    assert decision.notes[0].startswith("pinned before, since ")
    assert "by Mio Mentor" in decision.notes[0]


def test_going_back_twice_goes_further_back_and_never_forward(world: World) -> None:
    bumped(world, "1.1.0")
    bumped(world, "1.2.0")
    back(world)
    world.commit("Back")
    again = back(world)
    assert not again.changed, "the last change went back already"
    assert again.notes[0] == "production is back already, from 1.2.0: ranker 1.1.0"
    back(world, version="1.0.0")
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.0.0')}"


def test_after_a_revert_there_is_nothing_to_change(world: World) -> None:
    before = world.snapshot()
    bumped(world, "1.1.0")
    world.git("revert", "--no-edit", "HEAD")
    decision = back(world)
    assert not decision.changed
    assert decision.notes[0] == "production is back already, from 1.1.0: ranker 1.0.0"
    assert world.snapshot() == before


def test_after_a_revert_of_the_line_alone_the_rest_follows(world: World) -> None:
    before = world.snapshot()
    line = world.pins.read_text()
    bumped(world, "1.1.0")
    world.pins.write_text(line)
    world.commit('Revert "Use ranker 1.1.0"')
    pins = load_pins(world.folder)
    assert rendered(world.folder, pins, "production").is_stale
    back(world)
    assert world.snapshot() == before


def test_what_is_not_committed_counts_as_the_last_change(world: World) -> None:
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
    back(world)
    assert world.changed() == []


def test_a_first_pin_has_none_before_it(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        back(world)
    assert caught.value.message == "git remembers no other pin of ranker in production before 1.0.0."
    assert "machiya bump" in caught.value.remedy


def test_a_version_that_was_never_pinned(world: World) -> None:
    bumped(world, "1.1.0")
    with pytest.raises(NotFoundError) as caught:
        back(world, version="1.0.7")
    assert "It pinned: 1.1.0, 1.0.0." in caught.value.remedy


def test_a_digest_that_is_gone(world: World) -> None:
    bumped(world, "1.1.0")
    repository = world.registry.repository("ranker")
    del repository.images[repository.tagged.pop("1.0.0")]
    before = world.snapshot()
    with pytest.raises(NotFoundError, match="is not in the registry: it was removed, or never was there"):
        back(world)
    assert world.snapshot() == before


def test_a_tag_that_moved_since_does_not_keep_anybody_from_going_back(world: World, move: Callable[..., str]) -> None:
    bumped(world, "1.1.0")
    other = move(world, "ranker", "1.0.0")
    decision = back(world)
    assert f"the tag 1.0.0 of ranker points at {other}; the digest that was pinned is used" in decision.notes
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.0.0')}"


def test_a_verdict_is_no_condition_for_what_ran_before(world: World) -> None:
    world.release("ranker", "0.9.0", verdict=None)
    waive = [("verdict.missing", "by hand")]
    bump(world.folder, "ranker", "0.9.0", "production", waive, world.registry).write()
    world.commit("Use ranker 0.9.0")
    bumped(world, "1.1.0")
    decision = back(world)
    assert "conformance of ranker 0.9.0: not stated; it ran before, so this is no reason" in decision.notes


def test_what_the_workflow_needs_by_now_keeps_it_from_going_back(world: World) -> None:
    def more(told: Any) -> None:
        told["operations"]["rank"]["outputs"]["extra"] = {"type": "files"}
        told["operations"]["rank"]["inputs"]["more"] = {"type": "files", "optional": True}

    bumped(world, "1.1.0", more)
    file = world.folder / "workflow.py"
    file.write_text(file.read_text().replace("rank(rows=read.rows)", "rank(rows=read.rows, more=log)"))
    with pytest.raises(RefusedError) as caught:
        back(world)
    assert [finding.rule for finding in caught.value.findings] == ["input.removed"]
    assert caught.value.findings[0].line == 7


def test_waivers_come_back_with_the_pin_they_are_for(world: World) -> None:
    def narrowed(told: Any) -> None:
        fields = told["operations"]["rank"]["inputs"]["rows"]["schema"]["fields"]
        fields[0]["constraints"] = {"minLength": 3}

    bumped(world, "2.0.0", narrowed, waive=[("constraint.narrowed", "all are longer")])
    bumped(world, "3.0.0")
    back(world)
    waiver = "waived constraint.narrowed by Mio Mentor: all are longer"
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '2.0.0')}  # {waiver}"


def test_a_canary_of_the_version_that_is_gone_back_to_ends(world: World) -> None:
    bumped(world, "1.1.0")
    canary(world.folder, "ranker", "1.0.0", "10%", registry=world.registry).write()
    back(world)
    assert "canary" not in world.pins.read_text()


def test_a_canary_that_a_revert_began_again_is_told(world: World) -> None:
    world.release("ranker", "1.1.0")
    canary(world.folder, "ranker", "1.1.0", "50%", registry=world.registry).write()
    world.commit("Half")
    bumped(world, "1.1.0")
    world.git("revert", "--no-edit", "HEAD")
    told = "ranker 1.1.0 is the canary, for 0.5 of the users; to end that: machiya canary shopping ranker --end"
    assert told in back(world).notes


def test_a_registry_that_is_down(world: World) -> None:
    bumped(world, "1.1.0")
    before = world.snapshot()
    world.registry.fail(RegistryError("ghcr.io does not answer: connection refused."))
    with pytest.raises(RegistryError):
        back(world)
    assert world.snapshot() == before


def test_a_working_copy_comes_back_from_git(world: World) -> None:
    world.pins.write_text(world.pins.read_text().replace(world.pin("ranker", "1.0.0"), "1.0.0", 1))
    world.commit("Try a working copy")
    world.release("ranker", "1.1.0")
    for stage in ("development", "production"):
        bump(world.folder, "ranker", "1.1.0", stage, registry=world.registry).write()
    world.commit("Use ranker 1.1.0")
    decision = back(world, stage="development")
    assert world.line("development", "ranker") == "ranker: 1.0.0"
    assert (world.folder / "contracts/ranker-1.0.0.json").is_file()
    assert "what runs is the working copy as it is now" in decision.notes[1]


def test_a_component_that_is_not_pinned(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        rollback(world.folder, "rankr", registry=world.registry)
    assert "Did you mean ranker?" in caught.value.remedy


def test_waivers_that_nothing_needs(world: World) -> None:
    bumped(world, "1.1.0")
    with pytest.raises(ArgumentsError):
        rollback(world.folder, "ranker", waive=[("column.removed", "why")], registry=world.registry)
