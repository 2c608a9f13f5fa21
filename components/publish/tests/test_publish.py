"""What is published, what is not, and what is said of it."""

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from machiya_component import ArgumentsError, DataError
from machiya_component.artifacts import content_digest
from machiya_component.testing import Result

from .conftest import Publish, outcome, pointer, recommendations


def test_the_first_result_is_published(publish: Publish) -> None:
    result = publish(recommendations(10), 1)
    digest = pointer(result).pop("digest")
    assert pointer(result) == {
        "apiVersion": "machiya/v1",
        "kind": "Published",
        "workflow": "recommend",
        "stage": "production",
        "result": "recommendations",
        "run": "run-1",
        "started": "2026-11-01T03:00:00Z",
        "key": "runs/run-1/predict/recommendations",
        "digest": digest,
        "rows": 20,
        "coverage": None,
        "earlier": None,
    }
    assert digest == content_digest(result.out.parent / "in" / "result")
    assert (outcome(result), result.metrics()) == ("published", {"rows": 20, "published": 1})


def test_the_next_one_takes_its_place_and_names_it(publish: Publish) -> None:
    first = publish(recommendations(10), 1)
    second = publish(recommendations(8), 2, first)
    before = pointer(first)
    assert pointer(second)["run"] == "run-2"
    assert pointer(second)["earlier"] == {name: before[name] for name in ("run", "key", "digest", "started")}
    assert result_change(second) == -0.2
    third = publish(recommendations(8), 3, second)
    assert pointer(third)["earlier"]["run"] == "run-2"


def test_the_pointer_names_the_serving_copies_there_are(publish: Publish) -> None:
    first = publish(recommendations(10), 1, serving_key="runs/run-1/pack/serving")
    second = publish(recommendations(10), 2, first)
    third = publish(recommendations(10), 3, second)
    assert pointer(first)["serving"] == "runs/run-1/pack/serving"
    assert "serving" not in pointer(second)
    assert pointer(second)["earlier"]["serving"] == "runs/run-1/pack/serving"
    assert "serving" not in pointer(third)["earlier"]


def result_change(result: Result) -> float:
    return round(result.metrics()["change"], 6)


def test_the_same_run_again_gives_the_same_bytes(publish: Publish) -> None:
    second = publish(recommendations(8), 2, publish(recommendations(10), 1))
    again = publish(recommendations(8), 2, second)
    for name in ("pointer.json", "outcome.json"):
        assert (again.path("pointer") / name).read_bytes() == (second.path("pointer") / name).read_bytes()


def test_an_older_run_does_not_take_the_place_of_one_that_began_later(
    publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    later = publish(recommendations(10), 5)
    with caplog.at_level(logging.INFO, "publish"):
        older = publish(recommendations(1), 4, later, min_rows=100)
    assert not (older.path("pointer") / "pointer.json").exists()
    assert (outcome(older), older.metrics()["published"]) == ("not published", 0)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "run-5 is published, which started at 2026-11-05T03:00:00Z" in caplog.text
    assert "resubmit" in caplog.text


def test_moments_are_compared_not_texts(publish: Publish) -> None:
    tokyo = publish(recommendations(10), 5, started="2026-11-05T03:00:00+09:00")
    assert outcome(publish(recommendations(10), 6, tokyo, started="2026-11-04T19:00:00Z")) == "published"
    assert outcome(publish(recommendations(10), 4, tokyo, started="2026-11-04T17:00:00Z")) == "not published"


def test_of_two_runs_that_began_together_the_last_one_wins(publish: Publish) -> None:
    first = publish(recommendations(10), 5)
    assert pointer(publish(recommendations(10), 5, first, run="other"))["run"] == "other"


FALLS = [
    ({"min_rows": 21}, "20 rows are fewer than the 21 that are needed", "min_rows=20"),
    ({"max_drop": 0.79}, "rows fell by 80.0%, from 100 to 20; 79.0% are allowed", "max_drop=1"),
    ({"min_coverage": 0.51}, "50.00% of the users have a result; 51.00% are needed", "a lower min_coverage"),
]


@pytest.mark.parametrize(("limits", "fell", "accept"), FALLS)
def test_below_a_limit_nothing_changes_and_the_reason_is_told(
    publish: Publish, limits: dict[str, Any], fell: str, accept: str
) -> None:
    earlier = publish(recommendations(50), 1)
    with pytest.raises(DataError) as caught:
        publish(recommendations(10), 2, earlier, users=recommendations(20), **limits)
    assert caught.value.message == f"result: {fell}. The result of run-1 stays published."
    assert f"run again with {accept}." in caught.value.remedy


def test_at_the_limits_it_is_published(publish: Publish) -> None:
    earlier = publish(recommendations(50), 1)
    limits = {"min_rows": 20, "max_drop": 0.8, "min_coverage": 0.5}
    result = publish(recommendations(10), 2, earlier, users=recommendations(20), **limits)
    assert (pointer(result)["coverage"], result.metrics()["coverage"]) == (0.5, 0.5)


def test_every_reason_is_told_at_once(publish: Publish) -> None:
    with pytest.raises(DataError) as caught:
        publish(recommendations(10), 2, users=recommendations(20), min_rows=1000, min_coverage=0.9)
    assert caught.value.message.count(";") == 2
    assert "Nothing is published yet." in caught.value.message


def test_an_empty_result_is_never_published(publish: Publish) -> None:
    with pytest.raises(DataError, match="0 rows are fewer than the 1 that are needed"):
        publish(recommendations(0), 1)


def test_coverage_counts_different_known_users(publish: Publish) -> None:
    nobody = pa.table({"user_id": pa.array([None], pa.string()), "item_id": ["i"]})
    known = pa.concat_tables([recommendations(8), recommendations(8), nobody])
    result = publish(recommendations(10, each=3, first=4), 1, users=known)
    assert pointer(result)["coverage"] == 0.5


def test_users_may_have_another_column_and_type(publish: Publish) -> None:
    users = pa.table({"who": pa.array([1, 2, 3, 4], pa.int64())})
    result = pa.table({"who": pa.array([1, 2, 9], pa.int32())})
    assert pointer(publish(result, 1, users=users, user_column="who"))["coverage"] == 0.5


def test_without_the_column_the_message_names_the_table(publish: Publish) -> None:
    with pytest.raises(DataError, match=r"users has no column 'user_id'\. Name the column that holds the user"):
        publish(recommendations(3), 1, users=pa.table({"who": ["a"]}))


def test_users_that_cannot_be_compared_are_told(publish: Publish) -> None:
    with pytest.raises(DataError, match=r"users\.user_id is of type int64 and result\.user_id of type string"):
        publish(recommendations(3), 1, users=pa.table({"user_id": [1]}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"apiVersion": "machiya/v2", "kind": "Published"}',
        '{"apiVersion": "machiya/v1", "kind": "Published"}',
    ],
)
def test_what_cannot_be_read_is_not_overwritten(publish: Publish, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "pointer.json").write_text(text)
    with pytest.raises(DataError, match="what is published cannot be read") as caught:
        publish(recommendations(3), 1, tmp_path / "odd")
    assert "remove it" in caught.value.remedy


def test_a_start_without_an_offset_is_refused(publish: Publish, tmp_path: Path) -> None:
    with pytest.raises(ArgumentsError, match="started"):
        publish(recommendations(3), 1, started="2026-11-05T03:00:00")
    first = pointer(publish(recommendations(3), 1))
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "pointer.json").write_text(json.dumps({**first, "started": "2026-11-05T03:00:00"}))
    with pytest.raises(DataError, match="without an offset"):
        publish(recommendations(3), 1, tmp_path / "odd")
