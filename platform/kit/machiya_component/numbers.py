"""Numbers of a call that an engine reads without opening an artifact: rows of tables, and exposed metrics.

They lie beside the outputs, one number to a file, below ``/data/out/_numbers``: ``rows/<port>`` for every input and
output that is a table, and ``values/<port>-<name>`` for every metric that the contract exposes. So an Argo output
parameter can be read from each. They are told, not promised: what is absent is a number that nobody knows.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from machiya_component.artifacts import Artifact
from machiya_component.artifacts.check import read_metrics
from machiya_component.contract.model import Operation
from machiya_component.contract.names import plain_name
from machiya_component.ports import TableInput

NUMBERS_FOLDER = "_numbers"
ROWS, VALUES = "rows", "values"


def input_rows(operation: Operation, inputs: Mapping[str, Path]) -> dict[str, int]:
    """The rows of every input that is a table, from the footers of its parts."""
    tables = [name for name, port in operation.inputs.items() if port.type.kind == "table" and name in inputs]
    return {name: TableInput(inputs[name]).rows for name in tables}


def output_rows(sidecars: Mapping[str, Artifact]) -> dict[str, int]:
    """The rows of every output that is a table."""
    return {name: sidecar.rows for name, sidecar in sidecars.items() if sidecar.rows is not None}


def exposed_values(operation: Operation, folders: Mapping[str, Path]) -> dict[str, float]:
    """What the contract exposes of the metrics in these folders, by the file's name; not what was not computed."""
    found: dict[str, float] = {}
    for name, port in operation.outputs.items():
        metrics = read_metrics(folders[name]) if port.expose else {}
        found |= {f"{name}-{plain_name(one)}": metrics[one] for one in port.expose if one in metrics}
    return found


def write_numbers(out: Path, rows: Mapping[str, int], values: Mapping[str, float]) -> None:
    """Put the numbers of a call in place of those of an earlier one."""
    clear_numbers(out)
    for kind, numbers in ((ROWS, rows), (VALUES, values)):
        for name, number in numbers.items():
            path = out / NUMBERS_FOLDER / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{number}\n", encoding="utf-8")


def clear_numbers(out: Path) -> None:
    """Remove the numbers of an earlier call: of one that fails, none are there."""
    shutil.rmtree(out / NUMBERS_FOLDER, ignore_errors=True)
