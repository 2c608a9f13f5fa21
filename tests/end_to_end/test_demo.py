"""What `make run` does: the four components one after another on the sample log."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from machiya_component.errors import ExitCode
from workflows.recommend.demo import Step, run

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "workflows" / "recommend" / "demo.py"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of one demonstration, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    call = subprocess.run([sys.executable, DEMO, folder], capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr
    return folder, call.stdout


def test_it_ends_with_a_report_of_both_results(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    report = folder / "report" / "out" / "report" / "index.html"
    assert printed.splitlines()[-1] == f"The report: {report}"
    text = report.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "<script" not in text


def test_als_beats_popularity_on_the_sample(demo: tuple[Path, str]) -> None:
    match = re.search(r"nDCG@10: ([\d.]+) \(als\), ([\d.]+) \(popularity\)", demo[1])
    assert match is not None
    assert float(match[1]) > float(match[2])


def test_every_artifact_says_what_it_was_made_from(demo: tuple[Path, str]) -> None:
    """The digests of a step's inputs are those of the outputs it got, but for tables gathered from shards."""
    folder, _ = demo

    def sidecar(path: str) -> dict[str, object]:
        document: dict[str, object] = json.loads((folder / path / "_artifact.json").read_text())
        return document

    interactions = sidecar("clean/out/interactions")["digest"]
    train = sidecar("split/out/train")
    assert train["inputs"] == {"interactions": interactions}
    assert sidecar("train/out/model")["inputs"] == {"interactions": train["digest"]}


def test_a_step_that_fails_ends_the_demonstration_with_its_code_and_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, Step("split", "preprocess", "split", {"interactions": tmp_path / "nothing"}))
    assert caught.value.code == ExitCode.DATA
    last, where = capsys.readouterr().err.splitlines()
    assert "interactions" in last
    assert where == f"The whole log: {tmp_path / 'split' / 'log.txt'}"
