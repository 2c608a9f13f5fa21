"""`machiya explain`: why a run failed, and what to do."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.options import Target, engine_options, home_option, json_option
from machiya.errors import NotFoundError

if TYPE_CHECKING:
    from machiya.records.diagnosis import Diagnosis


@click.command
@click.argument("run", required=False, default="", metavar="[RUN|FILE|-]")
@engine_options
@home_option
@json_option
def explain(run: str, target: Target | None, home: Path, as_json: bool) -> None:
    """Say why a run failed, and what to do.

    What failed first, what that means, whom to ask, what to press, and what is not lost. RUN is the id
    of a run, or the beginning of it; `latest`, or nothing, means the newest. FILE is a workflow of a
    cluster with its status, as YAML or JSON: `kubectl get workflow NAME -o yaml`, `argo get NAME -o
    yaml`, or what the Argo UI saves; - reads it from standard input.
    """
    from machiya.cli.explain_text import explanation
    from machiya.cli.output import print_json
    from machiya.cli.output import show as print_text

    found = _of_file(run, home) if target is None and _is_file(run) else _of_run(run, target, home)
    if as_json:
        print_json(found.to_json())
        return
    print_text(explanation(found, home, target))


def _is_file(run: str) -> bool:
    return run == "-" or (bool(run) and Path(run).is_file())


def _of_file(run: str, home: Path) -> "Diagnosis":
    """What a cluster said of a run: without its logs."""
    from machiya.engines.argo.status import read_status
    from machiya.records.cluster import cluster_record
    from machiya.records.diagnosis import diagnose
    from machiya.records.diagnosis.kept import kept_contract

    name = "standard input" if run == "-" else run
    try:
        text = sys.stdin.read() if run == "-" else Path(run).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{name} cannot be read: {error}.", "Name a YAML or JSON file.") from error
    return diagnose(cluster_record(read_status(text, name), home), kept_contract, lambda _: ())


def _of_run(run: str, target: Target | None, home: Path) -> "Diagnosis":
    from machiya.records import find_run, load_record
    from machiya.records.diagnosis import diagnose
    from machiya.records.diagnosis.kept import kept_contract
    from machiya.records.logs import last_lines

    if target is not None:
        return _of_cluster(run, target, home)
    record = load_record(find_run(home, run))
    return diagnose(record, kept_contract, partial(last_lines, record))


def _of_cluster(run: str, target: Target, home: Path) -> "Diagnosis":
    from machiya.cli.cluster import connected, record_of
    from machiya.engines.argo.runs import find_run
    from machiya.engines.argo.words import last_words
    from machiya.records.diagnosis import diagnose
    from machiya.records.diagnosis.kept import kept_contract

    with connected(target) as server:
        status = find_run(server, run)
        record = record_of(server, status, home)
        return diagnose(record, kept_contract, lambda step: last_words(server, status, step.last))
