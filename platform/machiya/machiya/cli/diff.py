"""`machiya diff`: what would change if a workflow used another version of a component."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option, launcher_option, store_option

if TYPE_CHECKING:
    from machiya.engines.local.launching import LauncherName
    from machiya.release.diff import DiffReport
    from machiya.release.diff.running import Engine

EXIT_CODES = {"go": 0, "no-go": 1, "look": 3}

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command
@click.argument("workflow")
@click.argument("component")
@click.argument("version", metavar="VERSION|FOLDER|IMAGE")
@click.option("--stage", metavar="STAGE", help="Against the pin of this stage. [default: the first of pins.yaml]")
@click.option("--run", metavar="RUN", help="The run whose input is taken, or `sample`. [default: the stage's last]")
@click.option("-p", "--parameter", "values", multiple=True, metavar="NAME=VALUE", help="A value. [repeatable]")
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request.")
@click.option("--html", "page", type=_FILE, metavar="FILE", help="Write a page for a browser, too.")
@launcher_option("as `machiya run`")
@store_option
@home_option
@json_option
def diff(
    workflow: str,
    component: str,
    version: str,
    stage: str | None,
    run: str | None,
    values: tuple[str, ...],
    markdown: bool,
    page: Path | None,
    launcher: "LauncherName | None",
    store: str | None,
    home: Path,
    as_json: bool,
) -> int:
    """Say what would change if a workflow used another version of a component.

    VERSION is a released version (1.1.0, or 1.1.0@sha256:...); a FOLDER or IMAGE lets a contributor look before
    releasing. Contract, results, cost and supply are compared; the workflow is run with both versions on the
    same input, and what is the same comes from the cache. No pin is touched. Ends with 0 for go, 1 for no-go,
    and 3 if somebody has to look, by the thresholds in gate.yaml beside the pins.
    """
    from machiya.dsl import find_workflow
    from machiya.engines.local.launching import contract_label
    from machiya.engines.planning.values import split_pairs
    from machiya.release.diff import Request, produce

    request = Request(find_workflow(workflow), component, version, stage, run, split_pairs(values))
    with ExitStack() as stack:
        engine = stack.enter_context(_engine(home, launcher, store))
        report = produce(request, engine, contract_label(stack))
    _print(report, markdown=markdown, page=page, as_json=as_json)
    return EXIT_CODES[report.outcome]


@contextmanager
def _engine(home: Path, launcher: "LauncherName | None", store: str | None) -> Iterator["Engine"]:
    """Runs are shown on standard error, as `machiya run` shows them."""
    from rich.console import Console

    from machiya.cli.run_view import shown
    from machiya.engines.local.runner import Preferences
    from machiya.release.diff.running import Engine

    with shown(Console(stderr=True)) as view:
        preferences = Preferences(home, launcher, store, observers=(view.observe,), say=view.say)
        yield Engine(preferences, lambda ready: view.follow(ready.folder))


def _print(report: "DiffReport", *, markdown: bool, page: Path | None, as_json: bool) -> None:
    from machiya.cli.diff_text import text
    from machiya.cli.output import print_json, show
    from machiya.release.diff.html import html
    from machiya.release.diff.markdown import markdown as as_markdown
    from machiya.release.diff.page import page as blocks_of

    blocks = blocks_of(report)
    if page is not None:
        _write(page, html(blocks))
    if as_json:
        print_json(report.to_json())
    elif markdown:
        click.echo(as_markdown(blocks), nl=False)
    else:
        show(text(blocks))


def _write(file: Path, text: str) -> None:
    from machiya.errors import OutputError

    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror}.", "Name another file: --html FILE") from error
