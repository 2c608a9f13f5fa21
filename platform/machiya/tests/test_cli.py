"""The shell's view of `machiya`: what is printed where, and the exit code."""

import subprocess
import sys

import click
import pytest

from machiya import __version__
from machiya.cli.main import machiya
from machiya.cli.registry import ENTRIES
from machiya.cli.shell import INTERRUPTED, run
from machiya.errors import BuildError, MachiyaError


def failing(error: BaseException) -> click.Command:
    def fail() -> None:
        raise error

    group = click.Group("machiya", params=machiya.params)
    group.add_command(click.Command("fail", callback=fail))
    return group


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, entry in ENTRIES.items():
        assert f"{name} {entry.summary}" in shown


@pytest.mark.parametrize("name", ENTRIES)
def test_the_summary_in_the_table_is_the_commands_own(name: str) -> None:
    command = machiya.get_command(click.Context(machiya), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200) == ENTRIES[name].summary


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    program = (
        "import sys; from machiya.cli.main import machiya; from machiya.cli.shell import run; "
        f"run(machiya, {arguments!r}); "
        "sys.exit(', '.join(sys.modules.keys() & set(sys.argv[1:])) or 0)"
    )
    heavy = ["copier", "docker", "jsonschema", "numpy", "pandas", "polars", "pyarrow", "pydantic", "rich", "ruamel"]
    call = subprocess.run([sys.executable, "-c", program, *heavy], capture_output=True, text=True, check=False)
    assert (call.returncode, call.stderr) == (0, "")


def test_an_error_is_shown_with_its_remedy_and_ends_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(failing(BuildError("no such file: x", "Make x.\nThen again.")), ["fail"]) == BuildError.exit_code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "machiya: error: no such file: x\n  Make x.\n  Then again.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "nonsense"),
        (["new"], "NAME"),
        (["new", "x", "--wrong"], "--wrong"),
        (["check", "one", "two"], "two"),
    ],
)
def test_wrong_arguments_are_named_and_end_with_64(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(machiya, arguments) == 64
    shown = capsys.readouterr().err
    assert shown.startswith("machiya: error: ")
    assert said in shown
    assert "--help" in shown


def test_a_bug_is_called_one_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(failing(KeyError("lost")), ["fail"]) == MachiyaError.exit_code
    shown = capsys.readouterr().err
    assert "KeyError: 'lost'" in shown
    assert "Traceback" not in shown
    assert "--debug" in shown


def test_debug_shows_the_traceback_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(failing(KeyError("lost")), ["--debug", "fail"]) == MachiyaError.exit_code
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("MACHIYA_DEBUG", "1")
    assert run(failing(KeyError("lost")), ["fail"]) == MachiyaError.exit_code
    assert "Traceback" in capsys.readouterr().err


def test_an_error_of_the_kit_keeps_its_message_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    from machiya_component.errors import DataError

    assert run(failing(DataError("column x is missing", "Add it.")), ["fail"]) == MachiyaError.exit_code
    assert capsys.readouterr().err == "machiya: error: column x is missing\n  Add it.\n"


def test_interrupting_ends_as_the_shell_expects(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(failing(KeyboardInterrupt()), ["fail"]) == INTERRUPTED
    assert "interrupted" in capsys.readouterr().err
