"""The exit codes of the error classes, and that the tree in the module's docstring is the real one."""

import re

import pytest

from machiya import errors
from machiya.errors import MachiyaError


def classes() -> list[type[MachiyaError]]:
    """Those of the module; other modules, imported or not, may have errors of their own below them."""
    return [MachiyaError, *(error for error in MachiyaError.__subclasses__() if error.__module__ == errors.__name__)]


def test_the_drawn_tree_names_every_class_with_its_exit_code() -> None:
    drawn = dict(re.findall(r"^[ │├└─]*(\w+Error) +(\d+) ", errors.__doc__ or "", flags=re.MULTILINE))
    assert drawn == {error.__name__: str(error.exit_code) for error in classes()}


@pytest.mark.parametrize("error", classes(), ids=lambda error: error.__name__)
def test_no_error_ends_as_success_or_prints_itself(
    error: type[MachiyaError], capsys: pytest.CaptureFixture[str]
) -> None:
    raised = error("it is wrong", "mend it")
    assert raised.exit_code > 0
    assert str(raised) == "it is wrong"
    assert capsys.readouterr() == ("", "")
