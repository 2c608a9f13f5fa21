"""What another version of the recommender would change in the real workflow: real runs, without containers."""

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RECOMMENDER = ROOT / "components" / "recommender"
MACHIYA = Path(sys.executable).with_name("machiya")

Diff = Callable[..., str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The runs of this module share what they compute."""
    folder = tmp_path_factory.mktemp("home")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def machiya(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MACHIYA_HOME": str(home), "MACHIYA_SECRET_WEBHOOK": "http://127.0.0.1:9/"}
        return subprocess.run([MACHIYA, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return call


@pytest.fixture(scope="module")
def diff(machiya: Callable[..., subprocess.CompletedProcess[str]]) -> Diff:
    """`diff(VERSION, *WORDS, code=CODE)`: what `machiya diff recommend recommender VERSION` prints."""

    def call(version: Path | str, *words: str, code: int) -> str:
        done = machiya("diff", "recommend", "recommender", str(version), "--launcher", "process", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code in (0, 1, 3) and done.stdout else done.stderr

    return call


def copy(folder: Path, file: str = "", old: str = "", new: str = "") -> Path:
    """A working copy of the recommender, compiled as far as the original is, with one text replaced."""
    target = shutil.copytree(RECOMMENDER, folder / "recommender")
    if file:
        text = (target / file).read_text()
        assert text.count(old) == 1, old
        (target / file).write_text(text.replace(old, new))
    return target


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It begins at other factors, so that everybody's ranking differs a little."""
    line = "rng = np.random.default_rng(self.seed)"
    return copy(
        tmp_path_factory.mktemp("changed"), "machiya_recommender/als.py", line, line.replace("seed", "seed + 1")
    )


@pytest.fixture(scope="module")
def report(diff: Diff, changed: Path) -> dict[str, Any]:
    """What is said of the changed copy."""
    found: dict[str, Any] = json.loads(diff(changed, "--json", code=3))
    return found


def test_what_the_change_does_not_touch_is_computed_once(report: dict[str, Any]) -> None:
    base, candidate = report["runs"]["base"], report["runs"]["candidate"]
    assert candidate["cached"] == ["clean", "split"]
    assert candidate["computed"] == ["train", "predict (2 turns)", "evaluate", "report"]
    assert set(base["computed"] + base["cached"]) == set(candidate["computed"] + candidate["cached"])
    assert {one["step"]: one["same"] for one in report["cost"]} == {
        "clean": True,
        "split": True,
        **dict.fromkeys(("train", "predict", "evaluate", "report"), False),
    }


def test_the_results_are_compared_by_the_evaluation_component(report: dict[str, Any]) -> None:
    (result,) = report["results"]
    assert (result["name"], result["same"], result["k"]) == ("predict/recommendations", False, 10)
    everybody = next(one["statistics"] for one in result["segments"] if one["name"] == "all")
    assert 0 < everybody["overlap"] < 1
    assert 0 < everybody["rbo"] < 1
    assert everybody["changed_share"] > 0.5
    metrics = {one["name"]: one for one in result["metrics"] if one["segment"] == "all"}
    ndcg = metrics["ndcg@10"]
    assert ndcg["low"] < ndcg["difference"] < ndcg["high"]
    assert ndcg["difference"] == pytest.approx(ndcg["candidate"] - ndcg["base"])
    assert metrics["coverage@10"]["low"] is None
    assert metrics["coverage@10"]["base"] > 0


def test_the_examples_are_users_whose_lists_differ(report: dict[str, Any]) -> None:
    (result,) = report["results"]
    assert result["examples"]
    for example in result["examples"]:
        assert len(example["base"]) == len(example["candidate"]) == 5
        assert example["base"] != example["candidate"]


def test_the_cost_of_every_step_is_known_on_both_sides(report: dict[str, Any]) -> None:
    for one in report["cost"]:
        for side in ("before", "after"):
            assert set(one[side]) == {"seconds", "cpuSeconds", "peakMemory", "outputSize"}
            assert one[side]["peakMemory"] > 10 << 20


def test_what_is_not_at_hand_of_a_working_copy_is_said_and_is_no_go_ahead(report: dict[str, Any]) -> None:
    supply = report["supply"]
    assert (supply["conforms"], supply["packages"]) == (None, None)
    assert {note.partition(":")[0] for note in supply["notes"]} >= {"conformance", "packages"}
    assert {check["rule"] for check in report["checks"] if check["outcome"] == "look"} >= {"supply.conformance"}
    assert report["outcome"] == "look"


def test_the_runs_are_told_from_others_and_tell_nobody_of_their_end(
    report: dict[str, Any], machiya: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    runs = {run["id"]: run for run in json.loads(machiya("runs", "--json").stdout)}
    assert runs[report["runs"]["candidate"]["run"]]["purpose"] == "diff"
    shown = json.loads(machiya("show", report["runs"]["candidate"]["run"], "--json").stdout)
    assert "notify" not in json.dumps([step["name"] for step in shown["tree"]])


def test_the_same_question_again_is_answered_from_the_cache(diff: Diff, changed: Path, report: dict[str, Any]) -> None:
    again = json.loads(diff(changed, "--json", code=3))
    computed = [again["runs"][side]["computed"] for side in ("base", "candidate")]
    assert computed == [["report"], ["report"]], "each run has a view of its own"
    assert [without_view(result) for result in again["results"]] == [without_view(one) for one in report["results"]]
    assert {check["rule"] for check in again["checks"]} == {check["rule"] for check in report["checks"]}


def without_view(result: dict[str, Any]) -> dict[str, Any]:
    """What is said of a result, but for the run that made its view."""
    return {name: value for name, value in result.items() if name != "view"}


def test_a_view_shows_the_two_sides_with_what_the_comparison_found(
    report: dict[str, Any], machiya: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (result,) = report["results"]
    view = result["view"]
    assert (view["address"], view["problem"]) == (f"/go?run={view['run']}", "")
    machiya("artifacts", view["run"], "report/view", "--to", str(tmp_path / "view"))
    folder = next((tmp_path / "view").rglob("view.json")).parent
    head = json.loads((folder / "view.json").read_text())
    assert (head["run"], head["workflow"], head["stage"], head["k"]) == (view["run"], "recommend", "development", 10)
    base, candidate = [version["name"] for version in head["versions"]]
    assert base == f"recommender {report['before']['version']} ({report['before']['source']})"
    assert candidate.startswith(f"recommender {report['after']['version']} (")
    facts = json.loads((folder / "facts.json").read_text())
    (ndcg,) = [
        one for one in facts["metric_changes"] if (one["metric"], one["k"], one["segment"]) == ("ndcg", 10, "all")
    ]
    said = next(one for one in result["metrics"] if (one["name"], one["segment"]) == ("ndcg@10", "all"))
    assert (ndcg["low"], ndcg["high"]) == (said["low"], said["high"])


def gate_page(home: Path, run: str) -> str:
    """The gate of the comparison that `machiya view RUN` opens, as text."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MACHIYA), "view", run, "--port", str(port), "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().partition("  ")[0]
            with urllib.request.urlopen(address) as opened:
                pair = str(opened.url).partition("?")[0]
            with urllib.request.urlopen(f"{pair}/gate") as page:
                text = page.read().decode().replace("<wbr>", "")
        finally:
            process.terminate()
            process.wait(60)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


NAMES = {
    "results.min_overlap": "min_overlap",
    "results.max_lost_users": "max_lost_users_share",
    "results.max_left_items": "max_left_items_share",
    "results.metrics.ndcg@10": "min_ndcg@10_difference",
    "results.metrics.recall@10": "min_recall@10_difference",
}
"""Rules of the gate.yaml that views know by another name."""


def expected_outcome(check: dict[str, Any]) -> str:
    """What the gate of the view says of a check."""
    known = check["observed"] is not None
    return {"go": "pass", "no-go": "fail", "look": "warn" if known else "unknown"}[check["outcome"]]


def judged(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks that there was something to judge by: no step may be large enough for one of the cost."""
    return [check for check in checks if check["outcome"] != "go" or check["observed"] is not None]


def test_the_gate_of_the_view_has_the_rules_and_the_verdict_of_the_diff(report: dict[str, Any], home: Path) -> None:
    page = gate_page(home, report["results"][0]["view"]["run"])
    assert report["outcome"] == "look", "nobody stated that the copy conforms"
    assert "Gate: NOT ENOUGH DATA" in page
    words = {"pass": "PASS", "fail": "FAIL", "warn": "WARN", "unknown": "NOT ENOUGH DATA"}
    rules = page.partition("rule threshold observed outcome")[2].partition("Metrics")[0]
    for check in judged(report["checks"]):
        name = NAMES.get(check["rule"], check["rule"])
        told = re.search(rf"{re.escape(name)} .*?({'|'.join(words.values())})", rules)
        assert told is not None, name
        assert told[1] == words[expected_outcome(check)], name
        rules = rules[told.end() :]
    (conformance,) = [check for check in report["checks"] if check["rule"] == "supply.conformance"]
    assert conformance["text"] in page
    assert (conformance["threshold"], conformance["observed"]) == (1, None)


def on_sample(tmp_path: Path) -> tuple[Path, list[str]]:
    """A copy of the workflow, and the words that tell it where its data is."""
    folder = shutil.copytree(ROOT / "workflows" / "recommend", tmp_path / "recommend")
    sample = ROOT / "components" / "preprocess" / "sample"
    return folder, [word for name in ("events", "catalogue") for word in ("-p", f"{name}={sample / name}")]


@pytest.mark.parametrize(
    ("part", "code", "outcome", "heading"), [("no-go", 1, "fail", "Gate: FAIL"), ("look", 3, "warn", "Gate: WARN")]
)
def test_a_threshold_that_is_broken_is_broken_in_the_view(
    changed: Path,
    machiya: Callable[..., subprocess.CompletedProcess[str]],
    home: Path,
    tmp_path: Path,
    part: str,
    code: int,
    outcome: str,
    heading: str,
) -> None:
    folder, places = on_sample(tmp_path)
    gate = {part: {"results": {"min_overlap": 1.0, "max_lost_users": 0.5}}, "compare": {"k": 10}}
    (folder / "gate.yaml").write_text(json.dumps(gate))
    done = machiya("diff", str(folder), "recommender", str(changed), *places, "--launcher", "process", "--json")
    assert done.returncode == code, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["view"]["problem"] == "", done.stderr
    machiya("artifacts", result["view"]["run"], "report/view", "--to", str(tmp_path / "view"))
    view = next((tmp_path / "view").rglob("view.json")).parent
    assert json.loads((view / "view.json").read_text())["outcome"] == outcome
    overlap, lost = json.loads((view / "facts.json").read_text())["rules"]
    assert (overlap["rule"], overlap["threshold"], overlap["outcome"]) == ("min_overlap", 1.0, outcome)
    assert overlap["observed"] == next(
        one["statistics"]["overlap"] for one in result["segments"] if one["name"] == "all"
    )
    assert (lost["rule"], lost["observed"], lost["outcome"]) == ("max_lost_users_share", 0.0, "pass")
    assert heading in gate_page(home, result["view"]["run"])
    assert not list((home / "tmp").glob("look-*")), "nothing of the table stays beside the store"


def test_a_view_that_cannot_be_made_is_said_and_stops_nothing(
    changed: Path, machiya: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The kept contract of this copy of the workflow promises more than the viewer takes: any name of a version."""
    folder, places = on_sample(tmp_path)
    kept = folder / "contracts" / "viewer-1.0.0.json"
    contract = json.loads(kept.read_text())
    contract["operations"]["report"]["parameters"]["candidate_name"]["maxLength"] = 10_000
    kept.write_text(json.dumps(contract))
    long_name = shutil.copytree(changed, tmp_path / ("x" * 70))
    words = ["diff", str(folder), "recommender", str(long_name), *places, "--launcher", "process", "--json"]
    done = machiya(*words)
    assert done.returncode == 3, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["metrics"]
    assert result["view"]["address"] == ""
    assert "candidate_name" in result["view"]["problem"]


def test_every_format_says_the_same(diff: Diff, changed: Path, report: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    text = diff(changed, "--html", str(page), code=3)
    assert text.splitlines()[1].startswith("look: ")
    markdown = diff(changed, "--markdown", code=3)
    (result,) = report["results"]
    for printed in (text, markdown, page.read_text()):
        assert result["examples"][0]["user"] in printed
        assert "machiya view recommend-diff-development-" in printed
        assert f"{result['metrics'][0]['difference']:+.4f}" in printed


def test_a_copy_that_is_equal_changes_nothing(diff: Diff, tmp_path: Path) -> None:
    report = json.loads(diff(copy(tmp_path), "--json", code=3))
    assert [one["same"] for one in report["cost"]] == [True] * 6
    assert [(result["same"], result["view"]) for result in report["results"]] == [(True, None)]
    assert {check["rule"] for check in report["checks"] if check["outcome"] != "go"} == {
        "supply.conformance",
        "supply.max_new_packages",
    }


def test_the_input_is_that_of_the_stages_last_run_even_when_its_files_are_gone(
    diff: Diff, machiya: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    log = shutil.copytree(ROOT / "components" / "preprocess" / "sample" / "events", tmp_path / "log")
    words = ["-p", f"events={log}", "-p", "factors=4", "--launcher", "process", "--json"]
    ran = json.loads(machiya("run", "recommend", *words).stdout)
    shutil.rmtree(log)
    report = json.loads(diff(RECOMMENDER, "--json", code=3))
    assert report["inputs"] == f"the run {ran['run']}"
    assert report["runs"]["base"]["computed"] == ["report"]
    other = json.loads(diff(RECOMMENDER, "--run", "sample", "-p", "factors=3", "--json", code=3))
    assert other["inputs"] == "the workflow's defaults, with factors=3"
    assert "train" in other["runs"]["base"]["computed"] + other["runs"]["base"]["cached"]


def test_what_is_held_out_otherwise_is_not_compared_in_pairs(
    machiya: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    source = ROOT / "components" / "preprocess"
    target = shutil.copytree(source, tmp_path / "preprocess")
    program = target / "machiya_preprocess" / "component.py"
    text = program.read_text()
    assert text.count("test_share=test_share,") == 1
    program.write_text(text.replace("test_share=test_share,", "test_share=test_share + 0.1,"))
    words = ["recommend", "preprocess", str(target), "--run", "sample", "--launcher", "process", "--json"]
    done = machiya("diff", *words)
    assert done.returncode == 3, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert "held-out interactions of its own" in result["note"]
    ndcg = next(one for one in result["metrics"] if one["name"] == "ndcg@10")
    assert (ndcg["difference"] != 0, ndcg["low"], ndcg["high"]) == (True, None, None)


def test_a_candidate_that_does_not_run_is_no_go_with_the_reason(diff: Diff, tmp_path: Path) -> None:
    line = "rng = np.random.default_rng(self.seed)"
    broken = copy(tmp_path, "machiya_recommender/als.py", line, 'raise RuntimeError("no factors today")')
    report = json.loads(diff(broken, "--run", "sample", "--json", code=1))
    assert (report["outcome"], report["results"]) == ("no-go", [])
    run = next(check for check in report["checks"] if check["rule"] == "run")
    assert (run["outcome"], "train" in run["text"]) == ("no-go", True)


def test_a_contract_that_the_workflow_cannot_live_with_is_no_go_and_nothing_runs(diff: Diff, tmp_path: Path) -> None:
    renamed = copy(tmp_path, "component.yaml", "      factors: {", "      dimensions: {")
    contract = renamed / "component.yaml"
    contract.write_text(contract.read_text().replace("factors: 8", "dimensions: 8"))  # in its samples
    report = json.loads(diff(renamed, "--json", code=1))
    assert report["runs"] == {"base": None, "candidate": None}
    broken = [one for one in report["contract"] if one["verdict"] == "breaking"]
    assert [(one["rule"], one["where"]) for one in broken] == [("parameter.removed", "train.parameters.factors")]
    assert broken[0]["places"][0]["file"].endswith("workflow.py")
    rules = {check["rule"] for check in report["checks"] if check["outcome"] == "no-go"}
    assert rules == {"run", "contract.max_breaking"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["recommend", "recomender", "1.0.0"], 64, "pins no recomender"),
        (["recommend", "recommender", "1.1.0"], 64, "registry"),
        (["recommend", "recommender", "./nothing"], 66, "there is no folder ./nothing"),
        (["recommend", "recommender", "components/viewer"], 64, "that is the component viewer"),
        (["recommend", "recommender", "components/recommender", "--stage", "prod"], 66, "no stage 'prod'"),
        (["recommend", "recommender", "components/recommender", "--run", "none"], 66, "none"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    machiya: Callable[..., subprocess.CompletedProcess[str]], words: list[str], code: int, message: str
) -> None:
    done = machiya("diff", *words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
