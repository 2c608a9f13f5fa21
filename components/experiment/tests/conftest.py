"""Property tests without a clock (a loaded machine must not fail them), and how to run an operation."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

from machiya_component.testing import Result, run_operation
from machiya_experiment.component import component

settings.register_profile("experiment", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("experiment")

Run: TypeAlias = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run an operation with every check of the contract: `run("split", {"control": table}, share=0.5, ...)`."""

    def call(operation: str, inputs: Mapping[str, Any], **parameters: Any) -> Result:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        given: dict[str, pa.Table | Path | Mapping[str, float]] = {
            name: value for name, value in inputs.items() if value is not None
        }
        return run_operation(component, operation, inputs=given, parameters=parameters, folder=folder)

    return call
