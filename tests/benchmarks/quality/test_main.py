"""From a file to the table."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.quality import __main__ as main
from tests.benchmarks.quality.logs import read_log
from tests.benchmarks.quality.report import Result, table

ROOT = Path(__file__).parents[3]
QUICK = ["--factors", "6", "--iterations", "8", "--trials", "4"]


def quality(*given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "tests.benchmarks.quality", *given]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def cells(text: str) -> dict[str, list[str]]:
    """Model -> the other cells of its row."""
    lines = [line.strip("| ") for line in text.splitlines() if line.startswith("|")]
    rows = [line.split(" | ") for line in lines]
    return {row[0]: row[1:] for row in rows[2:]}


def test_a_file_becomes_a_table_in_which_tastes_beat_popularity(ratings_csv: Path) -> None:
    call = quality(str(ratings_csv), "--heldout", "40", *QUICK)
    assert call.returncode == 0, call.stderr
    assert "ratings.csv, protocol strong, 40 + 40 users held out:" in call.stdout
    rows = cells(call.stdout)
    assert list(rows) == ["popularity", "implicit ALS", "ALS of recommender, frequency-scaled", "EASE"]
    ndcg = {name: float(row[3].split()[0]) for name, row in rows.items()}
    assert min(ndcg.values()) == ndcg["popularity"] < 0.7 * ndcg["EASE"]
    assert rows["popularity"][4].startswith("-0.")
    assert re.fullmatch(r"alpha \S+, regularization \S+", rows["implicit ALS"][0])
    assert "EASE 1/2: l2" in call.stderr, "whoever waits sees how far it is"


def test_a_model_that_needs_more_memory_than_there_is_is_left_out(
    ratings_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "available_memory", lambda: 12 * 60**2)
    monkeypatch.setattr(sys, "argv", ["quality", str(ratings_csv), "--heldout", "40", *QUICK])
    main.main()
    printed = capsys.readouterr().out
    assert "EASE is left out: it needs 0 GiB of memory.\n" in printed
    assert list(cells(printed)) == ["popularity", "implicit ALS", "ALS of recommender, frequency-scaled"]


def test_what_cannot_be_used_ends_with_one_sentence(ratings_csv: Path) -> None:
    call = quality(str(ratings_csv))
    assert call.returncode == 1
    assert call.stderr.startswith("quality: ratings.csv has ")
    assert call.stderr.count("\n") == 1


@pytest.mark.parametrize("heldout", ["0", "-1"])
def test_holding_nobody_out_is_refused(heldout: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.arguments(["u.data", "--heldout", heldout])
    assert f"--heldout is {heldout}: at least one user has to be held out." in capsys.readouterr().err


def test_differences_are_those_of_the_same_users() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((200, 3))
    results = {"implicit ALS": Result({}, values), "EASE": Result({"l2": 500.0}, values + 0.05)}
    rows = cells(table(results, seed=1))
    assert rows["implicit ALS"][0] == rows["implicit ALS"][4] == "-"
    assert rows["EASE"][0] == "l2 500"
    assert rows["EASE"][4] == "+0.050 [+0.050, +0.050]"
    low, high = (float(number) for number in rows["EASE"][1].split(" ", 1)[1].strip("[]").split(", "))
    assert low < values[:, 0].mean() + 0.05 < high


def test_the_protocol_follows_the_kind_of_log_unless_one_is_asked_for(ratings_csv: Path) -> None:
    rated = read_log(ratings_csv)
    bought = replace(rated, ratings=None)
    asked = [main.split_log(log, protocol, 20)[0] for log in (rated, bought) for protocol in (None, "strong", "time")]
    assert asked == ["strong", "strong", "time", "time", "strong", "time"]
