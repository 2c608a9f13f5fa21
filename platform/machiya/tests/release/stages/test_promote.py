"""Promoting: the versions of one stage, at the next, all of them or none."""

from collections.abc import Callable
from typing import Any

import pytest

from machiya.errors import ArgumentsError, NotFoundError
from machiya.release.stages.assess import RefusedError
from machiya.release.stages.bump import bump
from machiya.release.stages.promote import promote

World = Any


def bumped(world: World, component: str, version: str, **more: Any) -> None:
    world.release(component, version, **more)
    bump(world.folder, component, version, registry=world.registry).write()


def test_what_differs_is_promoted(world: World) -> None:
    bumped(world, "ranker", "1.1.0")
    bumped(world, "viewer", "1.1.0")
    decision = promote(world.folder, registry=world.registry)
    assert decision.summary == "Promote ranker 1.1.0 and viewer 1.1.0 from development to production of shopping"
    decision.write()
    text = world.pins.read_text()
    assert text.count(world.pin("ranker", "1.1.0")) == text.count(world.pin("viewer", "1.1.0")) == 2
    assert not (world.folder / "contracts/ranker-1.0.0.json").exists()


def test_only_what_is_named_is_promoted(world: World) -> None:
    bumped(world, "ranker", "1.1.0")
    bumped(world, "viewer", "1.1.0")
    promote(world.folder, ["viewer"], "development", "production", registry=world.registry).write()
    assert world.line("production", "viewer") == f"viewer: {world.pin('viewer', '1.1.0')}"
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.0.0')}"


def test_nothing_to_promote_is_said(world: World) -> None:
    decision = promote(world.folder, registry=world.registry)
    assert decision.notes == ("production pins the same versions as development already",)
    assert not decision.changed


def test_components_that_change_together_are_judged_together(world: World, lose: Callable[[str], Any]) -> None:
    """The viewer that reads no score any more lets the ranker go without."""

    def reads_less(told: Any) -> None:
        fields = told["operations"]["show"]["inputs"]["ranked"]["schema"]["fields"]
        del fields[1]

    bumped(world, "viewer", "2.0.0", change=reads_less)
    bumped(world, "ranker", "2.0.0", change=lose("score"))
    with pytest.raises(RefusedError, match=r"refused: ranker 1\.0\.0 -> 2\.0\.0 in production"):
        promote(world.folder, ["ranker"], registry=world.registry)
    promote(world.folder, registry=world.registry).write()
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '2.0.0')}"


def test_what_is_not_released_is_not_promoted(world: World) -> None:
    text = world.pins.read_text()
    for name in ("ranker", "viewer"):
        text = text.replace(world.pin(name, "1.0.0"), "1.1.0", 1)
    world.pins.write_text(text)
    with pytest.raises(RefusedError) as caught:
        promote(world.folder, registry=world.registry)
    assert caught.value.message == "refused: 2 versions are not released. Nothing was changed."
    assert [finding.where for finding in caught.value.findings] == ["development.ranker", "development.viewer"]
    assert "machiya release FOLDER; then: machiya bump shopping ranker 1.1.0 --stage development" in caught.value.remedy


def test_a_new_stage_is_made_where_it_is_named(world: World) -> None:
    decision = promote(world.folder, target="canteen", registry=world.registry)
    decision.write()
    assert decision.notes == ("canteen is a new stage",)
    assert world.line("canteen", "ranker") == f"ranker: {world.pin('ranker', '1.0.0')}"
    assert (world.folder / "rendered/canteen.yaml").exists()


def test_a_slip_is_no_new_stage(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        promote(world.folder, target="producton", registry=world.registry)
    assert "Did you mean production?" in caught.value.remedy


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [("production", "production", "are the same stage"), ("production", None, "no stage comes after production")],
)
def test_two_stages_are_needed(world: World, source: str, target: str | None, message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        promote(world.folder, source=source, target=target, registry=world.registry)


def test_a_component_that_is_not_pinned(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        promote(world.folder, ["rankr"], registry=world.registry)
    assert "Did you mean ranker?" in caught.value.remedy


def test_what_was_let_pass_goes_along(world: World) -> None:
    world.release("ranker", "1.1.0", verdict=None)
    bump(world.folder, "ranker", "1.1.0", waive=[("verdict.missing", "by hand")], registry=world.registry).write()
    world.git("config", "user.name", "Somebody Else")
    promote(world.folder, registry=world.registry).write()
    waiver = "waived verdict.missing by Mio Mentor: by hand"
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.1.0')}  # {waiver}"
