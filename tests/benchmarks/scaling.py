"""Shards of recommender.predict: what it costs to cut the users into 1, 2, 4 and 8, and to put the parts together.

CPU seconds of all shards together, one after the other: the operation alone (in one process), and as steps of a
workflow do it, each in a process of its own, with its start and the kit's checks. The tables of the shards, one after
the other, must be the table without shards, row for row and bit for bit.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tests.benchmarks.harness import BenchmarkError, Case, Measurement, Row, Scale, at_most, measure
from tests.benchmarks.predict_data import N, made

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = "scaling, predict at 64 factors"
SHARDS = (1, 2, 4, 8)
BATCHES = (65_536, 8_192)
PARAMETERS = {"n": N, "filter_seen": True, "batch_size": BATCHES[0]}


def rows(scale: Scale) -> list[Row]:
    """Shards, gathering and memory."""
    folder = made(scale, 64)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        return [*_shards(scale, folder, out), *_gathering(scale, out), *_memory(folder, out)]


def _shards(scale: Scale, folder: Path, out: Path) -> Iterator[Row]:
    cases = {
        f"{shards} shards": Case(in_one_process, (folder, out / str(shards), shards), warm=True) for shards in SHARDS
    }
    measured = measure(cases, scale.repeat)
    whole = read(out / "1")
    _same_rows(whole, out, SHARDS[1:])
    yield from _ratios(measured, "CPU of the operation")
    steps = {f"{shards} shards": Case(as_steps, (folder, out / "steps" / str(shards), shards)) for shards in SHARDS}
    measured = measure(steps, 1)
    _same_rows(whole, out / "steps", SHARDS)
    yield from _ratios(measured, "CPU as steps of a workflow, with start and checks")


def _same_rows(whole: "pa.Table", out: Path, counts: tuple[int, ...]) -> None:
    for shards in counts:
        if not read(out / str(shards)).equals(whole):
            raise BenchmarkError(f"The tables of {shards} shards in {out} are not the table without shards.")


def _ratios(measured: dict[str, Measurement], what: str) -> Iterator[Row]:
    whole = measured["1 shards"]
    for shards in SHARDS[1:]:
        found = measured[f"{shards} shards"]
        note = f"{found.cpu:.2f} s against {whole.cpu:.2f} s; rows are the same"
        yield at_most(STAGE, f"{shards} shards against 1, {what}", found.ratio(whole), 1.05, note=note)


def _gathering(scale: Scale, out: Path) -> Iterator[Row]:
    """The parts of shards lie below one folder, which is read as one table: nothing is copied."""
    cases = {shards: Case(read_all, (out / shards,), warm=True) for shards in ("1", "8")}
    measured = measure(cases, scale.repeat)
    ratio = measured["8"].ratio(measured["1"])
    yield at_most(
        STAGE, "reading 8 gathered shards against 1 table, CPU", ratio, 1.05, note=f"{measured['8'].cpu:.2f} s"
    )


def _memory(folder: Path, out: Path) -> Iterator[Row]:
    cases = {str(size): Case(in_one_process, (folder, out / "memory", 1, size)) for size in BATCHES}
    measured = measure(cases, 1)
    large, small = (measured[str(size)] for size in BATCHES)
    note = f"{small.peak / 1e6:.0f} MB against {large.peak / 1e6:.0f} MB, CPU {small.ratio(large):.2f} x"
    against = f"batch_size {BATCHES[1]} against {BATCHES[0]}, peak memory"
    yield at_most(STAGE, against, small.ratio(large, "peak"), 1, note=note)


def in_one_process(folder: Path, out: Path, shards: int, batch_size: int = BATCHES[0]) -> None:
    """The function of the operation, for one shard after the other."""
    from machiya_component.ports import FilesInput, MetricsOutput, TableInput, TableOutput
    from machiya_recommender.component import predict

    shutil.rmtree(out, ignore_errors=True)
    for shard in range(shards):
        ports = [out / f"{shard:03d}" / name for name in ("recommendations", "metrics")]
        for port in ports:
            port.mkdir(parents=True)
        inputs = FilesInput(folder / "model"), TableInput(folder / "interactions"), None
        outputs = TableOutput(ports[0]), MetricsOutput(ports[1])
        parameters = PARAMETERS | {"shard": shard, "shards": shards, "batch_size": batch_size}
        predict(cast(Any, Silent()), *inputs, *outputs, **cast(Any, parameters))


class Silent:
    """The surroundings of an operation that reports to nobody."""

    def progress(self, total: int, label: str) -> Any:
        """Progress into nothing."""
        import io

        from machiya_component.progress import Progress

        return Progress(total, label, io.StringIO())


def as_steps(folder: Path, out: Path, shards: int) -> None:
    """The command of the operation, for one shard after the other."""
    shutil.rmtree(out, ignore_errors=True)
    for shard in range(shards):
        target = out / str(shard)
        (target / "out").mkdir(parents=True)
        (target / "in").symlink_to(folder)
        given = {"n": N, "shard": shard, "shards": shards}
        parameters = [word for name, value in given.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "machiya_component", "recommender", "run", "predict", *parameters]
        subprocess.run(command, check=True, env={**os.environ, "MACHIYA_DATA": str(target)})


def read(out: Path) -> "pa.Table":
    """The table of all shards below a folder."""
    from machiya_component.ports import TableInput

    return TableInput(out).read()


def read_all(out: Path) -> int:
    """Read every column, and say how many rows there are."""
    from machiya_component.ports import TableInput

    return sum(batch.num_rows for batch in TableInput(out).batches())
