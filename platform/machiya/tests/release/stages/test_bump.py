"""Bumping: one line changes, with everything that follows from it; a version that may not be used changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.errors import AccessError, ArgumentsError, ContractError, NotFoundError, OutputError, RegistryError
from machiya.manifest.render import rendered
from machiya.pins import load_pins
from machiya.release.stages import edits
from machiya.release.stages.assess import RefusedError
from machiya.release.stages.bump import bump

World = Any
Lose = Callable[[str], Callable[[Any], None]]


def test_the_one_line_and_what_follows_from_it_change(world: World) -> None:
    world.release("ranker", "1.1.0", commit="beef")
    before = world.pins.read_text()
    decision = bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry)
    assert world.changed() == [], "nothing is written before it is asked for"
    decision.write()
    after = world.pins.read_text()
    different = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert different == [(f"  ranker: {world.pin('ranker', '1.0.0')}", f"  ranker: {world.pin('ranker', '1.1.0')}")]
    assert world.changed() == [
        "contracts/ranker-1.1.0.commit",
        "contracts/ranker-1.1.0.json",
        "pins.yaml",
        "rendered/production.yaml",
    ]
    assert (world.folder / "contracts/ranker-1.1.0.commit").read_text() == "beef\n"
    pins = load_pins(world.folder)
    assert not any(rendered(world.folder, pins, stage).is_stale for stage in pins.stages)


def test_the_difference_is_that_of_git_with_files_that_are_new(world: World) -> None:
    world.release("ranker", "1.1.0")
    decision = bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry)
    decision.write()
    told = decision.differences(contracts=True)
    assert f"-  ranker: {world.pin('ranker', '1.0.0')}\n+  ranker: {world.pin('ranker', '1.1.0')}" in told
    assert "+++ b/contracts/ranker-1.1.0.json" in told or "+++ b/workflows/shopping/contracts/ranker-1.1.0.json" in told
    assert world.git("diff", "--cached") == "", "the index is left alone"


def test_contracts_that_no_pin_needs_any_more_go(world: World) -> None:
    world.release("ranker", "1.1.0")
    for stage in ("production", "development"):
        bump(world.folder, "ranker", "1.1.0", stage, registry=world.registry).write()
    assert not list((world.folder / "contracts").glob("ranker-1.0.0*"))


def test_without_a_stage_the_first_is_meant(world: World) -> None:
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", registry=world.registry).write()
    assert world.line("development", "ranker") == f"ranker: {world.pin('ranker', '1.1.0')}"
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '1.0.0')}"


def test_a_new_component_is_added(world: World) -> None:
    world.pins.write_text(world.pins.read_text().replace(f"  experiment: {world.pin('experiment', '1.0.0')}\n", ""))
    bump(world.folder, "experiment", "1.0.0", "production", registry=world.registry).write()
    assert world.line("production", "experiment") == f"experiment: {world.pin('experiment', '1.0.0')}"


def test_a_version_may_be_given_with_its_digest(world: World) -> None:
    digest = world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", f"1.1.0@{digest}", registry=world.registry).write()
    assert world.line("development", "ranker") == f"ranker: 1.1.0@{digest}"


def test_a_released_version_takes_the_place_of_the_working_copy_of_the_same_version(world: World, lose: Lose) -> None:
    world.pins.write_text(world.pins.read_text().replace(world.pin("ranker", "1.0.0"), "1.0.0", 1))
    world.release("ranker", "1.0.0", lose("item_id"), build="released")
    decision = bump(world.folder, "ranker", "1.0.0", registry=world.registry)
    assert [str(one.difference) for one in decision.assessments[0].judgements]
    decision.write()
    assert "item_id" not in (world.folder / "contracts/ranker-1.0.0.json").read_text()


def test_parameters_stay_in_the_order_of_the_contract_that_is_kept(world: World) -> None:
    """The label of an image has them sorted; a contract that says the same is left as it is."""

    def two(told: Any) -> None:
        told["operations"]["rank"]["parameters"] = {
            name: {"type": "integer", "default": 1} for name in ("seed", "factors")
        }

    def sorted_two(told: Any) -> None:
        two(told)
        told["operations"]["rank"]["parameters"] = dict(sorted(told["operations"]["rank"]["parameters"].items()))

    world.release("ranker", "1.1.0", two)
    bump(world.folder, "ranker", "1.1.0", registry=world.registry).write()
    kept = (world.folder / "contracts/ranker-1.1.0.json").read_bytes()
    world.release("ranker", "1.1.0", sorted_two)
    bump(world.folder, "ranker", "1.1.0", registry=world.registry).write()
    assert (world.folder / "contracts/ranker-1.1.0.json").read_bytes() == kept
    assert not rendered(world.folder, load_pins(world.folder), "development").is_stale


def refused(call: Callable[[], Any]) -> list[tuple[str, str]]:
    """The rules and messages for which something was refused."""
    with pytest.raises(RefusedError) as caught:
        call()
    assert all(finding.remedy for finding in caught.value.findings)
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def test_a_column_that_a_step_reads_may_not_go(world: World, lose: Lose) -> None:
    world.release("ranker", "2.0.0", lose("score"))
    before = world.snapshot()
    with pytest.raises(RefusedError) as caught:
        bump(world.folder, "ranker", "2.0.0", "production", registry=world.registry)
    (finding,) = caught.value.findings
    assert finding.rule == "column.removed"
    assert finding.place() == f"{world.folder}/workflow.py:8"
    assert finding.where == "rank.outputs.ranked.score"
    assert "show reads score of rank/ranked" in finding.message
    assert "refused: ranker 1.0.0 -> 2.0.0 in production: 1 reason. Nothing was changed." in caught.value.message
    assert world.snapshot() == before


def test_a_column_that_nothing_reads_may_go(world: World, lose: Lose) -> None:
    world.release("ranker", "2.0.0", lose("item_id"))
    decision = bump(world.folder, "ranker", "2.0.0", "production", registry=world.registry)
    (note,) = decision.assessments[0].of_verdict("note")
    assert note.difference.rule == "column.removed"
    decision.write()
    assert world.line("production", "ranker") == f"ranker: {world.pin('ranker', '2.0.0')}"


def test_what_the_workflow_file_cannot_be_read_with_nobody_can_let_pass(world: World, lose: Lose) -> None:
    world.release("ranker", "2.0.0", lose("score"))
    waive = [("column.removed", "we know")]
    found = refused(lambda: bump(world.folder, "ranker", "2.0.0", waive=waive, registry=world.registry))
    assert [rule for rule, _ in found] == ["workflow.type"]
    assert "needs the column score" in found[0][1]


def narrowed(told: Any) -> None:
    told["operations"]["rank"]["inputs"]["rows"]["schema"]["fields"][0]["constraints"] = {"minLength": 3}


def test_a_waiver_stands_in_the_line_with_who_and_why(world: World) -> None:
    world.release("ranker", "2.0.0", narrowed)
    assert [rule for rule, _ in refused(lambda: bump(world.folder, "ranker", "2.0.0", registry=world.registry))] == [
        "constraint.narrowed"
    ]
    waive = [("constraint.narrowed", "ids have eight letters")]
    bump(world.folder, "ranker", "2.0.0", waive=waive, registry=world.registry).write()
    waiver = "waived constraint.narrowed by Mio Mentor: ids have eight letters"
    assert world.line("development", "ranker") == f"ranker: {world.pin('ranker', '2.0.0')}  # {waiver}"


def test_a_waiver_is_kept_where_the_same_version_is_bumped_again(world: World) -> None:
    world.release("ranker", "2.0.0", narrowed)
    waive = [("constraint.narrowed", "ids have eight letters")]
    bump(world.folder, "ranker", "2.0.0", waive=waive, registry=world.registry).write()
    text = world.pins.read_text()
    again = bump(world.folder, "ranker", "2.0.0", registry=world.registry)
    again.write()
    assert again.notes == ("development pins this version already",)
    assert world.pins.read_text() == text


@pytest.mark.parametrize(
    ("waive", "message"),
    [
        (("column.removd", "why"), "--waive column.removd: there is no such rule."),
        (("column.removed", "why"), "--waive column.removed: nothing breaks that rule here."),
        (("column.removed", "one; two"), "the reason is a text of one line, without a semicolon"),
        (("column.removed", " "), "the reason is a text of one line"),
    ],
)
def test_waivers_that_say_nothing_are_refused(world: World, waive: tuple[str, str], message: str) -> None:
    world.release("ranker", "1.1.0")
    with pytest.raises(ArgumentsError) as caught:
        bump(world.folder, "ranker", "1.1.0", waive=[waive], registry=world.registry)
    assert message in caught.value.message


@pytest.mark.parametrize(("verdict", "rule"), [(None, "verdict.missing"), ("FAILED", "verdict.failed")])
def test_the_conformance_suite_must_have_passed(world: World, verdict: str | None, rule: str) -> None:
    world.release("ranker", "1.1.0", verdict=verdict)
    assert [found for found, _ in refused(lambda: bump(world.folder, "ranker", "1.1.0", registry=world.registry))] == [
        rule
    ]
    bump(world.folder, "ranker", "1.1.0", waive=[(rule, "an emergency")], registry=world.registry).write()
    assert f"waived {rule} by Mio Mentor: an emergency" in world.line("development", "ranker")


def test_all_reasons_are_told_at_once(world: World, lose: Lose) -> None:
    world.release("ranker", "2.0.0", lose("score"), verdict=None)
    found = refused(lambda: bump(world.folder, "ranker", "2.0.0", registry=world.registry))
    assert [rule for rule, _ in found] == ["verdict.missing", "column.removed"]


def test_a_version_that_is_not_released(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        bump(world.folder, "ranker", "1.0.1", registry=world.registry)
    assert caught.value.message == "ranker 1.0.1 is not released: ghcr.io/acme/ranker has no such tag."
    assert "Did you mean 1.0.0? Released: 1.0.0." in caught.value.remedy


def test_a_text_that_is_no_version(world: World) -> None:
    with pytest.raises(ArgumentsError, match="'latest' is no version"):
        bump(world.folder, "ranker", "latest", registry=world.registry)


def test_a_component_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        bump(world.folder, "rankr", "1.1.0", registry=world.registry)
    assert "Did you mean ranker?" in caught.value.remedy


def test_a_stage_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFoundError, match="has no stage 'prodction'"):
        bump(world.folder, "ranker", "1.0.0", "prodction", registry=world.registry)


def test_a_tag_that_was_moved_since_the_digest_was_known(world: World, move: Callable[..., str]) -> None:
    digest = world.release("ranker", "1.1.0")
    other = move(world, "ranker", "1.1.0")
    with pytest.raises(ContractError) as caught:
        bump(world.folder, "ranker", f"1.1.0@{digest}", registry=world.registry)
    assert f"ghcr.io/acme/ranker:1.1.0 is {other} now, not {digest}: the tag was moved." in caught.value.message


def test_an_image_that_is_another_component(world: World) -> None:
    digest = world.release("viewer", "1.1.0")
    ranker, viewer = world.registry.repository("ranker"), world.registry.repository("viewer")
    ranker.images[digest], ranker.tagged["1.1.0"] = viewer.images[digest], digest
    with pytest.raises(ContractError, match=r"holds viewer 1\.1\.0, not ranker 1\.1\.0"):
        bump(world.folder, "ranker", "1.1.0", registry=world.registry)


@pytest.mark.parametrize("error", [RegistryError("ghcr.io does not answer"), AccessError("ghcr.io refused")])
def test_a_registry_that_does_not_help_changes_nothing(world: World, error: Any) -> None:
    before = world.snapshot()
    world.registry.fail(error)
    with pytest.raises(type(error)):
        bump(world.folder, "ranker", "1.1.0", registry=world.registry)
    assert world.snapshot() == before


def test_pins_without_a_registry_that_could_be_asked(world: World) -> None:
    world.pins.write_text(world.pins.read_text().replace("registry: ghcr.io/acme", "registry: acme"))
    with pytest.raises(ArgumentsError) as caught:
        bump(world.folder, "ranker", "1.1.0")
    assert "'acme' is no registry" in caught.value.message
    assert "registry: ghcr.io/acme" in caught.value.remedy


def test_an_interrupted_bump_is_finished_by_running_it_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.release("ranker", "1.1.0")
    bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
    whole = world.snapshot()
    world.git("checkout", "-q", ".")
    world.git("clean", "-qfd")
    apply, count = edits._apply, len([edit for edit in whole if edit])

    for interrupted_after in range(count):
        done: list[Path] = []

        def once(edit: edits.Edit, done: list[Path] = done, limit: int = interrupted_after) -> None:
            if len(done) == limit:
                raise KeyboardInterrupt
            apply(edit)
            done.append(edit.path)

        monkeypatch.setattr(edits, "_apply", once)
        try:
            bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
        except KeyboardInterrupt:
            pins = world.pins.read_text()
            assert load_pins(world.folder).stages
            assert (world.pin("ranker", "1.1.0") in pins) == (world.pins in done), "the pins come after what they need"
        monkeypatch.setattr(edits, "_apply", apply)
        bump(world.folder, "ranker", "1.1.0", "production", registry=world.registry).write()
        assert world.snapshot() == whole
        world.git("checkout", "-q", ".")
        world.git("clean", "-qfd")


def test_what_somebody_else_changed_meanwhile_is_not_written_over(world: World) -> None:
    world.release("ranker", "1.1.0")
    decision = bump(world.folder, "ranker", "1.1.0", registry=world.registry)
    world.pins.write_text(world.pins.read_text() + "# somebody else\n")
    with pytest.raises(OutputError, match="was changed by somebody else while this ran"):
        decision.write()
    assert world.pins.read_text().endswith("# somebody else\n")
