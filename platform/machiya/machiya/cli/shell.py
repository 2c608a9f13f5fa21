"""Where an outcome becomes what the shell sees: text on standard error, and an exit code."""

import traceback
from dataclasses import dataclass

import click

from machiya.errors import ArgumentsError, ContractError, MachiyaError

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


@dataclass
class Settings:
    """What the options before the command's name set."""

    debug: bool = False


def run(command: click.Command, arguments: list[str] | None = None) -> int:
    """Run `command` and return the exit code: 0, or that of the error, which has then been printed.

    This is the only place that turns errors into text and exit codes. With the setting `debug` (the option `--debug` or
    the variable MACHIYA_DEBUG) the traceback is printed too.
    """
    settings = Settings()
    try:
        outcome = command.main(args=arguments, prog_name="machiya", standalone_mode=False, obj=settings)
    except click.Abort:
        click.echo("machiya: interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        if settings.debug:
            traceback.print_exception(error)
        shown = explain(error)
        click.echo(describe(shown), err=True)
        return shown.exit_code
    return outcome if isinstance(outcome, int) else 0


def explain(error: Exception) -> MachiyaError:
    """Give any exception the shape of the errors that are explained to people."""
    from machiya_component.contract import ContractError as KitContractError
    from machiya_component.errors import ComponentError

    if isinstance(error, MachiyaError):
        return error
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "machiya"
        return ArgumentsError(error.format_message(), f"See `{path} --help`.")
    if isinstance(error, KitContractError):
        return ContractError(error.message, "\n".join(str(finding) for finding in error.findings))
    if isinstance(error, ComponentError):
        return MachiyaError(error.message, error.remedy)
    return MachiyaError(
        f"{type(error).__name__}: {error}",
        "This is a bug in Machiya. Run it again as `machiya --debug ...` and report what that prints.",
    )


def describe(error: MachiyaError) -> str:
    """The text for people: what is wrong, then what to do."""
    lines = [f"machiya: error: {error.message}"]
    if error.remedy:
        lines += [f"  {line}" for line in error.remedy.splitlines()]
    return "\n".join(lines)
