"""A training that SIGTERM stops goes on where it was, and ends with the model it would have had."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from machiya_component.checkpoint import Checkpoint
from machiya_component.context import Context
from machiya_component.testing import run_operation
from scipy.sparse import csr_matrix

from machiya_recommender.als import AlsTrainer
from machiya_recommender.bpr import BprTrainer
from machiya_recommender.component import component
from machiya_recommender.factors import Factors
from machiya_recommender.monitor import ContextMonitor
from machiya_recommender.training import FactorTrainer, TrainingState, load_state, save_state, train_factors

SAMPLE = Path(__file__).parents[1] / "sample" / "interactions"
ITERATIONS = 150


def start(data: Path, parameters: dict[str, Any]) -> tuple["subprocess.Popen[bytes]", BinaryIO]:
    """The train command, and what it says on stderr: a pipe of one page that is read byte by byte.

    Whoever does not read holds the command back: it can be a page of log lines ahead (about 50 checkpoints), no more.
    """
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    words = [word for name, value in parameters.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "machiya_component", "recommender", "run", "train", *words]
    environment = os.environ | {"MACHIYA_DATA": str(data)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    return process, os.fdopen(reader, "rb", buffering=0)


def until(lines: BinaryIO, part: str) -> Iterator[str]:
    """Lines up to the first that holds the part."""
    for line in iter(lines.readline, b""):
        yield line.decode()
        if part in line.decode():
            return
    pytest.fail(f"the command ended without saying {part!r}")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name[0] != "_"}


@pytest.mark.parametrize("algorithm", ["als", "bpr"])
def test_a_stopped_training_ends_with_the_bytes_of_an_undisturbed_one(tmp_path: Path, algorithm: str) -> None:
    parameters = {"algorithm": algorithm, "factors": 4, "iterations": ITERATIONS, "checkpoint_every": 2}
    data, out = tmp_path / "data", tmp_path / "data" / "out"
    (data / "in").mkdir(parents=True)
    (data / "in" / "interactions").symlink_to(SAMPLE)

    process, lines = start(data, parameters)
    with lines:
        list(until(lines, "checkpoint after iteration 6,"))
        process.send_signal(signal.SIGTERM)
        last = lines.read().decode().splitlines()[-1]
    assert process.wait() == 143
    assert "(143)" in last
    assert {path.name for path in out.iterdir()} == {"_checkpoint", "_tensorboard"}, "nothing is published"

    process, lines = start(data, parameters)
    with lines:
        said = lines.read().decode()
    assert process.wait() == 0, said
    assert "going on after iteration" in said
    assert not (out / "_checkpoint").exists()

    inputs = {"interactions": pq.read_table(SAMPLE)}
    whole = run_operation(component, "train", inputs=inputs, parameters=parameters, folder=tmp_path / "whole")
    assert files(out / "model") == files(whole.path("model"))
    assert files(out / "metrics") == files(whole.path("metrics"))


@pytest.mark.usefixtures("one_blas_thread")
@pytest.mark.parametrize("stopped_after", [1, 4, 8])
@pytest.mark.parametrize("kind", ["als", "bpr"])
def test_every_state_that_is_saved_leads_to_the_same_end(
    tmp_path: Path, random_weights: csr_matrix, kind: str, stopped_after: int
) -> None:
    def trainer() -> FactorTrainer:
        if kind == "als":
            return AlsTrainer(random_weights, factors=3, regularization=0.1, alpha=1.0, seed=4, threads=1)
        return BprTrainer(random_weights, factors=3, learning_rate=0.1, regularization=0.01, seed=4)

    whole = list(train_factors(trainer(), 8, TrainingState(trainer().start())))[-1]
    for state in train_factors(trainer(), stopped_after, TrainingState(trainer().start())):
        save_state(state, tmp_path / "state")
    resumed = load_state(tmp_path / "state")
    assert resumed.iterations == stopped_after
    end = [resumed, *train_factors(trainer(), 8, resumed)][-1]
    assert end.iterations == 8
    assert end.curves == whole.curves
    assert end.factors.bias == whole.factors.bias
    assert end.factors.users.tobytes() == whole.factors.users.tobytes()
    assert end.factors.items.tobytes() == whole.factors.items.tobytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_damaged_checkpoint_is_as_good_as_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float
) -> None:
    factors = Factors(np.ones((9, 2), np.float32), np.ones((7, 2), np.float32))
    checkpoint = Checkpoint(tmp_path / "checkpoint")
    context = Context("recommender", "1.0.0", "train", 0, checkpoint, tmp_path / "out", tmp_path)
    with ContextMonitor(context, iterations=5, checkpoint_every=1) as monitor:
        assert monitor.start() is None
        monitor.iteration_done(TrainingState(factors, {"loss": [0.5]}))
    (kept,) = checkpoint.folder.iterdir()
    whole = kept.read_bytes()
    with ContextMonitor(context, iterations=5, checkpoint_every=1) as monitor:
        state = monitor.start()
        assert state is not None
        assert state.curves == {"loss": [0.5]}
    kept.write_bytes(whole[: int(share * len(whole))])
    with ContextMonitor(context, iterations=5, checkpoint_every=1) as monitor:
        assert monitor.start() is None
    assert "starts anew" in caplog.text
