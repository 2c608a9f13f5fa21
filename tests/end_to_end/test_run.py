"""What `make run` does, and what a user's own log needs: the whole workflow, without containers."""

import gzip
import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.end_to_end import shown

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "components" / "preprocess" / "sample" / "events"
MACHIYA = Path(sys.executable).with_name("machiya")

PATIENCE = 20_000
"""Times that the viewer is asked for a run that it does not know yet: it looks for new ones every few seconds."""

Machiya = Callable[..., str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def machiya(home: Path) -> Machiya:
    """`machiya(*WORDS)`: what a command prints, with the runs of this module."""

    def call(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [MACHIYA, *words, "--home", str(home)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    return call


def run(machiya: Machiya, *words: str) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(machiya("run", "recommend", "--launcher", "process", "--json", *words))
    return summary


@pytest.fixture(scope="module")
def first(machiya: Machiya) -> dict[str, Any]:
    """The run of the sample, from nothing."""
    return run(machiya)


def metrics(machiya: Machiya, name: str, target: Path) -> Mapping[str, float]:
    machiya("artifacts", name, "evaluate/metrics", "--to", str(target))
    found: dict[str, float] = json.loads(next(target.rglob("metrics.json")).read_text())
    return found


def computed(machiya: Machiya, name: str) -> set[str]:
    return shown.computed(json.loads(machiya("show", name, "--json")))


def test_it_ends_with_a_report_that_stands_alone(first: dict[str, Any]) -> None:
    assert first["phase"] == "Succeeded"
    report = next(Path(path) for path in first["results"] if path.endswith("report/report")) / "index.html"
    text = report.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "<script" not in text
    assert [Path(path).name for path in first["results"]] == ["recommendations", "report"], "views are for the viewer"


def test_a_second_run_computes_nothing(machiya: Machiya, first: dict[str, Any]) -> None:
    again = run(machiya)
    assert computed(machiya, again["run"]) == set()
    assert [Path(path).name for path in again["results"]] == [Path(path).name for path in first["results"]]


def test_another_value_computes_only_what_it_touches(machiya: Machiya, first: dict[str, Any], tmp_path: Path) -> None:
    other = run(machiya, "-p", "algorithm=popularity")
    assert computed(machiya, other["run"]) == {"train", "predict(0:00000)", "predict(1:00001)", "evaluate"}
    als = metrics(machiya, first["run"], tmp_path / "als")["ndcg@10"]
    assert als > metrics(machiya, other["run"], tmp_path / "popularity")["ndcg@10"]


@pytest.mark.usefixtures("first")
def test_a_parameter_of_evaluate_reruns_only_evaluate(machiya: Machiya) -> None:
    other = run(machiya, "-p", "cutoffs=[5, 10]")
    assert computed(machiya, other["run"]) == {"evaluate"}


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_a_log_of_ones_own_is_read_by_its_own_names(machiya: Machiya, tmp_path: Path, kind: str) -> None:
    lines = "".join(path.read_text() for path in sorted(EVENTS.glob("*.csv"))).splitlines()
    head = lines[0]
    renamed = head.replace("user_id", "member").replace("item_id", "job").replace("event", "action")
    text = "\n".join([renamed, *(line for line in lines if line != head)]) + "\n"
    log = tmp_path / f"log.{kind}"
    if kind == "csv.gz":
        log.write_bytes(gzip.compress(text.encode()))
    else:
        log.write_text(text)
    if kind == "parquet":
        strings = pacsv.ConvertOptions(column_types=dict.fromkeys(renamed.split(","), "string"))
        pq.write_table(pacsv.read_csv(log, convert_options=strings), log)
    names = {"user_column": "member", "item_column": "job", "event_column": "action"}
    words = [word for name, value in names.items() for word in ("-p", f"{name}={value}")]
    assert run(machiya, "-p", f"events={log}", *words)["phase"] == "Succeeded"


def test_a_wrong_column_ends_with_the_step_its_last_words_and_how_to_go_on(machiya: Machiya) -> None:
    told = machiya("run", "recommend", "--launcher", "process", "-p", "user_column=member", code=1)
    assert "failed at clean" in told
    assert "data breaks the contract" in told
    assert "member" in told
    assert "run it anew: machiya resubmit recommend-development-" in told


@contextmanager
def viewing(home: Path, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`machiya view WORDS` while it serves: the process, and the address that it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MACHIYA), "view", *words, "--port", str(port), "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address, _, told = process.stdout.readline().partition("  ")
            assert told == "(Ctrl-C ends it)\n"
            assert address.startswith(f"http://127.0.0.1:{port}/")
            yield process, address
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0


def page(address: str) -> str:
    """What a browser gets, after redirects; empty where the viewer does not know it (yet)."""
    try:
        with urllib.request.urlopen(address) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_viewer_shows_a_run_until_it_is_told_to_end(first: dict[str, Any], home: Path, number: int) -> None:
    with viewing(home, first["run"]) as (process, address):
        assert address.endswith(f"/go?run={first['run']}")
        assert first["run"] in page(address)
        process.send_signal(number)
        assert process.wait(60) == 0
    assert not list((home / "tmp").glob("view-*"))


def test_a_run_that_took_all_from_the_cache_appears_while_the_viewer_serves(
    machiya: Machiya, first: dict[str, Any], home: Path
) -> None:
    with viewing(home, first["run"]) as (_, address):
        again = run(machiya)["run"]
        assert computed(machiya, again) == set()
        shown_runs = (page(address.replace(first["run"], again)) for _ in range(PATIENCE))
        assert again in next(filter(None, shown_runs), ""), "the new run does not appear"
        assert first["run"] in page(address)


def test_without_a_name_the_newest_run_with_a_view_is_shown(machiya: Machiya, home: Path) -> None:
    newest = run(machiya)["run"]
    machiya("run", "recommend", "--launcher", "process", "-p", "user_column=member", code=1)
    with viewing(home) as (_, address):
        assert address.endswith(f"/go?run={newest}")
        assert newest in page(address)


def test_a_run_without_a_view_says_how_to_get_one(machiya: Machiya) -> None:
    machiya("run", "recommend", "--launcher", "process", "-p", "user_column=member", code=1)
    failed = next(one["id"] for one in json.loads(machiya("runs", "--json")) if one["phase"] == "Failed")
    told = machiya("view", failed, code=66)
    assert f"the run {failed} " in told
    assert f"machiya explain {failed}" in told


def test_every_artifact_can_be_traced_to_the_raw_log(machiya: Machiya, first: dict[str, Any]) -> None:
    traced = json.loads(machiya("provenance", f"{first['run']}/report/report", "--json"))
    locations = {one["location"] for one in traced["artifacts"] if one["kind"] == "source"}
    assert {Path(location).name for location in locations} == {"events", "catalogue"}
