"""The days of a table: usual, changed, stopped, let through, and known from then on."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from machiya_component.artifacts import Producer
from machiya_component.artifacts.sidecar import describe, seal
from machiya_component.contract.complete import table_schema
from machiya_component.contract.model import ArtifactType, Port
from machiya_component.errors import ArgumentsError, DataError
from machiya_component.ports import TableOutput
from machiya_component.testing import Result, run_operation

from machiya_watch.component import component

SCHEMA = {
    "fields": [
        {"name": "job", "type": "string"},
        {
            "name": "category",
            "type": "string",
            "watch": {"newValues": "error", "nullShare": {"warn": 0.01, "error": 0.05}},
        },
        {"name": "weight", "type": "number", "watch": {"mean": {"warn": 0.1, "error": 0.3}}},
    ],
    "primaryKey": "job",
}


def items(**columns: Any) -> pa.Table:
    """400 jobs of two categories."""
    usual = {
        "job": [f"job-{number}" for number in range(400)],
        "category": ["sales", "care"] * 200,
        "weight": [1.0, 2.0, 3.0, 2.0] * 100,
    }
    return pa.table(usual | columns)


def artifact(folder: Path, table: pa.Table) -> Path:
    """A table as a step leaves it: with a sidecar that carries the schema."""
    folder.mkdir(parents=True)
    TableOutput(folder).write(table)
    port = Port(name="items", type=ArtifactType.parse("table"), table_schema=table_schema(SCHEMA))
    seal(folder, describe(folder, port, Producer(component="a", version="1.0.0", operation="b"), {}, None))
    return folder


class Days:
    """What the steps of a workflow do, day after day; the history is kept between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history: Path | None = None
        self.calls = 0

    def call(self, operation: str, inputs: dict[str, Any], **parameters: Any) -> Result:
        self.calls += 1
        return run_operation(
            component, operation, folder=self.folder / str(self.calls), inputs=inputs, parameters=parameters
        )

    def compare(self, day: int, table: pa.Table | Path, **parameters: Any) -> Result:
        inputs: dict[str, Any] = {"data": table}
        if isinstance(table, pa.Table):
            inputs["data"] = artifact(self.folder / f"data-{self.calls}", table)
        if self.history:
            inputs["history"] = self.history
        started = f"2026-11-{day:02}T03:00:00Z"
        return self.call("compare", inputs, table="items", run=f"run-{day}", started=started, **parameters)

    def gate(self, compared: Result, accept: str = "", **parameters: Any) -> Result:
        return self.call("gate", {"findings": compared.path("findings")}, accept=accept, **parameters)

    def remember(self, compared: Result, **parameters: Any) -> None:
        earlier = {"earlier": self.history} if self.history else {}
        done = self.call("remember", {"snapshot": compared.path("snapshot"), **earlier}, **parameters)
        self.history = done.path("history")

    def day(self, day: int, table: pa.Table, accept: str = "") -> Result:
        """All three, as in a run that succeeds."""
        compared = self.compare(day, table)
        self.gate(compared, accept)
        self.remember(compared)
        return compared

    def remembered(self) -> list[str]:
        assert self.history is not None
        return [run["run"] for run in json.loads((self.history / "history.json").read_text())["runs"]]


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path)


def found(compared: Result) -> dict[str, str]:
    """What is no news is left out."""
    changes = json.loads((compared.path("findings") / "findings.json").read_text())["changes"]
    return {f"{one['column']}.{one['measure']}": one["level"] for one in changes if one["level"]}


def test_a_new_category_stops_the_run_until_it_is_let_through_and_is_known_then(days: Days) -> None:
    days.day(1, items())
    space = items(category=["sales", "care"] * 199 + ["space", "sales"])

    compared = days.compare(2, space)
    assert found(compared) == {"category.newValues": "error"}
    with pytest.raises(DataError) as caught:
        days.gate(compared)
    assert caught.value.message == "items.category.newValues: 'space', not in the last good runs."
    assert caught.value.remedy.endswith("run it again with -p accept=items.category.newValues")

    passed = days.gate(compared, accept="items.category.newValues")
    assert passed.metrics() == {"warnings": 0, "accepted": 1, "tolerated": 0}
    days.remember(compared)
    assert found(days.day(3, space)) == {}


def test_more_missing_values_warn_and_many_stop(days: Days) -> None:
    days.day(1, items())

    few = days.compare(2, items(category=["sales", "care"] * 192 + [None] * 16))
    assert found(few) == {"category.nullShare": "warn"}
    assert days.gate(few).metrics() == {"warnings": 1, "accepted": 0, "tolerated": 0}

    many = days.compare(2, items(category=["sales", "care"] * 180 + [None] * 40))
    with pytest.raises(DataError, match=r"items\.category\.nullShare: 10\.0% are missing, 0\.0% before"):
        days.gate(many)


def test_weights_that_are_all_higher_stop_with_their_numbers(days: Days) -> None:
    days.day(1, items())
    compared = days.compare(2, items(weight=[2.0, 3.0, 4.0, 3.0] * 100))

    assert found(compared) == {"weight.mean": "error", "weight.psi": "warn"}
    with pytest.raises(DataError, match=r"the mean is 3, 2 before \(1\.41 standard deviations\)"):
        days.gate(compared)
    assert compared.metrics()["psi.weight"] > 0.25
    assert (compared.metrics()["errors"], compared.metrics()["warnings"]) == (1, 1)


def test_all_errors_are_named_and_a_column_or_a_table_lets_them_through(days: Days) -> None:
    days.day(1, items())
    compared = days.compare(2, items(category=["space", None] * 200, weight=[9.0] * 400))
    errors = "items.category.newValues,items.category.nullShare,items.weight.mean"

    with pytest.raises(DataError, match=f"accept={errors}$"):
        days.gate(compared)
    with pytest.raises(DataError, match=r"accept=.*weight"):
        days.gate(compared, accept="items.category, other.weight, items.weigh")
    for accept in ("items", "items.category, items.weight.mean", errors):
        assert days.gate(compared, accept=accept).metrics()["accepted"] == 3


def test_at_a_lenient_stage_errors_only_warn(days: Days) -> None:
    days.day(1, items())
    compared = days.compare(2, items(category=["space", "sales"] * 200))

    assert days.gate(compared, stage="development").metrics()["tolerated"] == 1
    for parameters in ({"stage": "production"}, {"stage": "development", "lenient_stages": "test, devel"}):
        with pytest.raises(DataError):
            days.gate(compared, **parameters)


def test_without_a_history_everything_passes_and_it_begins(days: Days) -> None:
    compared = days.compare(1, items())

    assert found(compared) == {}
    assert "no good run yet" in (compared.path("report") / "index.html").read_text()
    days.gate(compared)
    days.remember(compared)
    assert days.remembered() == ["run-1"]


def test_a_run_that_is_done_again_is_remembered_once_and_not_compared_with_itself(days: Days) -> None:
    days.day(1, items())
    space = items(category=["sales", "space"] * 200)
    compared = days.day(2, space, accept="items")
    before = days.history

    again = days.compare(2, space)
    assert found(again) == found(compared)
    days.remember(again)
    assert before is not None
    assert days.history is not None
    assert (days.history / "history.json").read_bytes() == (before / "history.json").read_bytes()


def test_an_older_run_that_ends_late_takes_its_place_by_its_start_and_the_oldest_are_forgotten(days: Days) -> None:
    for day in (3, 1, 4, 2):
        days.remember(days.compare(day, items(weight=[float(day)] * 400)), keep=3)

    assert days.remembered() == ["run-4", "run-3", "run-2"]


def test_the_same_data_is_remembered_once_and_found_the_same_so_that_the_gate_comes_from_the_cache(days: Days) -> None:
    days.day(1, items(weight=[4.0] * 400))
    days.day(2, items(), accept="items")
    again = days.day(3, items())
    once_more = days.day(4, items())

    assert days.remembered() == ["run-2", "run-1"]
    assert again.sidecars["findings"].digest == once_more.sidecars["findings"].digest

    days.day(5, items(weight=[4.0] * 400))
    assert days.remembered() == ["run-5", "run-2"], "it takes the place of the earlier run"


def test_a_table_without_a_sidecar_is_looked_at_itself(days: Days, tmp_path: Path) -> None:
    """What a fan-out wrote: parts, each with a sidecar."""
    days.day(1, items())
    for place in range(2):
        artifact(tmp_path / "parts" / f"{place:05}", items(category=["sales", "space"] * 200).slice(200 * place, 200))
    compared = days.compare(2, tmp_path / "parts")

    assert compared.metrics()["rows"] == 400
    assert found(compared)["category.newValues"] == "error"


def test_the_parameter_takes_the_place_of_the_contract(days: Days) -> None:
    days.day(1, items())
    changed = items(category=["sales", "space"] * 200, weight=[2.0, 3.0, 4.0, 3.0] * 100)

    thresholds = {"columns": {"category": False, "weight": {"mean": {"warn": 1.2}, "psi": False}}, "table": False}
    assert found(days.compare(2, changed, thresholds=thresholds)) == {"weight.mean": "warn"}
    with pytest.raises(ArgumentsError, match=r"--thresholds: columns\.weight.*Example"):
        days.compare(2, changed, thresholds={"columns": {"weight": {"median": {"warn": 1}}}})


@pytest.mark.parametrize(
    ("operation", "port", "name", "words"),
    [
        ("remember", "earlier", "history.json", "is no history.*Delete the file"),
        ("remember", "earlier", "other.json", "there is no history.json"),
        ("remember", "snapshot", "snapshot.json", "is not what compare writes"),
        ("gate", "findings", "findings.json", "is not what compare writes"),
    ],
)
@pytest.mark.parametrize("text", ["no json", '{"table": "a", "changes": [1], "notes": []}'])
def test_files_that_are_something_else_are_refused(
    days: Days, tmp_path: Path, operation: str, port: str, name: str, words: str, text: str
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / name).write_text(text, encoding="utf-8")
    inputs = {port: broken}
    if port == "earlier":
        inputs["snapshot"] = days.compare(1, items()).path("snapshot")

    with pytest.raises(DataError, match=words):
        days.call(operation, inputs)
