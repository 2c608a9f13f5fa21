"""`machiya view`: the service of a component of a run, on what the run made."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from machiya.engines.local.service import Fixed, serve
from machiya.errors import EngineError, NotFoundError
from machiya.records import RunRecord
from machiya.records.feeding import RunFeed
from machiya.records.services import ServiceCall, find_service
from machiya.records.stores import store_of
from machiya_component.contract import Contract, load_contract

from .conftest import Bench, Machiya, computed


@pytest.fixture
def record(bench: Bench) -> RunRecord:
    return bench.run()


def found(record: RunRecord, project: Path) -> ServiceCall:
    def contract_of(name: str) -> Contract | None:
        return load_contract(project / "toy") if name == "toy" else None

    return find_service(record, contract_of)


def test_the_service_gets_what_the_latest_step_read(record: RunRecord, project: Path) -> None:
    call = found(record, project)
    assert (call.component, call.operation.name, call.step) == ("toy", "serve", "count")
    assert call.inputs == {"text": (f"runs/{record.name}/read/text",)}


def test_a_run_without_a_service_says_what_it_takes(record: RunRecord) -> None:
    with pytest.raises(NotFoundError, match=r"nothing in the run .* can be served") as caught:
        find_service(record, lambda _name: None)
    assert "must be installed here" in caught.value.remedy


def test_without_shows_the_version_of_the_run_is_needed(record: RunRecord, project: Path) -> None:
    contract = project / "toy" / "component.yaml"
    contract.write_text(contract.read_text().replace("version: 1.0.0", "version: 1.1.0"))
    with pytest.raises(NotFoundError, match="can be served"):
        found(record, project)


def test_a_port_that_is_taken_is_named_before_anything_starts(record: RunRecord, project: Path) -> None:
    call = found(record, project)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        feed = Fixed(store_of(record), call.inputs)
        with pytest.raises(EngineError, match=f"port {port} cannot be listened on") as caught:
            serve(call.component, call.operation, feed, project / "tmp", port, pytest.fail)
    assert caught.value.remedy == "Name another: --port"
    assert not (project / "tmp").exists()


# Services that show outputs of many runs


SHOWS = """\
  serve:
    summary: Shows the numbers of all runs.
    service: {port: 8000, health: /healthz, shows: {numbers: count.number}}
    inputs:
      numbers: {type: files, optional: true}
    samples:
      small: {inputs: {numbers: sample/log}}
"""
SERVE = """\
@component.operation
def serve(context: Context, numbers: FilesInput | None) -> None:
    pass
"""


@pytest.fixture
def showing(project: Path) -> Path:
    """The project with a service that shows the numbers of all runs."""
    for name, begins, other in (
        ("component.yaml", "  serve:\n", SHOWS),
        ("machiya_toy/component.py", "@component.operation\ndef serve", SERVE),
    ):
        path = project / "toy" / name
        text = path.read_text()
        path.write_text(text[: text.index(begins)] + other)
    return project


def laid(inputs: Path) -> dict[str, str]:
    """What lies below the service's port: RUN/STEP, and the number in it."""
    folder = inputs / "numbers"
    return {path.parent.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("number")}


def test_a_service_with_shows_is_fed_what_the_run_put_out(bench: Bench, showing: Path, tmp_path: Path) -> None:
    record = bench.run()
    call = found(record, showing)
    assert (call.operation.name, call.step, call.inputs) == ("serve", "count", {})

    RunFeed(record, call).first(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{record.name}/count": "5"}


def test_other_runs_lie_beside_it_and_new_ones_appear(bench: Bench, showing: Path, tmp_path: Path) -> None:
    older, record = bench.run(factor="2"), bench.run()
    feed = RunFeed(record, found(record, showing))
    feed.first(tmp_path / "in")
    feed.more(tmp_path / "in")
    expected = {f"{older.name}/count": "10", f"{record.name}/count": "5"}
    assert laid(tmp_path / "in") == expected

    newer = bench.run(factor="3")
    feed.more(tmp_path / "in")
    assert laid(tmp_path / "in") == expected | {f"{newer.name}/count": "15"}
    assert sorted(path.name for path in tmp_path.iterdir() if path.name in ("new", "old")) == []


def test_a_run_whose_steps_came_from_the_cache_is_shown_as_its_own(bench: Bench, showing: Path, tmp_path: Path) -> None:
    first, again = bench.run(), bench.run()
    assert computed(again) == []

    feed = RunFeed(again, found(again, showing))
    feed.first(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{again.name}/count": "5"}
    feed.more(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{again.name}/count": "5", f"{first.name}/count": "5"}


def test_only_the_newest_runs_are_shown_and_the_one_that_is_asked_for(
    bench: Bench, showing: Path, tmp_path: Path
) -> None:
    asked, between, newest = bench.run(factor="1"), bench.run(factor="2"), bench.run(factor="3")
    feed = RunFeed(asked, found(asked, showing), max_runs=1)
    feed.first(tmp_path / "in")
    feed.more(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{asked.name}/count": "5", f"{newest.name}/count": "15"}
    assert not (tmp_path / "in" / "numbers" / between.name).exists()


def test_what_is_made_anew_takes_the_place_of_the_earlier(bench: Bench, showing: Path, tmp_path: Path) -> None:
    record = bench.run()
    feed = RunFeed(record, found(record, showing))
    feed.first(tmp_path / "in")
    feed.more(tmp_path / "in")
    other = tmp_path / "other"
    other.mkdir()
    (other / "number").write_text("7")
    (output,) = [step.node.outputs.artifacts["number"] for step in record.steps if step.name == "count"]
    store_of(record).put(other, output.key)

    feed.more(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{record.name}/count": "5"}, "the run did not go on"
    os.utime(bench.home / "runs" / record.name / "events.jsonl")
    feed.more(tmp_path / "in")
    assert laid(tmp_path / "in") == {f"{record.name}/count": "7"}


def test_a_run_that_failed_before_says_how_to_go_on(bench: Bench, showing: Path) -> None:
    (showing / "data" / "log.txt").write_text("bad")
    failed = bench.run()
    with pytest.raises(NotFoundError, match=f"the run {failed.name} ") as caught:
        found(failed, showing)
    assert f"machiya explain {failed.name}" in caught.value.remedy


def test_a_run_of_a_version_that_made_nothing_to_show_says_so(record: RunRecord, showing: Path) -> None:
    contract = showing / "toy" / "component.yaml"
    text = contract.read_text()
    contract.write_text(
        text.replace("count.number", "count.page").replace("number: {type: files}", "page: {type: files}")
    )
    with pytest.raises(NotFoundError, match=r"has no count\.page: toy 1\.0\.0 of its step count does not make it"):
        found(record, showing)


def test_what_is_gone_from_the_store_is_made_again_by_a_new_run(bench: Bench, showing: Path, tmp_path: Path) -> None:
    record = bench.run()
    call = found(record, showing)
    shutil.rmtree(bench.home / "store" / "keys")
    with pytest.raises(NotFoundError, match="not in the store any more") as caught:
        RunFeed(record, call).first(tmp_path / "in")
    assert caught.value.remedy == f"`machiya resubmit {record.name}` makes it again."


def test_without_runs_the_command_says_how_to_begin(machiya: Machiya) -> None:
    assert "there are no runs in" in machiya("view", code=66)


def test_where_no_run_is_named_and_none_can_be_shown_the_newest_says_why(bench: Bench, machiya: Machiya) -> None:
    bench.run()
    newest = bench.run(factor="2")
    assert f"nothing in the run {newest.name} can be served" in machiya("view", code=66)
