"""A log three times as large as the memory of the container that cleans it."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya import containers, images
from machiya.containers import Bind, RunRequest
from machiya_component.testing import run_operation
from machiya_preprocess.component import component

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
LIMIT = 512 << 20
USERS, ITEMS, ROWS, GROUP = 40_000, 50, 7_500_000, 500_000
PARAMETERS = {"dedup_seconds": 60_000, "max_events_per_day": 0, "max_events_per_hour": 0, "burst_events": 100}


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """That of the component, under a name of its own."""
    tag = f"machiya-test-{uuid4().hex[:12]}/preprocess:1.0.0"
    with containers.connect() as engine:
        images.build(ROOT / "components" / "preprocess", engine, tag=tag)
        yield tag
        engine.remove_image(tag)


def write_log(path: Path) -> int:
    """A log with ids of 100 letters, little in its file; returns the bytes that it takes as columns."""
    rng = np.random.default_rng(6)
    users = pa.array([f"user-{number:0>95}" for number in range(USERS)])
    items = pa.array([f"item-{number:0>95}" for number in range(ITEMS)])
    size, writer = 0, None
    for start in range(0, ROWS, GROUP):
        # Everybody comes in every group, so each batch concerns all parts of the log.
        user = pa.DictionaryArray.from_arrays(rng.integers(0, USERS, GROUP).astype(np.int32), users)
        item = pa.DictionaryArray.from_arrays((rng.random(GROUP) ** 2 * ITEMS).astype(np.int32), items)
        kind = pa.DictionaryArray.from_arrays(rng.integers(0, 2, GROUP).astype(np.int32), pa.array(["view", "apply"]))
        time = pa.array(np.arange(start, start + GROUP) * 1_000_000, pa.timestamp("us", "UTC"))
        table = pa.table({"user_id": user, "item_id": item, "event": kind, "time": time})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        size += GROUP * (2 * (100 + 4) + 5 + 4 + 8)
    assert writer is not None
    writer.close()
    return size


def test_a_log_three_times_as_large_as_memory_is_cleaned_to_the_same_bytes(image: str, tmp_path: Path) -> None:
    for folder in ("data/in/events", "data/out", "tmp"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder).chmod(0o777)
    assert write_log(tmp_path / "data" / "in" / "events" / "log.parquet") >= 3 * LIMIT
    words = [word for name, value in PARAMETERS.items() for word in (f"--{name}", json.dumps(value))]
    request = RunRequest(
        image,
        ["run", "clean", *words],
        binds=[
            Bind(tmp_path / "data" / "in", "/data/in", read_only=True),
            Bind(tmp_path / "data" / "out", "/data/out"),
            Bind(tmp_path / "tmp", "/tmp"),
        ],
        memory=LIMIT,
        read_only=True,
    )
    with containers.connect() as engine:
        done = engine.run(request, timeout=900)
    assert done.exit_code == 0, done
    # In this process, where it fits.
    held = run_operation(
        component,
        "clean",
        inputs={"events": tmp_path / "data" / "in" / "events"},
        parameters=PARAMETERS,
        folder=tmp_path / "held",
    )
    assert held.table("rejected").num_rows > 100_000
    for port in ("interactions", "rejected", "items", "metrics"):
        sidecar = json.loads((tmp_path / "data" / "out" / port / "_artifact.json").read_text())
        assert sidecar["digest"] == held.sidecar(port).digest, port
