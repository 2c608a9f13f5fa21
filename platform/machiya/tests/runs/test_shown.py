"""What those who watch see of a run: numbers of its steps, and metrics as a file of their own."""

import json
from pathlib import Path

import pytest

from machiya.records import RunRecord
from machiya.records.artifacts import list_artifacts
from machiya.records.stores import store_of
from machiya_component.contract import raw_contract_json

from .conftest import Bench, computed


@pytest.fixture
def measuring(project: Path) -> None:
    """The project, where `count` puts out metrics, too, and exposes two of them: one is never computed."""
    contract = project / "toy" / "component.yaml"
    exposed = "scores: {type: metrics, expose: [letters@1, never]}"
    contract.write_text(
        contract.read_text().replace("number: {type: files}", f"number: {{type: files}}\n      {exposed}")
    )
    code = project / "toy" / "machiya_toy" / "component.py"
    text = code.read_text().replace("FilesInput, FilesOutput\n", "FilesInput, FilesOutput, MetricsOutput\n", 1)
    text = text.replace("number: FilesOutput, *", "number: FilesOutput, scores: MetricsOutput, *")
    text = text.replace('    print("counting', '    scores.write({"letters@1": 5, "more": 1})\n    print("counting')
    code.write_text(text)
    kept = project / "workflows" / "letters" / "contracts" / "toy-1.0.0.json"
    kept.write_text(raw_contract_json(contract))


@pytest.mark.usefixtures("measuring")
def test_numbers_are_in_the_record_and_a_view_in_the_store_but_not_among_the_artifacts(bench: Bench) -> None:
    record = bench.run()
    (step,) = record.find_steps("count")

    assert step.to_json()["numbers"] == {"scores-letters-1-value": 5.0}
    assert [artifact.port for artifact in list_artifacts(record, "count")] == ["number", "scores"]
    assert json.loads(seen(record)) == {"letters@1": 5, "more": 1}


@pytest.mark.usefixtures("measuring")
def test_a_step_from_the_cache_shows_the_view_of_the_run_that_computed_it(bench: Bench) -> None:
    first = bench.run()
    again = bench.run()

    assert computed(again) == []
    assert view_key(again) == view_key(first) == f"runs/{first.name}/count/_view/scores.json"
    assert json.loads(seen(again))["letters@1"] == 5


def view_key(record: RunRecord) -> str:
    """Where the file lies that Argo's UI would show."""
    (step,) = record.find_steps("count")
    return str(step.node.outputs.artifacts["scores-view"].key)


def seen(record: RunRecord) -> str:
    """What is in it."""
    place = record.folder.home / "seen"
    store_of(record).link(view_key(record), place)
    text = place.read_text()
    place.unlink()
    return text
