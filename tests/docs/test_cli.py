"""docs/cli.md names every command and option, and none that does not exist."""

import re
from pathlib import Path

import click
import pytest

from machiya import errors
from machiya.cli.main import machiya
from machiya.cli.registry import ENTRIES
from machiya.engines.local.runs import RunBusyError
from machiya.engines.local.store import StoreError
from machiya.errors import MachiyaError

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def section(title: str) -> str:
    """The text below a heading of the second level, up to the next."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert match is not None, f"docs/cli.md has no section `## {title}`"
    return match[1]


def calls(command: click.Command, name: str) -> dict[str, click.Command]:
    """How a command is called; of a group, how each of its commands is."""
    if not isinstance(command, click.Group):
        return {name: command}
    return {name: command} | {f"{name} {inner}": one for inner, one in command.commands.items()}


def options(command: click.Command) -> set[str]:
    given = [parameter.opts + parameter.secondary_opts for parameter in command.params]
    return {name for names in given for name in names if name.startswith("--")} | {"--help"}


def test_every_command_has_its_section_and_no_other_has_one() -> None:
    assert re.findall(r"^## `machiya (\S+)`$", PAGE, flags=re.MULTILINE) == list(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_section_of_a_command_names_all_its_options_and_no_other(name: str) -> None:
    command = machiya.get_command(click.Context(machiya), name)
    assert command is not None
    text = section(f"`machiya {name}`")
    commands = calls(command, name)
    assert [call for call in commands if f"$ machiya {call} --help\n" not in text] == []
    of_others = {"--rm", "--offline"}  # docker's and argo's
    own = set().union(*(options(one) for one in commands.values()))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - (of_others - own) == own


def test_the_exit_codes_are_those_of_the_errors() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), flags=re.MULTILINE)}
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, MachiyaError)]
    classes += [StoreError, RunBusyError]
    assert documented == {0, 130, *(error.exit_code for error in classes)}
