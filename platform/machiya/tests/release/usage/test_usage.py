"""What a difference between two contracts means for one workflow: only what it uses can break it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from machiya.dsl import load_workflow
from machiya.pins import load_pins
from machiya.release.usage import Judgement, judge
from machiya_component.contract import contract_from_json

Contract = dict[str, Any]
Change = Callable[[Contract], None]


def field(name: str, kind: str = "string", **constraints: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **({"constraints": constraints} if constraints else {})}


def table(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "table", "schema": {"fields": list(fields)}, **more}


def contract(name: str, operations: dict[str, Any]) -> Contract:
    head = {"apiVersion": "machiya/v1", "name": name, "version": "1.0.0", "summary": "One", "owner": "us"}
    for operation in operations.values():
        operation["summary"] = "Do."
        inputs = {port: "sample" for port, body in operation.get("inputs", {}).items() if not body.get("optional")}
        operation["samples"] = {"one": {"inputs": inputs}}
    return {**head, "operations": operations}


RANKER = contract(
    "ranker",
    {
        "read": {
            "inputs": {"log": {"type": "files"}},
            "outputs": {"rows": table(field("user", required=True), field("weight", "number", minimum=0))},
        },
        "rank": {
            "parameters": {
                "method": {"type": "string", "default": "als", "enum": ["als", "bpr", "knn"]},
                "mode": {"type": "string", "default": "fast", "enum": ["fast", "exact"]},
                "factors": {"type": "integer", "default": 8, "minimum": 1},
                "seed": {"type": "integer", "default": 0},
                "shard": {"type": "integer", "default": 0, "minimum": 0},
            },
            "inputs": {"rows": table(field("user")), "extra": {"type": "files", "optional": True}},
            "outputs": {
                "ranked": table(
                    field("user"), field("item"), field("score", "number"), field("source", enum=["model", "fallback"])
                ),
                "notes": {"type": "files"},
                "raw": table(field("user"), field("score", "number")),
            },
        },
        "explain": {"inputs": {"rows": table(field("user"))}, "outputs": {"text": {"type": "files"}}},
    },
)
VIEWER = contract(
    "viewer",
    {
        "show": {
            "inputs": {
                "ranked": table(field("user"), field("score", "number"), field("source", enum=["model", "fallback"]))
            },
            "outputs": {"report": {"type": "report"}},
        },
        "copy": {"inputs": {"rows": {"type": "table"}}, "outputs": {"copied": {"type": "files"}}},
    },
)
WORKFLOW = """\
from machiya.dsl import Workflow
workflow = Workflow("test", summary="A test", owner="us")
ranker, viewer = workflow.components("ranker", "viewer")
log = workflow.artifact("log", "A log", default="log")
factors = workflow.parameter("factors", 16, "Latent dimensions")
choice = workflow.parameter("choice", "fast", "How", enum=["fast", "exact"])
read = ranker.read(log=log)
rank = ranker.rank(rows=read.rows, method="bpr", mode=choice, factors=factors)
viewer.show(ranked=rank.ranked)
viewer.copy(rows=rank.raw)
workflow.result(rank.ranked)
"""
RANK_LINE, SHOW_LINE, COPY_LINE = 8, 9, 10


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., dict[str, Judgement]]:
    """The judgements about a change of the ranker's contract, by rule and place."""

    def call(change: Change, component: str = "ranker", text: str = WORKFLOW) -> dict[str, Judgement]:
        (tmp_path / "workflow.py").write_text(text)
        (tmp_path / "pins.yaml").write_text("registry: ghcr.io/acme\ndevelopment:\n  ranker: 1.0.0\n  viewer: 1.0.0\n")
        (tmp_path / "contracts").mkdir()
        for one in (RANKER, VIEWER):
            (tmp_path / "contracts" / f"{one['name']}-1.0.0.json").write_text(json.dumps(one))
        before = {"ranker": RANKER, "viewer": VIEWER}[component]
        after = copy.deepcopy(before)
        change(after)
        workflow = load_workflow(tmp_path, "development", load_pins(tmp_path))
        found = judge(workflow, *(contract_from_json(json.dumps(one)) for one in (before, after)))
        return {f"{one.difference.rule} {one.difference.place}": one for one in found}

    return call


Judged = Callable[..., dict[str, Judgement]]


def without(*path: str) -> Change:
    def change(contract: Contract) -> None:
        inner = contract["operations"]
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]

    return change


def with_value(value: Any, *path: str) -> Change:
    def change(contract: Contract) -> None:
        inner = contract["operations"]
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value

    return change


def without_column(operation: str, side: str, port: str, name: str) -> Change:
    def change(contract: Contract) -> None:
        schema = contract["operations"][operation][side][port]["schema"]
        schema["fields"] = [one for one in schema["fields"] if one["name"] != name]

    return change


def lines(judgement: Judgement) -> list[int]:
    return [place.line for place in judgement.places]


def test_an_output_that_nobody_reads_may_go(judged: Judged) -> None:
    found = judged(without("rank", "outputs", "notes"))["output.removed rank.outputs.notes"]
    assert (found.verdict, found.reason) == ("harmless", "nothing of test reads it")
    assert found.difference.is_breaking, "for others it may be"


def test_an_output_that_is_read_may_not_go(judged: Judged) -> None:
    found = judged(without("rank", "outputs", "raw"))["output.removed rank.outputs.raw"]
    assert found.is_breaking
    assert found.reason == "copy reads rank/raw"
    assert lines(found) == [COPY_LINE]
    assert "--waive output.removed --because TEXT" in found.remedy


def test_the_result_of_the_workflow_may_not_go(judged: Judged) -> None:
    text = WORKFLOW.replace("viewer.show(ranked=rank.ranked)\n", "")
    found = judged(without("rank", "outputs", "ranked"), text=text)["output.removed rank.outputs.ranked"]
    assert found.is_breaking
    assert "is the result of the workflow" in found.reason


def test_a_column_that_a_reader_needs_may_not_go(judged: Judged) -> None:
    found = judged(without_column("rank", "outputs", "ranked", "score"))["column.removed rank.outputs.ranked.score"]
    assert found.is_breaking
    assert found.reason == "show reads score of rank/ranked"
    assert lines(found) == [SHOW_LINE]


def test_a_column_that_no_reader_needs_may_go_and_is_noted_for_the_result(judged: Judged) -> None:
    found = judged(without_column("rank", "outputs", "ranked", "item"))["column.removed rank.outputs.ranked.item"]
    assert found.verdict == "note"
    assert "rank/ranked is the result of the workflow" in found.reason


def test_a_reader_that_names_no_columns_is_noted(judged: Judged) -> None:
    found = judged(without_column("rank", "outputs", "raw", "score"))["column.removed rank.outputs.raw.score"]
    assert (found.verdict, found.reason) == ("note", "copy reads rank/raw, and its contract names no columns")


def test_a_value_that_readers_do_not_know_breaks_them(judged: Judged) -> None:
    schema = table(
        field("user"), field("item"), field("score", "number"), field("source", enum=["model", "fallback", "new"])
    )
    found = judged(with_value(schema, "rank", "outputs", "ranked"))["enum.widened rank.outputs.ranked.source"]
    assert found.is_breaking
    assert found.reason == "show reads source of rank/ranked"


def test_a_type_that_readers_do_not_take_breaks_them_alone(judged: Judged) -> None:
    text = table(
        field("user"), field("item", "integer"), field("score", "string"), field("source", enum=["model", "fallback"])
    )
    found = judged(with_value(text, "rank", "outputs", "ranked"))
    assert found["column.type rank.outputs.ranked.score"].is_breaking
    assert found["column.type rank.outputs.ranked.item"].verdict == "note"


def test_a_reader_that_asks_for_more_breaks_where_that_is_not_promised(judged: Judged) -> None:
    asked = table(field("user"), field("score", "number", minimum=0), field("source"))
    found = judged(with_value(asked, "show", "inputs", "ranked"), component="viewer")
    score = found["constraint.narrowed show.inputs.ranked.score"]
    assert (score.verdict, lines(score)) == ("breaking", [SHOW_LINE])
    assert found["enum.widened show.inputs.ranked.source"].verdict == "harmless"


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(["als", "knn"], "breaking"), (["als", "bpr"], "harmless")], ids=["used", "not used"]
)
def test_a_narrowed_choice_breaks_where_the_value_is_used(judged: Judged, allowed: list[str], verdict: str) -> None:
    found = judged(with_value(allowed, "rank", "parameters", "method", "enum"))["enum.narrowed rank.parameters.method"]
    assert found.verdict == verdict


def test_a_choice_that_the_default_of_a_workflow_parameter_makes_is_used(judged: Judged) -> None:
    def change(contract: Contract) -> None:
        contract["operations"]["rank"]["parameters"]["mode"] |= {"enum": ["exact"], "default": "exact"}

    found = judged(change)["enum.narrowed rank.parameters.mode"]
    assert found.is_breaking
    assert found.reason == "rank gets the workflow parameter choice: 'fast' is not one of ['exact']"


def test_a_choice_that_a_workflow_parameter_allows_is_used(judged: Judged) -> None:
    narrowed = with_value({"type": "string", "default": "fast", "enum": ["fast"]}, "rank", "parameters", "mode")
    found = judged(narrowed)["enum.narrowed rank.parameters.mode"]
    assert found.is_breaking
    assert "a run may give the workflow parameter choice: 'exact'" in found.reason


def test_an_exposed_parameter_follows_the_contract(judged: Judged) -> None:
    text = WORKFLOW.replace("rank = ", "exposed = workflow.expose(ranker.rank, 'mode')\nrank = ").replace(
        "mode=choice, ", "**exposed, "
    )
    narrowed = with_value(["fast"], "rank", "parameters", "mode", "enum")
    found = judged(narrowed, text=text)["enum.narrowed rank.parameters.mode"]
    assert found.verdict == "note"


def test_a_limit_below_the_default_of_a_workflow_parameter_breaks(judged: Judged) -> None:
    change = with_value({"type": "integer", "default": 40, "minimum": 32}, "rank", "parameters", "factors")
    found = judged(change)
    assert found["constraint.narrowed rank.parameters.factors"].is_breaking


def test_a_limit_that_the_default_keeps_is_noted_for_other_runs(judged: Judged) -> None:
    found = judged(with_value(4, "rank", "parameters", "factors", "minimum"))[
        "constraint.narrowed rank.parameters.factors"
    ]
    assert found.verdict == "note"
    assert "runs that give other values may be refused" in found.reason


def test_a_parameter_that_must_be_given_breaks_where_it_is_not(judged: Judged) -> None:
    def change(contract: Contract) -> None:
        parameters = contract["operations"]["rank"]["parameters"]
        del parameters["seed"]["default"], parameters["method"]["default"]
        contract["operations"]["rank"]["samples"]["one"]["parameters"] = {"seed": 1, "method": "als"}

    found = judged(change)
    assert found["parameter.required rank.parameters.seed"].is_breaking
    assert found["parameter.required rank.parameters.seed"].reason == "rank does not give seed"
    assert found["parameter.required rank.parameters.method"].verdict == "harmless"


@pytest.mark.parametrize(("name", "verdict"), [("method", "breaking"), ("seed", "harmless")])
def test_a_parameter_may_go_where_nobody_gives_it(judged: Judged, name: str, verdict: str) -> None:
    assert judged(without("rank", "parameters", name))[f"parameter.removed rank.parameters.{name}"].verdict == verdict


def test_what_a_fan_out_sets_is_given(judged: Judged) -> None:
    text = WORKFLOW.replace("factors=factors)", 'factors=factors).fan_out("shard", count=3)')
    assert judged(without("rank", "parameters", "shard"), text=text)[
        "parameter.removed rank.parameters.shard"
    ].is_breaking


def test_a_fan_out_gives_every_number_below_its_count(judged: Judged) -> None:
    text = WORKFLOW.replace("factors=factors)", 'factors=factors).fan_out("shard", count=3)')
    change = with_value({"type": "integer", "default": 0, "minimum": 0, "maximum": 1}, "rank", "parameters", "shard")
    found = judged(change, text=text)["constraint.narrowed rank.parameters.shard"]
    assert (found.verdict, found.reason) == ("breaking", "rank gives shard: 2 is greater than the maximum of 1")


@pytest.mark.parametrize(("name", "verdict"), [("seed", "note"), ("method", "harmless")])
def test_another_default_is_noted_where_it_is_used(judged: Judged, name: str, verdict: str) -> None:
    value = {"seed": 7, "method": "knn"}[name]
    found = judged(with_value(value, "rank", "parameters", name, "default"))[f"default.changed rank.parameters.{name}"]
    assert found.verdict == verdict


def test_a_new_input_that_must_be_wired_breaks(judged: Judged) -> None:
    def change(contract: Contract) -> None:
        contract["operations"]["rank"]["inputs"]["extra"] = {"type": "files"}
        contract["operations"]["rank"]["samples"]["one"]["inputs"]["extra"] = "sample"

    found = judged(change)["input.required rank.inputs.extra"]
    assert (found.verdict, found.reason, lines(found)) == ("breaking", "rank does not wire extra", [RANK_LINE])


@pytest.mark.parametrize(("name", "verdict"), [("weight", "harmless"), ("place", "breaking")])
def test_a_column_that_is_asked_for_may_be_promised_already(judged: Judged, name: str, verdict: str) -> None:
    change = with_value(table(field("user"), field(name, "number")), "rank", "inputs", "rows")
    assert judged(change)[f"column.added rank.inputs.rows.{name}"].verdict == verdict


def test_both_sides_of_a_component_change_together(judged: Judged) -> None:
    def change(contract: Contract) -> None:
        contract["operations"]["read"]["outputs"]["rows"] = table(field("person"))
        contract["operations"]["rank"]["inputs"]["rows"] = table(field("person"))

    assert not any(one.is_breaking for one in judged(change).values())


def test_data_from_outside_is_promised_by_nobody(judged: Judged) -> None:
    found = judged(with_value({"type": "model"}, "read", "inputs", "log"))["type.changed read.inputs.log"]
    assert (found.verdict, found.reason) == ("breaking", "read reads log from outside, where nobody promises it")


def test_an_operation_that_nobody_calls_may_go(judged: Judged) -> None:
    found = judged(without("explain"))["operation.removed explain"]
    assert (found.verdict, found.reason) == ("harmless", "no step of test calls explain")


def test_an_operation_that_is_called_may_not_go(judged: Judged) -> None:
    found = judged(without("rank"))["operation.removed rank"]
    assert (found.verdict, found.reason, lines(found)) == ("breaking", "rank calls it", [RANK_LINE])


def test_higher_requests_are_noted(judged: Judged) -> None:
    found = judged(with_value({"cpu": 4}, "rank", "resources"))["resources.raised rank"]
    assert (found.verdict, lines(found)) == ("note", [RANK_LINE])


def test_a_judgement_is_told_as_json(judged: Judged) -> None:
    told = judged(without("rank", "outputs", "raw"))["output.removed rank.outputs.raw"].to_json()
    assert told["rule"] == "output.removed"
    assert told["breaking"] is True
    assert [place["line"] for place in told["places"]] == [COPY_LINE]
    json.dumps(told)
