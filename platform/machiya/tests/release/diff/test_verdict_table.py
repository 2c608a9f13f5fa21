"""The diff's checks as the verdict of a view: the same rules and outcomes, and nothing passes that did not."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from machiya.engines.local.store import open_store
from machiya.release.diff.model import Check, Outcome
from machiya.release.diff.verdict_table import outcomes_of, take_in_verdict, takes_verdict, verdict_rows
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.tables.schema import TableSchema

RESULT = "predict/recommendations"


def check(rule: str = "results.min_overlap", outcome: Outcome = "go", **values: Any) -> Check:
    given = {"text": "why", "threshold": 0.5, "observed": 0.6, "result": RESULT}
    return Check(rule, outcome, **{**given, **values})


def port(*columns: str, outcomes: list[str] | None = None) -> Port:
    constraints = {"enum": outcomes} if outcomes else {}
    fields = [{"name": name, "constraints": constraints if name == "outcome" else {}} for name in columns]
    return Port(
        name="verdict", type=ArtifactType.parse("table"), table_schema=TableSchema.model_validate({"fields": fields})
    )


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("results.min_overlap", "min_overlap"),
        ("results.min_rbo", "min_rbo"),
        ("results.max_changed_users", "max_changed_share"),
        ("results.max_lost_users", "max_lost_users_share"),
        ("results.max_left_items", "max_left_items_share"),
        ("results.metrics.ndcg@10", "min_ndcg@10_difference"),
        ("contract.max_breaking", "contract.max_breaking"),
        ("cost.max_memory_ratio", "cost.max_memory_ratio"),
        ("supply.conformance", "supply.conformance"),
    ],
)
def test_a_rule_has_the_name_by_which_views_know_it(rule: str, name: str) -> None:
    assert verdict_rows([check(rule)], RESULT) == [
        {"rule": name, "threshold": 0.5, "observed": 0.6, "outcome": "pass", "text": "why"}
    ]


@pytest.mark.parametrize(
    ("outcome", "observed", "allowed", "said"),
    [
        ("go", 0.6, None, "pass"),
        ("no-go", 0.4, None, "fail"),
        ("no-go", None, None, "fail"),
        ("look", 0.4, None, "warn"),
        ("look", 0.0, ["pass", "warn", "fail", "unknown"], "warn"),
        ("look", None, None, "unknown"),
        ("look", 0.4, ["pass", "fail", "unknown"], "unknown"),
    ],
)
def test_a_look_is_a_warning_only_where_the_value_is_known_and_the_view_takes_it(
    outcome: Outcome, observed: float | None, allowed: list[str] | None, said: str
) -> None:
    (row,) = verdict_rows([check(outcome=outcome, observed=observed)], RESULT, allowed)
    assert (row["outcome"], row["observed"]) == (said, observed)


def test_what_is_about_another_result_is_left_out() -> None:
    checks = [check(), check(result="clean/items"), check("contract.max_notes", result="")]
    assert [row["rule"] for row in verdict_rows(checks, RESULT)] == ["min_overlap", "contract.max_notes"]


def test_what_there_was_nothing_of_to_judge_is_no_rule() -> None:
    checks = [check("cost.max_cpu_ratio", observed=None), check("cost.max_cpu_ratio", "look", observed=None)]
    assert [row["outcome"] for row in verdict_rows(checks, RESULT)] == ["unknown"]


def test_an_input_takes_a_verdict_if_it_has_the_columns() -> None:
    assert takes_verdict(port("rule", "threshold", "observed", "outcome", "more"))
    assert not takes_verdict(port("rule", "outcome"))
    assert not takes_verdict(Port(name="verdict", type=ArtifactType.parse("files")))


def test_an_input_says_which_outcomes_it_takes() -> None:
    assert outcomes_of(port("outcome", outcomes=["pass", "fail"])) == ("pass", "fail")
    assert outcomes_of(port("outcome")) is None
    assert outcomes_of(Port(name="verdict", type=ArtifactType.parse("files"))) is None


@pytest.mark.parametrize("checks", [[], [check(), check("supply.conformance", "look", observed=None, result="")]])
def test_the_table_is_kept_and_nothing_else_stays(checks: list[Check], tmp_path: Path) -> None:
    home, rows = tmp_path / "home", verdict_rows(checks, RESULT)
    home.mkdir()
    store = open_store("", home)
    source = take_in_verdict(rows, store, home, "a-run/diff/verdict")
    assert source.location == "a-run/diff/verdict"
    store.link(source.key, tmp_path / "seen")
    (file,) = (tmp_path / "seen").iterdir()
    table = pq.read_table(file)
    assert table.to_pylist() == rows
    assert [str(one) for one in table.schema.types] == ["string", "double", "double", "string", "string"]
    assert list((home / "tmp").iterdir()) == []


def test_the_same_checks_are_kept_once(tmp_path: Path) -> None:
    store = open_store("", tmp_path)
    first, again = (take_in_verdict(verdict_rows([check()], RESULT), store, tmp_path, "here") for _ in range(2))
    assert first == again
