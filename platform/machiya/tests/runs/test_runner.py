"""Runs as people ask for them: begun, again, continued; what they keep of data, store, launcher and code."""

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.engines.local import launching
from machiya.errors import ArgumentsError, EngineError, MachiyaError, NotFoundError

from .conftest import Bench, computed


def test_a_run_reads_its_data_and_gives_its_result(bench: Bench) -> None:
    record = bench.run(factor="3")
    assert (record.phase, bench.number(record)) == ("Succeeded", "15")
    assert bench.said == [
        f"reading log: {bench.project / 'data' / 'log.txt'}".replace(f"{bench.project}/", ""),
        "more: none is given",
    ]


def test_the_same_data_from_elsewhere_is_the_same(bench: Bench) -> None:
    bench.run()
    other = bench.project / "elsewhere.txt"
    other.write_text("hello")
    (bench.project / "folder").mkdir()
    (bench.project / "folder" / "log.txt").write_text("hello")
    assert computed(bench.run(log="folder")) == []
    other.write_text("hello again")
    assert computed(bench.run(log=str(other))) == ["read", "count"]


def test_a_run_again_has_the_data_of_the_first_whatever_became_of_it(bench: Bench) -> None:
    first = bench.run()
    log = bench.project / "data" / "log.txt"
    log.write_text("something else")
    assert computed(bench.again(first)) == []
    log.unlink()
    again = bench.again(first, factor="2")
    assert (computed(again), bench.number(again)) == (["count"], "10")


def test_a_run_again_reads_what_it_is_told_to(bench: Bench) -> None:
    first = bench.run()
    (bench.project / "data" / "log.txt").write_text("other")
    again = bench.again(first, log="data/log.txt")
    assert computed(again) == ["read", "count"]
    assert again.options["sources"]["log"]["digest"] != first.options["sources"]["log"]["digest"]


def test_optional_data_may_come_later_and_go_again(bench: Bench) -> None:
    first = bench.run()
    Path("more.txt").write_text("!!")
    more = bench.again(first, more="more.txt")
    assert bench.number(more) == "7"
    assert bench.number(bench.again(more)) == "7"
    without = bench.again(more, more="")
    assert (bench.number(without), computed(without)) == ("5", [])


def test_data_that_is_gone_from_the_store_is_read_again(bench: Bench) -> None:
    first = bench.run()
    shutil.rmtree(bench.home / "store" / "keys" / "inputs")
    bench.said.clear()
    assert bench.again(first).phase == "Succeeded"
    assert bench.said[0].startswith("reading log: ")


def test_a_store_is_that_of_the_run_afterwards_too(bench: Bench) -> None:
    url = str(bench.project / "team")
    first = bench.run(store=url)
    again = bench.again(first)
    assert (again.options["store"], computed(again)) == (url, [])
    assert computed(bench.run()) == ["read", "count"]
    assert not (bench.home / "store" / "keys" / "runs" / first.name).exists()


def test_code_is_that_of_the_beginning_when_a_run_is_continued(bench: Bench) -> None:
    first = bench.run(log=str(written(bench, "bad")))
    assert first.phase == "Failed"
    with bench.runner(launcher=None) as runner:
        assert runner.continued(first.name).execute().phase == "Failed"
    code = bench.project / "toy" / "machiya_toy" / "component.py"
    code.write_text(code.read_text().replace('"bad" in words', "False"))
    with bench.runner(launcher=None) as runner, pytest.raises(ArgumentsError) as caught:
        runner.continued(first.name)
    assert "the code of toy has changed since the run" in caught.value.message
    assert caught.value.remedy.endswith(f"machiya resubmit {first.name}")
    assert bench.again(first).phase == "Succeeded"


def test_a_test_or_a_document_is_no_change_of_code(bench: Bench) -> None:
    bench.run()
    (bench.project / "toy" / "README.md").write_text("Counts.")
    (bench.project / "toy" / "tests").mkdir()
    (bench.project / "toy" / "tests" / "test_toy.py").write_text("")
    assert computed(bench.run()) == []


def test_what_is_wrong_is_told_before_a_run_is_made(bench: Bench) -> None:
    with bench.runner() as runner:
        with pytest.raises(MachiyaError, match=r"nowhere\.txt"):
            runner.begin(bench.plan(log="nowhere.txt"))
        with pytest.raises(NotFoundError):
            runner.again("letters-development-000000", {})
        with pytest.raises(ArgumentsError, match="facter"):
            runner.again(bench.run().name, {"facter": "2"})
    assert len(list((bench.home / "runs").iterdir())) == 1


def test_the_process_launcher_runs_no_image(bench: Bench) -> None:
    plan = replace(bench.plan(), replaced={"toy": "machiya-test/toy:1.1.0"})
    with bench.runner() as runner, pytest.raises(ArgumentsError, match="the process launcher runs no images") as caught:
        runner.begin(plan)
    assert "--launcher docker" in caught.value.remedy


def test_nobody_says_which_launcher(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free.getsockname()[1]}")
        unreleased = bench.plan()
        assert launching.choose(unreleased) == "process"
        released = replace(unreleased, unreleased={})
        assert launching.choose(released) == "process", "no engine answers"
        with bench.runner("docker") as runner, pytest.raises(EngineError):
            runner.begin(unreleased)


def written(bench: Bench, text: str) -> Path:
    path = bench.project / "written.txt"
    path.write_text(text)
    return path
