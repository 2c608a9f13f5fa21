"""What can go wrong in a component, and the exit code that says so.

::

    ComponentError                 70
    ├── ArgumentsError             64   a parameter, an operation or a mount is not as the contract says
    ├── DataError                  65   an input breaks the contract
    ├── OutputError                70   the component wrote something its own contract forbids
    ├── BindingError               70   a function's signature disagrees with component.yaml
    └── TemporaryError             75   nothing is wrong with component or data; trying again may help
    Stopped (BaseException)       143   SIGTERM; not an error, so ``except Exception`` lets it pass

An error carries a message (what is wrong, and where) and a remedy (what to do). It never prints itself: ``cli.main``
turns it into the last line on stderr and the exit code.
"""

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every image, whatever its language."""

    DONE = 0
    ARGUMENTS = 64
    DATA = 65
    BUG = 70
    TEMPORARY = 75
    STOPPED = 143


EXIT_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.ARGUMENTS: "bad arguments",
    ExitCode.DATA: "data breaks the contract",
    ExitCode.BUG: "a bug",
    ExitCode.TEMPORARY: "temporary, try again",
    ExitCode.STOPPED: "stopped by SIGTERM",
}


class ComponentError(Exception):
    """A failure with a message for the person who reads the log, and a remedy.

    ``details`` are further lines for the log (every finding, both sides of a disagreement); the message stands alone.
    """

    exit_code = ExitCode.BUG

    def __init__(self, message: str, remedy: str, details: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = [str(detail) for detail in details]

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ArgumentsError(ComponentError):
    """A parameter, an operation or a mount is not as the contract says."""

    exit_code = ExitCode.ARGUMENTS


class DataError(ComponentError):
    """An input breaks the contract."""

    exit_code = ExitCode.DATA


class OutputError(ComponentError):
    """The component wrote something that its own contract forbids, or did not write what it promises."""


class BindingError(ComponentError):
    """A function's signature disagrees with component.yaml."""


class TemporaryError(ComponentError):
    """Neither the component nor its data is at fault; the same call may work later."""

    exit_code = ExitCode.TEMPORARY


class Stopped(BaseException):
    """SIGTERM arrived. Save a checkpoint if you must, then let it pass."""
