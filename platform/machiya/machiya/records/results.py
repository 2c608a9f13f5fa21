"""The results of a run as folders that can be opened: ``HOME/runs/ID/results/STEP/PORT``."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from machiya.engines.local.store import ArtifactStore
from machiya.errors import OutputError
from machiya.manifest.names import is_shown
from machiya.records.artifacts import OutputArtifact, gathered, outputs_of, safe_name, turns_of
from machiya.records.kept import may_keep
from machiya.records.record import RunRecord
from machiya.records.steps import Step

RESULTS = "machiya/results"
"""The annotation of a manifest that names what it is for: ``STEP/PORT,STEP/PORT``."""


def link_results(record: RunRecord, store: ArtifactStore) -> list[Path]:
    """Make the results appear below the run's folder, read-only; where they are, in the order of the steps.

    Results are the outputs of the last steps, which no other waited for (but for those that `machiya view` shows), and
    those that the manifest names. Turns of a loop come as one folder. What is not there (the step failed) is left out;
    earlier results are replaced.

    Raises:
        OutputError: the folder cannot be written.
        StoreError: the store does not give them.
    """
    results = result_artifacts(record)
    target = record.folder.path / "results"
    beside = target.with_name(f".results-{secrets.token_hex(4)}")
    try:
        beside.mkdir()
        for artifact in results:
            store.link(artifact.key, beside / safe_name(artifact.step) / artifact.port)
        _replace(target, beside)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error}.", "Free some space.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [target / safe_name(artifact.step) / artifact.port for artifact in results]


def _replace(target: Path, beside: Path) -> None:
    old = target.with_name(f".results-{secrets.token_hex(4)}")
    if target.exists():
        target.replace(old)
    beside.replace(target)
    shutil.rmtree(old, ignore_errors=True)


def result_artifacts(record: RunRecord) -> list[OutputArtifact]:
    """The results, not yet looked for in a store; what a service shows is none, unless the manifest names it."""
    annotations = record.manifest.workflow.annotations if record.manifest is not None else {}
    named = {one.strip() for one in annotations.get(RESULTS, "").split(",")}
    last = {id(step) for step in last_steps(record)}
    outputs = [
        output
        for loop, step in turns_of(record.tree)
        for output in outputs_of(step, loop)
        if (id(loop or step) in last and not is_shown(output.artifact.key))
        or f"{(loop or step).name}/{output.artifact.port}" in named
    ]
    return gathered(outputs)


def last_steps(record: RunRecord) -> list[Step]:
    """The steps (loops as one) that no other step waited for.

    Those that run on exit or as hooks are none, nor are those that keep a file for later runs, after all else.
    """

    def is_aside(step: Step) -> bool:
        return step.is_hook or may_keep(record, step)

    awaited = set(_awaited(record.tree, frozenset(), is_aside))
    return list(_last(record.tree, awaited, is_aside))


def _awaited(steps: Sequence[Step], around: frozenset[str], is_aside: Callable[[Step], bool]) -> Iterator[str]:
    """The ids that some step waited for; what is inside a step begins after it, which is no waiting."""
    for step in steps:
        if not is_aside(step):
            yield from (identifier for identifier in step.node.after if identifier not in around)
        yield from _awaited(step.children, around | {step.node.id}, is_aside)


def _last(steps: Sequence[Step], awaited: set[str], is_aside: Callable[[Step], bool]) -> Iterator[Step]:
    for step in steps:
        if step.node.id in awaited or is_aside(step):
            continue
        if step.children and not step.is_loop:
            yield from _last(step.children, awaited, is_aside)
        else:
            yield step
