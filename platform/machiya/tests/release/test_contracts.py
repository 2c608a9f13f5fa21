"""What differs between two contracts, and for whom that breaks something: one case for each behaviour of each rule."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from machiya.release.contracts import RULES, Difference, compare
from machiya_component.contract import contract_from_json

CONTRACT: dict[str, Any] = {
    "apiVersion": "machiya/v1",
    "name": "ranker",
    "version": "1.0.0",
    "summary": "Ranks",
    "owner": "search",
    "exitCodes": {"65": "The log is cut."},
    "operations": {
        "train": {
            "summary": "Fit.",
            "parameters": {
                "factors": {"type": "integer", "default": 8, "minimum": 1, "maximum": 64},
                "method": {"type": "string", "enum": ["als", "bpr"], "description": "How"},
                "names": {"type": "array", "default": [], "items": {"type": "string"}, "uniqueItems": False},
                "weights": {"type": "object", "default": {"view": 1, "buy": 2}, "required": ["view"]},
            },
            "inputs": {
                "rows": {
                    "type": "table",
                    "schema": {
                        "fields": [
                            {"name": "user", "type": "string", "constraints": {"required": True}},
                            {"name": "weight", "type": "number", "constraints": {"minimum": 0}},
                            {"name": "day", "type": "date", "constraints": {"minimum": "2020-01-01"}},
                        ],
                        "primaryKey": ["user", "day"],
                    },
                },
                "items": {"type": "files", "optional": True},
                "plain": {"type": "table"},
                "spare": {"type": "files", "optional": True},
            },
            "outputs": {
                "ranked": {
                    "type": "table",
                    "schema": {
                        "fields": [
                            {"name": "user", "type": "string"},
                            {"name": "rank", "type": "integer", "constraints": {"maximum": 10}},
                            {"name": "source", "type": "string", "constraints": {"enum": ["model", "fallback"]}},
                        ],
                        "primaryKey": ["user", "rank"],
                    },
                },
                "model": {"type": "model"},
                "metrics": {"type": "metrics"},
            },
            "secrets": {"token": {"description": "Of the store."}},
            "resources": {"cpu": 1, "memory": "1Gi"},
            "timeout": "10m",
            "samples": {
                "small": {
                    "inputs": {"rows": "sample/rows", "plain": "sample/rows", "items": "sample/items"},
                    "parameters": {"method": "als", "factors": 8},
                }
            },
        },
        "serve": {
            "summary": "Show.",
            "service": {"port": 8000, "health": "/healthz"},
            "inputs": {"ranked": {"type": "table"}},
            "samples": {"small": {"inputs": {"ranked": "sample/rows"}}},
        },
    },
}
GONE = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The contract with one value set, or taken away; numbers in the path are places in lists."""
    data = copy.deepcopy(CONTRACT)
    *parents, last = [int(part) if part.isdigit() and part != "65" else part for part in path.split("/")]
    place: Any = data
    for parent in parents:
        place = place[parent]
    if value is GONE:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return data


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    return compare(contract_from_json(json.dumps(before)), contract_from_json(json.dumps(after)))


TRAIN = "operations/train"
PARAMETERS = f"{TRAIN}/parameters"
ROWS = f"{TRAIN}/inputs/rows"
RANKED = f"{TRAIN}/outputs/ranked"
FIELDS_IN, FIELDS_OUT = f"{ROWS}/schema/fields", f"{RANKED}/schema/fields"
COLUMN = {"name": "more", "type": "string"}
OPERATION = {
    "summary": "New.",
    "outputs": {"made": {"type": "files"}},
    "samples": {"one": {}},
}
BATCH = {
    **OPERATION,
    "inputs": {"ranked": {"type": "table"}},
    "samples": {"small": {"inputs": {"ranked": "sample/rows"}}},
}

# What is changed into what; the place, the rule, for whom it breaks something, the least step of the version.
CASES: list[tuple[str, Any, str]] = [
    ("name", "sorter", "contract component.renamed callers major"),
    ("owner", "ads", "contract text.changed nobody patch"),
    ("exitCodes/65", "Cut off.", "contract exitcode.changed nobody patch"),
    ("operations/serve", GONE, "serve operation.removed callers major"),
    ("operations/more", OPERATION, "more operation.added nobody minor"),
    ("operations/serve/service/port", 9000, "serve service.changed callers major"),
    ("operations/serve/service/shows", {"ranked": "train.ranked"}, "serve service.shows nobody minor"),
    (f"{PARAMETERS}/names", GONE, "train.parameters.names parameter.removed callers major"),
    (f"{PARAMETERS}/new", {"type": "integer", "default": 1}, "train.parameters.new parameter.added nobody minor"),
    (f"{PARAMETERS}/factors/default", GONE, "train.parameters.factors parameter.required callers major"),
    (f"{PARAMETERS}/method/default", "als", "train.parameters.method parameter.optional nobody minor"),
    (f"{PARAMETERS}/factors/type", "number", "train.parameters.factors parameter.type nobody minor"),
    (f"{PARAMETERS}/factors/default", 16, "train.parameters.factors default.changed nobody minor"),
    (f"{PARAMETERS}/factors/maximum", 32, "train.parameters.factors constraint.narrowed callers major"),
    (f"{PARAMETERS}/factors/minimum", 0, "train.parameters.factors constraint.widened nobody minor"),
    (f"{PARAMETERS}/factors/maximum", GONE, "train.parameters.factors constraint.widened nobody minor"),
    (f"{PARAMETERS}/names/items", {"type": "number"}, "train.parameters.names constraint.changed callers major"),
    (f"{PARAMETERS}/names/uniqueItems", True, "train.parameters.names constraint.narrowed callers major"),
    (f"{PARAMETERS}/weights/required", ["view", "buy"], "train.parameters.weights constraint.narrowed callers major"),
    (f"{PARAMETERS}/method/enum", ["als"], "train.parameters.method enum.narrowed callers major"),
    (f"{PARAMETERS}/method/enum", ["als", "bpr", "knn"], "train.parameters.method enum.widened nobody minor"),
    (f"{PARAMETERS}/method/enum", ["als", "knn"], "train.parameters.method enum.narrowed callers major"),
    (f"{PARAMETERS}/method/enum", GONE, "train.parameters.method enum.widened nobody minor"),
    (f"{PARAMETERS}/method/description", "What", "train.parameters.method text.changed nobody patch"),
    (f"{TRAIN}/inputs/spare", GONE, "train.inputs.spare input.removed callers major"),
    (f"{TRAIN}/inputs/more", {"type": "files", "optional": True}, "train.inputs.more input.added nobody minor"),
    (f"{TRAIN}/inputs/items/optional", False, "train.inputs.items input.required callers major"),
    (f"{TRAIN}/inputs/plain/optional", True, "train.inputs.plain input.optional nobody minor"),
    (f"{TRAIN}/inputs/items/type", "model", "train.inputs.items type.changed callers major"),
    (f"{TRAIN}/inputs/items/type", "files@2", "train.inputs.items type.major callers major"),
    (f"{ROWS}/allowEmpty", True, "train.inputs.rows empty.allowed nobody minor"),
    (f"{TRAIN}/inputs/plain/schema", {"fields": [COLUMN]}, "train.inputs.plain schema.added callers major"),
    (f"{ROWS}/schema", GONE, "train.inputs.rows schema.removed nobody minor"),
    (f"{FIELDS_IN}/3", COLUMN, "train.inputs.rows.more column.added callers major"),
    (f"{FIELDS_IN}/1", GONE, "train.inputs.rows.weight column.removed nobody minor"),
    (f"{FIELDS_IN}/1/type", "integer", "train.inputs.rows.weight column.type callers major"),
    (f"{FIELDS_IN}/0/type", "any", "train.inputs.rows.user column.type nobody minor"),
    (f"{FIELDS_IN}/1/constraints/minimum", 1, "train.inputs.rows.weight constraint.narrowed callers major"),
    (f"{FIELDS_IN}/2/constraints/minimum", "2021-01-01", "train.inputs.rows.day constraint.narrowed callers major"),
    (f"{FIELDS_IN}/0/constraints/required", False, "train.inputs.rows.user constraint.widened nobody minor"),
    (f"{ROWS}/schema/fieldsMatch", "equal", "train.inputs.rows columns.closed callers major"),
    (f"{ROWS}/schema/primaryKey", ["user"], "train.inputs.rows key.changed callers major"),
    (f"{TRAIN}/outputs/metrics", GONE, "train.outputs.metrics output.removed readers major"),
    (f"{TRAIN}/outputs/more", {"type": "files"}, "train.outputs.more output.added nobody minor"),
    (f"{TRAIN}/outputs/model/type", "model@2", "train.outputs.model type.major readers major"),
    (f"{RANKED}/allowEmpty", True, "train.outputs.ranked empty.allowed readers major"),
    (f"{TRAIN}/outputs/metrics/expose", ["ndcg@10"], "train.outputs.metrics expose.changed nobody minor"),
    (f"{RANKED}/schema", GONE, "train.outputs.ranked schema.removed readers major"),
    (f"{FIELDS_OUT}/3", COLUMN, "train.outputs.ranked.more column.added nobody minor"),
    (f"{FIELDS_OUT}/2", GONE, "train.outputs.ranked.source column.removed readers major"),
    (f"{FIELDS_OUT}/1/type", "number", "train.outputs.ranked.rank column.type readers major"),
    (f"{FIELDS_OUT}/0/type", "integer", "train.outputs.ranked.user column.type readers major"),
    (f"{FIELDS_OUT}/1/constraints/maximum", 20, "train.outputs.ranked.rank constraint.widened readers major"),
    (f"{FIELDS_OUT}/1/constraints/maximum", 5, "train.outputs.ranked.rank constraint.narrowed nobody minor"),
    (f"{FIELDS_OUT}/2/constraints/enum", ["model"], "train.outputs.ranked.source enum.narrowed nobody minor"),
    (f"{FIELDS_OUT}/2/constraints/enum", GONE, "train.outputs.ranked.source enum.widened readers major"),
    (f"{FIELDS_OUT}/0/constraints", {"pattern": "a+"}, "train.outputs.ranked.user constraint.narrowed nobody minor"),
    (f"{RANKED}/schema/primaryKey", ["user", "rank", "source"], "train.outputs.ranked key.changed readers major"),
    (f"{FIELDS_OUT}/1/watch", {"mean": {"warn": 0.1}}, "train.outputs.ranked.rank watch.changed nobody minor"),
    (f"{RANKED}/schema/watch", False, "train.outputs.ranked watch.changed nobody minor"),
    (f"{TRAIN}/secrets/token", GONE, "train.secrets.token secret.removed nobody minor"),
    (f"{TRAIN}/secrets/other", {"description": "New."}, "train.secrets.other secret.added nobody minor"),
    (f"{TRAIN}/resources/memory", "1200Mi", "train resources.raised nobody minor"),
    (f"{TRAIN}/resources/cpu", 0.5, "train resources.lowered nobody patch"),
    (f"{TRAIN}/timeout", "90s", "train timeout.lowered nobody minor"),
    (f"{TRAIN}/timeout", GONE, "train timeout.raised nobody patch"),
    (f"{TRAIN}/cache", False, "train cache.changed nobody minor"),
    (f"{TRAIN}/resources/maxMemory", "64Gi", "train resources.raised nobody minor"),
    (f"{TRAIN}/checkpoint", True, "train checkpoint.changed nobody minor"),
]  # fmt: skip
BACK: list[tuple[str, Any, str]] = [
    (f"{ROWS}/allowEmpty", True, "train.inputs.rows empty.refused callers major"),
    (f"{RANKED}/allowEmpty", True, "train.outputs.ranked empty.refused nobody minor"),
    (f"{ROWS}/schema/fieldsMatch", "equal", "train.inputs.rows columns.opened nobody minor"),
    (f"{RANKED}/schema/fieldsMatch", "equal", "train.outputs.ranked columns.opened readers major"),
    (f"{PARAMETERS}/factors/type", "number", "train.parameters.factors parameter.type callers major"),
    (f"{RANKED}/schema", GONE, "train.outputs.ranked schema.added nobody minor"),
    (f"{RANKED}/schema/primaryKey", GONE, "train.outputs.ranked key.changed nobody minor"),
    (f"{FIELDS_IN}/0/type", "any", "train.inputs.rows.user column.type callers major"),
]


def seen(found: list[Difference]) -> list[tuple[str, str, str, str]]:
    return [(str(one.place), one.rule, one.breaks, one.change) for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[2])
def test_a_change_is_one_difference_with_its_verdict(case: tuple[str, Any, str]) -> None:
    path, value, expected = case
    assert seen(differences(CONTRACT, changed(path, value))) == [tuple(expected.split())]


@pytest.mark.parametrize("case", BACK, ids=lambda case: case[2])
def test_taking_a_change_back_has_a_verdict_of_its_own(case: tuple[str, Any, str]) -> None:
    path, value, expected = case
    assert seen(differences(changed(path, value), CONTRACT)) == [tuple(expected.split())]


def test_what_is_new_and_must_be_given_breaks_callers() -> None:
    after = changed(f"{PARAMETERS}/must", {"type": "integer"})
    after["operations"]["train"]["inputs"]["rest"] = {"type": "files"}
    after["operations"]["train"]["samples"]["small"]["parameters"]["must"] = 1
    after["operations"]["train"]["samples"]["small"]["inputs"]["rest"] = "sample/rest"
    assert seen(differences(CONTRACT, after)) == [
        ("train.parameters.must", "parameter.required", "callers", "major"),
        ("train.inputs.rest", "input.required", "callers", "major"),
    ]


def test_a_batch_operation_that_becomes_a_service_is_another_kind() -> None:
    before = changed("operations/serve", BATCH)
    assert ("serve", "operation.kind", "callers", "major") in seen(differences(before, CONTRACT))


def test_a_table_that_promised_no_other_columns_breaks_readers_with_a_new_one() -> None:
    before = changed(f"{RANKED}/schema/fieldsMatch", "equal")
    after = copy.deepcopy(before)
    after["operations"]["train"]["outputs"]["ranked"]["schema"]["fields"].append(COLUMN)
    assert seen(differences(before, after)) == [("train.outputs.ranked.more", "column.added", "readers", "major")]


def test_an_input_that_refuses_further_columns_breaks_callers_of_a_removed_one() -> None:
    before = changed(f"{ROWS}/schema/fieldsMatch", "equal")
    after = copy.deepcopy(before)
    del after["operations"]["train"]["inputs"]["rows"]["schema"]["fields"][1]
    assert seen(differences(before, after)) == [("train.inputs.rows.weight", "column.removed", "callers", "major")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", "2.0.0"),
        (f"{PARAMETERS}/method/enum", ["bpr", "als"]),
        (f"{PARAMETERS}/factors/default", 8.0),
        (f"{TRAIN}/resources/memory", "1024Mi"),
        (f"{TRAIN}/timeout", "600s"),
        (f"{TRAIN}/samples/small/parameters/method", "bpr"),
        (f"{ROWS}/schema/primaryKey", ["day", "user"]),
    ],
)
def test_what_means_the_same_is_no_difference(path: str, value: Any) -> None:
    assert differences(CONTRACT, changed(path, value)) == []


def test_true_is_another_default_than_one() -> None:
    before = changed(f"{PARAMETERS}/names", {"type": "array", "default": [1]})
    after = changed(f"{PARAMETERS}/names", {"type": "array", "default": [True]})
    assert [one.rule for one in differences(before, after)] == ["default.changed"]


def test_every_rule_has_a_case() -> None:
    covered = {case[2].split()[1] for case in (*CASES, *BACK)} | {"operation.kind"}
    assert covered == set(RULES)


def test_a_difference_tells_what_was_and_what_is() -> None:
    (found,) = differences(CONTRACT, changed(f"{PARAMETERS}/factors/default", 16))
    assert (found.before, found.after) == (8, 16)
    assert str(found) == "default.changed: train.parameters.factors: is 16 where it is not given, not 8"
    shown = json.loads(json.dumps(found.to_json()))
    assert (shown["where"], shown["rule"], shown["breaks"]) == ("train.parameters.factors", "default.changed", "nobody")


def test_the_documentation_lists_every_rule_with_its_meaning() -> None:
    page = Path(__file__).parents[4].joinpath("docs", "releasing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \| (.+?) \|$", page, flags=re.MULTILINE)
    known = [(rule.id, rule.meaning, rule.breaks, rule.change) for rule in RULES.values()]
    assert [row for row in rows if row[0] in RULES] == known
