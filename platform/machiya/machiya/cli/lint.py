"""`machiya lint`: manifests of Argo Workflows against the rules of Argo, offline."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.findings import echo_findings
from machiya.errors import CheckError, NotFoundError

if TYPE_CHECKING:
    from machiya.manifest.lint import Mode
    from machiya_component.findings import Finding

STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")
_KIND = re.compile(r"^(kind:|\s*\"kind\"\s*:)", re.MULTILINE)


@click.command
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--argo", "with_argo", is_flag=True, help="Run `argo lint --offline` as well, where it is installed.")
@click.option(
    "--mode",
    type=click.Choice(["lint", "create", "submit"]),
    default="lint",
    show_default=True,
    help="What is about to happen: create and submit want values for the arguments of workflows, submit for those of"
    " workflow templates, too.",
)
def lint(paths: tuple[str, ...], as_json: bool, with_argo: bool, mode: "Mode") -> None:
    """Check Argo manifests, offline.

    FILE is a file of Workflows, WorkflowTemplates, ClusterWorkflowTemplates or CronWorkflows, a folder of such files,
    or - for standard input. The files are one another's context: name those that hold the templates and ConfigMaps
    that the others refer to. Prints everything that is wrong at once, each with its line and what would be right, and
    ends with 1 if anything is.
    """
    from machiya.manifest.lint import lint as check

    files = read_files(paths)
    found = check(files, mode=mode)
    if with_argo:
        found += _found_by_argo(files)
    echo_findings(found, as_json=as_json)
    if found:
        raise CheckError("1 finding." if len(found) == 1 else f"{len(found)} findings.")
    if not as_json:
        click.echo(f"{len(files)} {'file' if len(files) == 1 else 'files'}: nothing to complain about")


def read_files(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Names and contents of the files, each once; those of a folder in the order of their names.

    Raises:
        NotFoundError: one of them is not there, or is no text.
    """
    files: dict[str, str] = {}
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            files.update(_read_folder(Path(path)))
        else:
            files[path] = _read(path)
    return list(files.items())


def _read_folder(folder: Path) -> dict[str, str]:
    """All manifests in `folder` and below; other YAML and JSON, which has no `kind`, is left alone."""
    names = sorted(str(file) for file in folder.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    files = {name: text for name in names if _KIND.search(text := _read(name))}
    if not files:
        raise NotFoundError(f"{folder} holds no manifest.", f"Manifests are files that end in {', '.join(_SUFFIXES)}.")
    return files


def _read(name: str) -> str:
    try:
        if name == STDIN:
            return sys.stdin.read()
        return Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotFoundError(f"{name} is no text file.", "A manifest is YAML or JSON in UTF-8.") from error
    except OSError as error:
        raise NotFoundError(f"{name} cannot be read: {error.strerror}.", "Check its name.") from error


def _found_by_argo(files: Sequence[tuple[str, str]]) -> "list[Finding]":
    """What Argo finds; a line on standard error if it is not installed."""
    from machiya.manifest.lint.argo import argo_lint, find_argo

    program = find_argo()
    if program is None:
        message = "machiya: argo is not installed: only Machiya's own checks were made."
        click.echo(f"{message} To have both, put the program `argo` into the PATH.", err=True)
        return []
    return argo_lint(program, [name for name, _ in files], dict(files).get(STDIN, ""))
