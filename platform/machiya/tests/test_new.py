"""`machiya new`: the folder it makes, and what it says when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from machiya import __version__
from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.errors import ArgumentsError, OutputError
from machiya.scaffold import ANSWERS, check_name, suggest_name
from machiya_component.contract import check_contract, load_contract

MYPY = ["mypy", "--strict", "--explicit-package-bases", "--ignore-missing-imports", "--cache-dir=/dev/null", "."]
CHECKS = [["ruff", "check", "--no-cache"], ["ruff", "format", "--no-cache", "--check"], MYPY]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A component that was made once, for the tests that only look."""
    parent = tmp_path_factory.mktemp("made")
    command = ["new", "score-items", "--into", str(parent), "--summary", 'Scores "items" # 求人', "--owner", "a: b"]
    assert run(machiya, command) == 0
    return parent / "score-items"


def test_the_contract_is_right_and_carries_the_answers(made: Path) -> None:
    assert check_contract(made) == []
    contract = load_contract(made)
    assert (contract.name, contract.version) == ("score-items", "0.1.0")
    assert (contract.summary, contract.owner) == ('Scores "items" # 求人', "a: b")


def test_its_own_tests_pass(made: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    call = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr


@pytest.mark.parametrize("command", CHECKS, ids=lambda command: command[0])
def test_its_code_is_as_clean_as_ours(made: Path, command: list[str]) -> None:
    call = subprocess.run([sys.executable, "-m", *command], cwd=made, capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr


def test_every_library_is_locked_with_hashes_and_the_kit_is_left_out(made: Path) -> None:
    lock = (made / "requirements.lock").read_text()
    assert "pyarrow==" in lock
    assert "--hash=sha256:" in lock
    assert "machiya-component==" not in lock
    assert "://" not in lock


def test_nothing_of_the_template_and_nothing_of_this_machine_is_left(made: Path) -> None:
    files = [path for path in made.rglob("*") if path.is_file() and path.suffix not in {".parquet", ".pyc"}]
    texts = {path: path.read_text() for path in files}
    assert texts
    for path, text in texts.items():
        assert "{{" not in str(path), path
        assert "{{" not in text, path
        assert str(made.parent) not in text, path
        assert sys.prefix not in text, path


def test_the_answers_are_kept_for_a_later_update(made: Path) -> None:
    answers = YAML(typ="safe").load(made / ANSWERS)
    assert answers.pop("created")
    assert answers == {
        "template": f"machiya {__version__}",
        "name": "score-items",
        "summary": 'Scores "items" # 求人',
        "owner": "a: b",
    }


def test_it_ends_with_the_next_three_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["new", "a1", "--into", str(tmp_path / "with space")]) == 0
    *_, build, test, docker = capsys.readouterr().out.splitlines()
    folder = f"'{tmp_path}/with space/a1'"
    assert [build, test, docker] == [
        f"  machiya build {folder}",
        f"  machiya test {folder}",
        "  docker run --rm machiya/a1:0.1.0",
    ]


def test_an_empty_folder_may_be_there_already(tmp_path: Path) -> None:
    (tmp_path / "a1").mkdir()
    assert run(machiya, ["new", "a1", "--into", str(tmp_path)]) == 0
    assert (tmp_path / "a1" / "component.yaml").is_file()


def test_a_folder_in_use_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1" / "notes.txt").write_text("mine")
    assert run(machiya, ["new", "a1", "--into", str(tmp_path)]) == OutputError.exit_code
    assert [path.name for path in (tmp_path / "a1").iterdir()] == ["notes.txt"]
    assert "--into" in capsys.readouterr().err


def test_a_file_in_the_way_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(machiya, ["new", "a1", "--into", str(tmp_path / "file" / "below")]) == OutputError.exit_code
    assert f"{tmp_path}/file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "suggested"),
    [
        ("MyThing", "my-thing"),
        ("score_items", "score-items"),
        ("components/foo", "foo"),
        ("foo-", "foo"),
        ("foo--bar", "foo-bar"),
        ("9-lives", "lives"),
        ("x" * 40, "x" * 39),
        ("求人", "score-items"),
        ("", "score-items"),
        ("component", "score-items"),
    ],
)
def test_a_wrong_name_is_refused_with_one_that_would_do(wrong: str, suggested: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        check_name(wrong)
    assert caught.value.remedy.endswith(f": {suggested}")
    assert suggest_name(wrong) == suggested
    check_name(suggested)


def test_a_wrong_name_makes_nothing(tmp_path: Path) -> None:
    assert run(machiya, ["new", "Wrong", "--into", str(tmp_path)]) == ArgumentsError.exit_code
    assert list(tmp_path.iterdir()) == []
