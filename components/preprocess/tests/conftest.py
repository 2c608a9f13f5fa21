"""What several tests need: running the operations on logs written in the test."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

from machiya_component.testing import Result, run_operation
from machiya_preprocess.component import component

# How long an example takes says nothing about what it shows, and a busy machine must not fail it.
settings.register_profile("preprocess", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("preprocess")

Data: TypeAlias = str | bytes | pa.Table | Mapping[str, str | bytes | pa.Table] | Path

HOME = Path(__file__).parent.parent


class Run(Protocol):
    """Run an operation on data; further arguments are its parameters."""

    def __call__(self, data: Data, catalogue: Data | None = None, **parameters: Any) -> Result: ...


def as_folder(data: Data, folder: Path) -> Path:
    """A file's content (or several by name) as the folder of a port."""
    if isinstance(data, Path):
        return data
    folder.mkdir()
    named = data if isinstance(data, Mapping) else {"log.parquet" if isinstance(data, pa.Table) else "log.csv": data}
    for name, content in named.items():
        if isinstance(content, pa.Table):
            pq.write_table(content, folder / name)
        else:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def clean(tmp_path: Path) -> Run:
    """Run ``clean``; other than by default, no user or item is too small unless the test says so."""

    def run(data: Data, catalogue: Data | None = None, **parameters: Any) -> Result:
        folder = Path(mkdtemp(dir=tmp_path))
        inputs = {"events": as_folder(data, folder / "events")}
        if catalogue is not None:
            inputs["catalogue"] = as_folder(catalogue, folder / "catalogue")
        settings = {"min_user_items": 1, "min_item_users": 1, **parameters}
        return run_operation(component, "clean", inputs=inputs, parameters=settings, folder=folder)

    return run


@pytest.fixture
def home() -> Path:
    """The component's folder."""
    return HOME
