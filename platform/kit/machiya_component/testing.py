"""For the tests of a component: run an operation in the test's process, all checks included."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machiya_component.artifacts import Artifact
from machiya_component.checkpoint import CHECKPOINT_FOLDER
from machiya_component.component import Component
from machiya_component.ports import MetricsInput, TableInput, TableOutput
from machiya_component.run import Call, find_operation, run

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Result:
    """The outputs of a call. A path of one can be an input of the next call."""

    out: Path
    sidecars: Mapping[str, Artifact]

    def path(self, port: str) -> Path:
        """The folder of an output."""
        return self.out / port

    def table(self, port: str) -> "pa.Table":
        """An output table, read whole."""
        return TableInput(self.path(port)).read()

    def metrics(self, port: str = "metrics") -> dict[str, float]:
        """An output's ``metrics.json``."""
        return MetricsInput(self.path(port)).read()

    def sidecar(self, port: str) -> Artifact:
        """The sidecar of an output."""
        return self.sidecars[port]


def run_operation(
    component: Component,
    operation: str,
    *,
    folder: Path,
    inputs: Mapping[str, "pa.Table | Path | Mapping[str, float]"] | None = None,
    parameters: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Result:
    """Run an operation on Arrow tables, folders, or (for a metrics port) a dict; outputs go below ``folder``.

    Raises what the ``component`` command would turn into an exit code: ``ArgumentsError``, ``DataError``, ...
    """
    found = find_operation(component.contract, operation)
    paths = {name: _as_folder(value, folder / "in" / name) for name, value in (inputs or {}).items()}
    out = folder / "out"
    checkpoints = folder / "in" / CHECKPOINT_FOLDER
    return Result(out, run(component, Call(found, parameters or {}, paths, out, secrets or {}, checkpoints)))


def _as_folder(value: "pa.Table | Path | Mapping[str, float]", folder: Path) -> Path:
    if isinstance(value, Path):
        return value
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(value, Mapping):
        (folder / "metrics.json").write_text(json.dumps(value), encoding="utf-8")
    else:
        (folder / "part-00000.parquet").unlink(missing_ok=True)
        TableOutput(folder).write(value)
    return folder
