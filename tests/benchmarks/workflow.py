"""The workflow `recommend` against the same functions called one after another in one process, without the platform.

Without it there are no checks against contracts, no sidecars and digests, no processes, no store, no scheduling and no
record; what a function gets are the same Parquet files, and it writes the same. The workflow does more: it compares
tables with those of earlier runs, publishes, and tells how it went, as a run in production does.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness import ROOT, SMALL, Case, Row, Scale, at_most, measure, same_values

if TYPE_CHECKING:
    import pyarrow as pa

    from machiya_component import Component, TableOutput

SHARDS, FACTORS, LENGTH, CUTOFFS = 2, 64, 100, [10, 20, 100]
WEIGHTS = {"view": 1, "click": 2, "purchase": 5}


def platform(log: Path) -> str:
    """`machiya run recommend` with an empty store; returns the digest of the recommendations."""
    from machiya_component.artifacts import content_digest

    given = {
        "events": log,
        "catalogue": "",
        "event_weights": json.dumps(WEIGHTS),
        "factors": FACTORS,
        "items_per_user": LENGTH,
        "shards": SHARDS,
        "cutoffs": json.dumps(CUTOFFS),
    }
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(
            [sys.executable, "-m", "machiya", "run", "recommend", "--launcher", "process", "--home", home]
            + [word for name, value in given.items() for word in ("-p", f"{name}={value}")],
            cwd=ROOT,
            env={**os.environ, "MACHIYA_LOG_LEVEL": "WARNING"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        [lists] = Path(home).glob("runs/*/results/predict/recommendations")
        return content_digest(lists)


def bare(log: Path) -> str:
    """The functions of the operations, called in one process; returns the digest of the recommendations."""
    from machiya_component.artifacts import content_digest
    from machiya_evaluation.component import component as evaluation
    from machiya_preprocess.component import component as preprocess
    from machiya_recommender.component import component as recommender
    from machiya_viewer.component import component as viewer

    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        clean = call(preprocess, "clean", root / "clean", {"events": log}, event_weights=WEIGHTS)
        split = call(preprocess, "split", root / "split", {"interactions": clean / "interactions"})
        known = {"interactions": split / "train"}
        train = call(recommender, "train", root / "train", known, algorithm="als", factors=FACTORS)
        lists = root / "recommendations"
        lists.mkdir()
        for shard in range(SHARDS):
            given = {**known, "model": train / "model"}
            part = call(recommender, "predict", root / f"part-{shard}", given, n=LENGTH, shard=shard, shards=SHARDS)
            (part / "recommendations").rename(lists / f"{shard:05d}")
        tables = {"recommendations": lists, "items": clean / "items"}
        judged = call(
            evaluation, "evaluate", root / "evaluate",
            {**tables, "test": split / "test", "train": split / "train"}, ks=CUTOFFS,
        )  # fmt: skip
        call(
            viewer, "report", root / "report",
            {**tables, "interactions": split / "train", "scores": judged / "scores"}, title="Recommendations",
        )  # fmt: skip
        return content_digest(lists)


def call(component: "Component", name: str, out: Path, inputs: Mapping[str, Path], **given: Any) -> Path:
    """Call the function of an operation as the kit does, but for all that the kit does besides. Returns `out`."""
    import inspect

    from machiya_component.checkpoint import checkpoint_of
    from machiya_component.context import Context
    from machiya_component.parameters import complete_parameters
    from machiya_component.ports import INPUTS, OUTPUTS, TableOutput

    contract, function = component.contract, component.functions[name]
    operation = contract.operations[name]
    arguments, _ = complete_parameters(operation, given)
    context = Context(
        component=contract.name,
        version=contract.version,
        operation=name,
        seed=int(arguments.get("seed", 0)),
        checkpoint=checkpoint_of(out, contract.name, contract.version, name, arguments, {}),
        out=out,
        scratch=Path(tempfile.mkdtemp(dir=out.parent)),
    )
    for port, promised in operation.inputs.items():
        arguments[port] = INPUTS[promised.type.kind](inputs[port]) if port in inputs else None
    for port, promised in operation.outputs.items():
        (out / port).mkdir(parents=True)
        kind = OUTPUTS[promised.type.kind]
        arguments[port] = plain_output(out / port) if kind is TableOutput else kind(out / port)
    if "context" in inspect.signature(function).parameters:
        arguments["context"] = context
    function(**arguments)
    return out


def plain_output(folder: Path) -> "TableOutput":
    """A table output that only writes."""
    from machiya_component.ports import TABLE_PART, TableOutput, TableWriter

    class Nobody:
        def add(self, rows: "pa.Table") -> None:
            pass

    class PlainOutput(TableOutput):
        @contextmanager
        def writer(self, schema: "pa.Schema") -> Iterator[TableWriter]:
            with (folder / TABLE_PART).open("xb") as target:
                writer = TableWriter(target, schema, Nobody())  # type: ignore[arg-type]
                yield writer
                writer.close()

    return PlainOutput(folder)


def log_folder(scale: Scale) -> Path:
    """A folder that holds the log, and nothing else."""

    def make(folder: Path) -> None:
        (folder / "log").mkdir()
        os.link(scale.events("parquet"), folder / "log" / "events.parquet")

    return scale.made("log-alone", make) / "log"


def cases(scale: Scale) -> dict[str, Case]:
    """Both, on a log of this scale."""
    log = log_folder(scale)
    return {"workflow": Case(platform, (log,)), "functions": Case(bare, (log,))}


def rows(scale: Scale = SMALL) -> list[Row]:
    """Wall and processor time of the whole workflow."""
    measure(cases(SMALL), 1)  # compiles what is not compiled yet; before each that counts it would take minutes
    measured = measure(cases(scale), scale.repeat)
    same_values(measured)
    workflow, functions = measured["workflow"], measured["functions"]
    note = f"{workflow.wall:.0f} s against {functions.wall:.0f} s, at most {workflow.peak / 1e9:.1f} GB a process"
    return [
        at_most("workflow", "its functions in one process, wall", workflow.ratio(functions, "wall"), 1.1, note=note),
        at_most("workflow", "its functions in one process, CPU", workflow.ratio(functions, "cpu"), 1.1),
    ]
