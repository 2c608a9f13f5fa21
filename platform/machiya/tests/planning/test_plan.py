"""What is to be run, from a workflow, a stage, values and overrides."""

from pathlib import Path

import pytest

from machiya.engines.local.launching import choose, process_launch
from machiya.engines.planning import Plan, parse_override, plan_file, plan_workflow
from machiya.engines.planning.values import split_pairs
from machiya.errors import ArgumentsError, ContractError, NotFoundError
from machiya.manifest.lint.reading import read


def no_label(image: str) -> str | None:
    raise NotFoundError(f"{image} is not there.")


def plan(project: Path, *given: str, stage: str | None = None) -> Plan:
    return plan_workflow(project / "workflows" / "rank", stage, [], split_pairs(given))


def test_the_first_stage_of_the_pins_is_planned_where_none_is_named(project: Path) -> None:
    planned = plan(project)
    assert (planned.workflow, planned.stage) == ("rank", "development")
    assert planned.unreleased == {"scores": "acme/scores:1.0.0"}
    assert plan(project, stage="production").unreleased == {}


def test_the_manifest_is_that_of_the_workflow(project: Path) -> None:
    assert "image: acme/scores:1.0.0" in plan(project).manifest
    assert read(plan(project).manifest, "x.yaml").documents


def test_values_have_one_spelling(project: Path) -> None:
    assert plan(project, "rate=0.20", "kind=b").parameters == {"rate": "0.2", "kind": "b"}
    assert plan(project, "rate=1").parameters == {"rate": "1"}


def test_a_relative_default_counts_from_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan(project).locations == {"log": str(project / "data" / "log"), "more": ""}
    monkeypatch.chdir(project)
    assert plan(project).locations == {"log": "data/log", "more": ""}


def test_a_location_that_is_given_counts_as_it_is(project: Path) -> None:
    assert plan(project, "log=s3://bucket/log", "more=x.csv").locations == {"log": "s3://bucket/log", "more": "x.csv"}


def test_defaults_of_optional_data_do_not_go_with_data_of_ones_own(project: Path) -> None:
    file = project / "workflows" / "rank" / "workflow.py"
    file.write_text(file.read_text().replace('"More of it", default=""', '"More of it", default="s3://samples/more"'))
    assert plan(project).locations["more"] == "s3://samples/more"
    assert plan(project, "log=x.csv").locations == {"log": "x.csv", "more": ""}
    assert plan(project, "log=x.csv", "more=y.csv").locations == {"log": "x.csv", "more": "y.csv"}
    assert plan(project, "more=").locations == {"log": str(project / "data" / "log"), "more": ""}


def test_an_input_that_must_be_there_must_have_a_location(project: Path) -> None:
    with pytest.raises(ArgumentsError, match="log is not given: the raw log") as caught:
        plan(project, "log=")
    assert caught.value.remedy == "Give a file, a folder or a URL: -p log=FILE"


def test_everything_wrong_with_values_is_told_at_once_with_what_is_right(project: Path) -> None:
    with pytest.raises(ArgumentsError) as caught:
        plan(project, "rate=fast", "kind=c", "rat=1", "rate2=3")
    text = f"{caught.value.message}\n{caught.value.remedy}"
    assert "-p rate: 'fast' is not of type number." in text
    assert "Example: -p rate=0.1" in text
    assert "-p kind: 'c' is not one of ['a', 'b']." in text
    assert "One of: a, b." in text
    assert "-p rat: rank has no such parameter. Did you mean rate?" in text
    assert "-p rate2: rank has no such parameter." in text


@pytest.mark.parametrize("word", ["rate", "=1", ""])
def test_a_word_that_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(ArgumentsError, match="the form is NAME=VALUE"):
        split_pairs([word])


def test_a_value_may_hold_equals_signs_and_a_name_comes_once() -> None:
    assert split_pairs(["a=b=c"]) == {"a": "b=c"}
    with pytest.raises(ArgumentsError, match="a is given twice"):
        split_pairs(["a=1", "a=2"])


def test_a_value_that_argo_would_take_for_a_variable_is_refused(project: Path) -> None:
    with pytest.raises(ArgumentsError) as caught:
        plan(project, "kind={{workflow.name}}")
    assert "-p kind: a value cannot hold {{" in caught.value.remedy


def test_a_working_copy_takes_the_place_of_a_pin(project: Path, working_copy: Path) -> None:
    override = parse_override(f"scores={working_copy}", no_label)
    planned = plan_workflow(project / "workflows" / "rank", "production", [override], {})
    assert planned.unreleased == {"scores": "acme/scores:1.1.0"}
    assert planned.folder_of("scores") == working_copy
    assert "machiya/version: '1.1.0'" in planned.manifest
    assert "scores-code" in planned.manifest
    assert "machiya/commit" not in planned.manifest


def test_an_image_takes_the_place_of_a_pin(project: Path, working_copy: Path) -> None:
    from machiya_component.contract import raw_contract_json

    override = parse_override(
        "scores=elsewhere/scores:dev", lambda _: raw_contract_json(working_copy / "component.yaml")
    )
    planned = plan_workflow(project / "workflows" / "rank", "production", [override], {})
    assert planned.image_of("scores") == "elsewhere/scores:dev"
    assert "image: elsewhere/scores:dev" in planned.manifest
    assert planned.unreleased == {"scores": "elsewhere/scores:dev"}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("scores", ArgumentsError, "the form is NAME=FOLDER or NAME=IMAGE"),
        ("other={copy}", ArgumentsError, "that is the component scores"),
        ("scores=./nowhere", NotFoundError, "there is no folder ./nowhere"),
        ("scores={empty}", NotFoundError, "holds no component.yaml"),
        ("scores=acme/gone:1", NotFoundError, "acme/gone:1 is not there"),
    ],
)
def test_an_override_that_cannot_be_is_told(
    text: str, error: type[Exception], message: str, working_copy: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=message):
        parse_override(text.format(copy=working_copy, empty=tmp_path / "empty"), no_label)


def test_a_working_copy_with_mistakes_in_its_contract_is_refused_with_all_of_them(working_copy: Path) -> None:
    file = working_copy / "component.yaml"
    file.write_text(file.read_text().replace("1.1.0", "one").replace("default: 0.1", "default: many"))
    with pytest.raises(ContractError) as caught:
        parse_override(f"scores={working_copy}", no_label)
    assert len(caught.value.remedy.splitlines()) == 2


@pytest.mark.parametrize("label", [None, "{}"])
def test_an_image_without_a_contract_is_no_component(label: str | None) -> None:
    with pytest.raises(ContractError, match="image acme/other:1"):
        parse_override("scores=acme/other:1", lambda _: label)


def test_a_component_that_no_pin_names_is_refused(project: Path, working_copy: Path) -> None:
    file = working_copy / "component.yaml"
    file.write_text(file.read_text().replace("name: scores", "name: score"))
    override = parse_override(f"score={working_copy}", no_label)
    with pytest.raises(ArgumentsError, match="pins no such component") as caught:
        plan_workflow(project / "workflows" / "rank", "production", [override], {})
    assert "Did you mean scores?" in caught.value.remedy


def test_working_copies_alone_run_as_processes(project: Path) -> None:
    assert choose(plan(project)) == "process"


def test_the_process_launcher_runs_no_images(project: Path) -> None:
    planned = plan(project)
    with pytest.raises(ArgumentsError, match="runs no images") as caught:
        process_launch(Plan(planned.manifest, "", replaced={"scores": "acme/scores:2"}))
    assert "--launcher docker" in caught.value.remedy


def test_a_manifest_is_planned_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("kind: Workflow\n")
    planned = plan_file(tmp_path / "w.yaml", {"a": "1"}, [tmp_path / "w.yaml"])
    assert (planned.manifest, planned.parameters) == ("kind: Workflow\n", {"a": "1"})
    assert list(planned.beside.values()) == ["kind: Workflow\n"]
    with pytest.raises(NotFoundError, match="cannot be read"):
        plan_file(tmp_path / "none.yaml", {})
