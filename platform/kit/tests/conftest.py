"""A small component made in a temporary folder, and tables to feed it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says nothing about what it shows, and a busy machine must not fail it.
settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kit")

CONTRACT = """\
apiVersion: machiya/v1
name: toy
version: 0.1.0
summary: Doubles weights.
owner: tests
operations:
  double:
    summary: Multiply every weight.
    parameters:
      factor: {type: number, default: 2, minimum: 0}
      seed: {type: integer, default: 0}
    inputs:
      rows:
        type: table
        schema:
          fields:
            - {name: id, type: string, constraints: {required: true, unique: true}}
            - {name: weight, type: number, constraints: {minimum: 0}}
      extra: {type: files, optional: true}
    outputs:
      doubled:
        type: table
        schema:
          fields: [{name: id, type: string}, {name: weight, type: number, constraints: {maximum: 100}}]
          primaryKey: id
      metrics: {type: metrics}
    samples:
      small: {inputs: {rows: sample/rows}}
"""

CODE = """\
from machiya_component import Component, Context, FilesInput, MetricsOutput, TableInput, TableOutput

component = Component(__package__)


@component.operation
def double(
    context: Context,
    rows: TableInput,
    extra: FilesInput | None,
    doubled: TableOutput,
    metrics: MetricsOutput,
    *,
    factor: float,
    seed: int,
) -> None:
    import pyarrow.compute as pc

    table = rows.read()
    doubled.write(table.set_column(1, "weight", pc.multiply(table["weight"], factor)))
    metrics.write({"rows": table.num_rows, "extra": 0 if extra is None else len(extra.files)})
"""

METADATA = "Metadata-Version: 2.1\nName: toy\nVersion: 0.1.0\n"
ENTRY_POINTS = "[machiya.components]\ntoy = toy_component.component:component\n"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The folder of the toy component, with its metadata beside it as if it were installed from there."""
    home = tmp_path / "toy"
    package = home / "toy_component"
    package.mkdir(parents=True)
    (home / "component.yaml").write_text(CONTRACT)
    (package / "__init__.py").write_text("")
    (package / "component.py").write_text(CODE)
    (home / "sample" / "rows").mkdir(parents=True)
    pq.write_table(pa.table({"id": ["a", "b"], "weight": [1.0, 2.5]}), home / "sample" / "rows" / "part-00000.parquet")
    info = home / "toy-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return home


@pytest.fixture
def load_toy(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    """Import the toy's component object, as it is on disk at the time of the call."""
    monkeypatch.syspath_prepend(str(toy))

    def load() -> object:
        import importlib

        _forget()
        return importlib.import_module("toy_component.component").component

    yield load
    _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.startswith("toy_component")]:
        del sys.modules[name]
