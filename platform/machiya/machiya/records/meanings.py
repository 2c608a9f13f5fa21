"""What exit codes mean."""

import signal

from machiya_component.errors import EXIT_MEANINGS, ExitCode

OUT_OF_MEMORY = "OOMKilled"
"""How the message of a step begins that ended for want of memory."""

_SHELL = {126: "the program cannot be run", 127: "the program is not there"}


def exit_meaning(code: int | None, message: str = "") -> str:
    """The meaning of an exit code, empty if it has none; `message` is the step's, which tells why it was killed."""
    if code is None:
        return ""
    if OUT_OF_MEMORY in message:
        return "out of memory"
    if code in list(ExitCode):
        return EXIT_MEANINGS[ExitCode(code)]
    if code == 128 + signal.SIGKILL:
        return "killed from outside, perhaps for want of memory"
    return _SHELL.get(code) or _signal(code)


def _signal(code: int) -> str:
    try:
        return f"ended by {signal.Signals(code - 128).name}" if code > 128 else ""
    except ValueError:
        return ""
