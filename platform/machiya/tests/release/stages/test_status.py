"""Status: what runs where, since when, and what is newer."""

from pathlib import Path
from typing import Any

import pytest

from machiya.errors import RegistryError
from machiya.release.stages.bump import bump
from machiya.release.stages.canary import canary
from machiya.release.stages.status import ComponentStatus, status

World = Any


def component(world: World, stage: str, name: str, **more: Any) -> ComponentStatus:
    found = status(world.folder, world.root / ".machiya", registry=world.registry, **more)
    components = next(one.components for one in found.stages if one.stage == stage)
    return next(one for one in components if one.component == name)


def test_each_stage_has_its_versions_and_since_when(world: World) -> None:
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", registry=world.registry).write()
    world.commit("Use ranker 1.1.0")
    here, there = (component(world, stage, "ranker") for stage in ("development", "production"))
    assert (here.pin.version, here.is_behind) == ("1.1.0", False)
    assert (there.pin.version, there.newest, there.is_behind) == ("1.0.0", "1.1.0", True)
    assert here.since.commit is not None
    assert here.since.commit.subject == "Use ranker 1.1.0"
    assert there.since.commit is not None
    assert (there.since.commit.subject, there.since.commit.author) == ("Begin", "Mio Mentor")


def test_what_is_not_committed_is_said(world: World) -> None:
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", registry=world.registry).write()
    assert component(world, "development", "ranker").since.since == "now, not committed"


def test_a_canary_is_told_where_it_is(world: World) -> None:
    world.release("ranker", "1.1.0")
    canary(world.folder, "ranker", "1.1.0", "10%", registry=world.registry).write()
    found = component(world, "production", "ranker")
    assert found.canary is not None
    assert (found.canary.share, found.to_json()["canary"]["share"]) == (0.1, 0.1)
    assert component(world, "development", "ranker").canary is None


@pytest.mark.parametrize(("tags", "newest"), [(["1.2.0", "2.0.0-rc.1"], "1.2.0"), (["not-a-version"], "1.0.0")])
def test_the_newest_release_is_no_candidate_for_one(world: World, tags: list[str], newest: str) -> None:
    for tag in tags:
        world.registry.repository("ranker").tagged[tag] = "sha256:0"
    assert component(world, "production", "ranker").newest == newest


def test_without_a_registry_nothing_is_known_of_newer_versions(world: World) -> None:
    assert component(world, "production", "ranker", offline=True).newest is None
    world.registry.fail(RegistryError("ghcr.io does not answer."))
    found = status(world.folder, Path("nowhere"), registry=world.registry)
    assert found.registry_error == "ghcr.io does not answer."
    assert found.to_json()["registryError"] == "ghcr.io does not answer."
    assert [stage.run for stage in found.stages] == [None, None]
