"""What is printed, and where it is kept."""

import re
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.harness import FULL, SMALL, Row, Scale
from tests.benchmarks.report import HEAD, Environment, environment, kept, lines, replace_section, section

ROWS = [Row("clean", "DuckDB", "<= 0.4 x", "0.31 x", True), Row("train", "a|b", "<= 1 x", "2 x\nslow", False)]


def test_each_row_is_one_line_of_markdown() -> None:
    assert lines("clean", ROWS, "today").splitlines() == [
        "| `clean` | clean | DuckDB | <= 0.4 x | 0.31 x | yes | today |",
        r"| `clean` | train | a\|b | <= 1 x | 2 x slow | **no** | today |",
    ]


def test_a_small_log_misses_no_target() -> None:
    small = lines("clean", ROWS, "today", decisive=False).splitlines()
    assert [line.split(" | ")[-2] for line in small] == ["yes", "-"]


def test_figures_are_kept_with_date_load_machine_and_versions() -> None:
    begun = environment()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d, load \d+\.\d", begun.when)
    assert all(word in begun.where for word in ("cores", "GiB", "Python", "numpy", "numba"))


def test_a_table_keeps_the_stages_that_were_measured_before_on_the_same_machine(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("<!-- full begins -->\n<!-- full ends -->\n")
    assert kept(document, FULL, "here") == {}
    parts = {name: lines(name, ROWS, "today") for name in ("clean", "train")}
    replace_section(document, "full", section(FULL, parts, "here"))
    assert kept(document, FULL, "here") == parts
    assert kept(document, FULL, "elsewhere") == {}
    assert document.read_text().splitlines()[1:4] == ["20,000,000 events. here", "", *HEAD.splitlines()[:1]]


def test_writing_one_stage_leaves_the_rows_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("<!-- small begins -->\n<!-- small ends -->\n")
    begun = iter([Environment("first", "here"), Environment("second", "here")])
    monkeypatch.setattr(command, "RESULTS", document)
    monkeypatch.setattr(command, "environment", lambda: next(begun))
    monkeypatch.setattr(command, "STAGES", ("clean", "train"))
    monkeypatch.setattr(command, "measured", lambda _name, _scale: ROWS[:1])
    for stage in ("train", "clean"):
        monkeypatch.setattr("sys.argv", ["benchmarks", "--write", stage])
        assert command.main() == 0
    found = kept(document, SMALL, "here")
    assert found == {"clean": lines("clean", ROWS[:1], "second"), "train": lines("train", ROWS[:1], "first")}
    assert list(found) == ["clean", "train"]


def test_what_was_measured_before_an_interruption_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(name: str, _scale: Scale) -> list[Row]:
        if name == "train":
            raise KeyboardInterrupt
        return ROWS[:1]

    document = tmp_path / "benchmarks.md"
    document.write_text("<!-- small begins -->\n<!-- small ends -->\n")
    monkeypatch.setattr(command, "RESULTS", document)
    monkeypatch.setattr(command, "environment", lambda: Environment("today", "here"))
    monkeypatch.setattr(command, "measured", rows)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--write", "clean", "train"])
    with pytest.raises(KeyboardInterrupt):
        command.main()
    assert kept(document, SMALL, "here") == {"clean": lines("clean", ROWS[:1], "today")}


def test_results_take_the_place_of_the_last_ones_of_their_scale(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(
        "head\n<!-- small begins -->\nold\n<!-- small ends -->\n<!-- full begins -->\n<!-- full ends -->\n"
    )
    replace_section(document, SMALL.name, "new\n")
    expected = "head\n<!-- small begins -->\nnew\n<!-- small ends -->\n<!-- full begins -->\n<!-- full ends -->\n"
    assert document.read_text() == expected
    replace_section(document, SMALL.name, "new\n")
    assert document.read_text() == expected


def test_a_document_without_a_place_for_results_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("nothing\n")
    with pytest.raises(ValueError, match="small begins"):
        replace_section(document, "small", "new\n")
    assert document.read_text() == "nothing\n"


def test_a_stage_that_fails_is_a_row_and_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows(name: str, _scale: Scale) -> list[Row]:
        if name == "clean":
            raise OSError("the disk is full")
        return ROWS[1:]

    monkeypatch.setattr(command, "STAGES", ("clean", "train"))
    monkeypatch.setattr(command, "measured", rows)
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    assert command.main() == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[:-1] for line in printed[-2:]] == [
        ["| `clean`", "clean", "-", "-", "failed: the disk is full", "-"],
        ["| `train`", "train", r"a\|b", "<= 1 x", "2 x slow", "-"],
    ]


def test_an_unknown_stage_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "STAGES", ("clean", "train"))
    monkeypatch.setattr("sys.argv", ["benchmarks", "trian"])
    with pytest.raises(SystemExit):
        command.main()
    assert "no such stage: trian. There are clean, train." in capsys.readouterr().err


@pytest.mark.parametrize("turns", ["0", "-1"])
def test_no_turns_are_refused(turns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "--turns", turns])
    with pytest.raises(SystemExit):
        command.main()
    assert f"--turns is {turns}: each case has to run at least once." in capsys.readouterr().err


def test_every_stage_can_be_run() -> None:
    for name in command.STAGES:
        assert callable(command.stage(name).rows)
