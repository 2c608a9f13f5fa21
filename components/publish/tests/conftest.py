"""How the operation is run: with every check of the contract."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from machiya_component.testing import Result, run_operation

from machiya_publish.component import component

Publish: TypeAlias = Callable[..., Result]


def recommendations(users: int, each: int = 2, first: int = 0) -> pa.Table:
    """Rows of some users."""
    names = [f"u{user:03d}" for user in range(first, first + users) for _ in range(each)]
    return pa.table({"user_id": pa.array(names, pa.string()), "item_id": pa.array(["i"] * len(names), pa.string())})


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Publish a table as the run of a day of November, with what is published before: `publish(table, 3, before)`."""

    def call(table: pa.Table, day: int, earlier: Result | Path | None = None, **more: Any) -> Result:
        folder = tmp_path / f"call-{len(list(tmp_path.glob('call-*')))}"
        inputs: dict[str, Any] = {"result": table}
        if earlier is not None:
            inputs["earlier"] = earlier.path("pointer") if isinstance(earlier, Result) else earlier
        if "users" in more:
            inputs["users"] = more.pop("users")
        parameters = {
            "workflow": "recommend",
            "stage": "production",
            "name": "recommendations",
            "run": f"run-{day}",
            "started": f"2026-11-{day:02d}T03:00:00Z",
            "key": f"runs/run-{day}/predict/recommendations",
        }
        return run_operation(component, "publish", folder=folder, inputs=inputs, parameters=parameters | more)

    return call


def pointer(result: Result) -> dict[str, Any]:
    """What is published from now on."""
    found: dict[str, Any] = json.loads((result.path("pointer") / "pointer.json").read_text())
    return found


def outcome(result: Result) -> str:
    """What was decided."""
    return str(json.loads((result.path("pointer") / "outcome.json").read_text())["outcome"])
