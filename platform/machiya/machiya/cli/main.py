"""`machiya`: the group of all commands, and the entry point of the console script."""

import sys

import click

from machiya import __version__
from machiya.cli.registry import LazyGroup
from machiya.cli.shell import Settings, run


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    context.ensure_object(Settings).debug = value


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="machiya")
@click.option(
    "--debug",
    is_flag=True,
    envvar="MACHIYA_DEBUG",
    expose_value=False,
    is_eager=True,
    callback=_set_debug,
    help="Show where an error comes from (a traceback). [variable: MACHIYA_DEBUG]",
)
def machiya() -> None:
    """Components for machine learning workflows, each in its own image.

    Make one with `machiya new`, build it, and let `machiya test` say whether it keeps
    the promises of its component.yaml.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(machiya))
