"""What both runs read: the data and parameters of an earlier run, else the workflow's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from machiya.dsl import WorkflowDefinition
from machiya.engines.local.locations import Source
from machiya.manifest.names import digest_name
from machiya.records import RunRecord, find_run, load_record, recent_runs

SAMPLE = "sample"
"""Names the workflow's defaults in the place of a run."""


@dataclass(frozen=True)
class Inputs:
    """Values for the workflow's parameters and locations, with those sources that are in the store already."""

    values: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Source] = field(default_factory=dict)
    store: str = ""
    text: str = "the workflow's defaults"


def choose_inputs(workflow: WorkflowDefinition, home: Path, run: str | None, given: Mapping[str, str]) -> Inputs:
    """Those of `run` (a name, or ``sample``); where none is named, of the last run of the stage that succeeded.

    `given` values take the place of others.

    Raises:
        NotFoundError: there is no such run.
    """
    record = None
    if run is None:
        record = last_run(workflow, home)
    elif run != SAMPLE:
        record = load_record(find_run(home, run))
    found = _of_run(workflow, record) if record is not None else Inputs()
    if not given:
        return found
    known = {name: source for name, source in found.known.items() if name not in given}
    changed = ", ".join(f"{name}={value}" for name, value in given.items())
    return Inputs({**found.values, **given}, known, found.store, f"{found.text}, with {changed}")


def last_run(workflow: WorkflowDefinition, home: Path) -> RunRecord | None:
    """The last run of a workflow's stage as it is pinned that succeeded; None if there is none."""
    for folder in recent_runs(home):
        if not folder.name.startswith(workflow.name):
            continue
        record = load_record(folder)
        own = record.workflow == workflow.name and record.stage == workflow.stage
        if own and record.phase == "Succeeded" and not record.purpose and not record.options.get("with"):
            return record
    return None


def _of_run(workflow: WorkflowDefinition, record: RunRecord) -> Inputs:
    """What a run was given; what the workflow does not know any more is left out."""
    given = record.state.facts.parameters if record.state.facts is not None else {}
    parameters = {parameter.name for parameter in workflow.parameters}
    sources = {
        name: Source(**data)
        for name, data in (record.options.get("sources") or {}).items()
        if name in {artifact.name for artifact in workflow.artifacts}
    }
    derived = {*sources, *map(digest_name, sources)}
    values = {name: value for name, value in given.items() if name in parameters and name not in derived}
    locations = {name: source.location for name, source in sources.items()}
    absent = {name: "" for name in record.options.get("absent") or () if name not in locations}
    known_absent = {name: "" for name in absent if name in {artifact.name for artifact in workflow.artifacts}}
    return Inputs(
        {**values, **locations, **known_absent},
        sources,
        str(record.options.get("store") or ""),
        f"the run {record.name}",
    )
