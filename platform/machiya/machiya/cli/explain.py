"""`machiya explain`: why a run failed, and what to do."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import home_option, json_option

if TYPE_CHECKING:
    from machiya.records import RunRecord
    from machiya.records.diagnosis import Diagnosis


@click.command
@click.argument("run", required=False, default="", metavar="[RUN|FILE|-]")
@home_option
@json_option
def explain(run: str, home: Path, as_json: bool) -> None:
    """Say why a run failed, and what to do.

    What failed first, what that means, whom to ask, what to press, and what is not lost. RUN is the id
    of a run on this machine, or the beginning of it; `latest`, or nothing, means the newest. FILE is a
    workflow of a cluster with its status, as YAML or JSON: `kubectl get workflow NAME -o yaml`, `argo
    get NAME -o yaml`, or what the Argo UI saves; - reads it from standard input.
    """
    from machiya.cli.explain_text import explanation
    from machiya.cli.output import print_json
    from machiya.cli.output import show as print_text

    found = _diagnosis(_record(run, home))
    if as_json:
        print_json(found.to_json())
        return
    print_text(explanation(found, home))


def _record(run: str, home: Path) -> "RunRecord":
    """A run of this machine, or what a cluster says of one."""
    from machiya.engines.argo.status import read_status
    from machiya.records import find_run, load_record
    from machiya.records.cluster import cluster_record

    if run == "-":
        return cluster_record(read_status(sys.stdin.read(), "standard input"), home)
    if run and Path(run).is_file():
        return cluster_record(read_status(_text(Path(run)), run), home)
    return load_record(find_run(home, run))


def _text(path: Path) -> str:
    from machiya.errors import NotFoundError

    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{path} cannot be read: {error}.", "Name a YAML or JSON file.") from error


def _diagnosis(record: "RunRecord") -> "Diagnosis":
    from machiya.records.diagnosis import diagnose
    from machiya.records.diagnosis.kept import kept_contract
    from machiya.records.logs import last_lines

    return diagnose(record, kept_contract, lambda step: last_lines(record, step, 1))
