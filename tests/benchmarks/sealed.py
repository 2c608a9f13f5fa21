"""Tables as a step finds them in a workflow: with the sidecar of the step that made them."""

from typing import TYPE_CHECKING

from tests.benchmarks.harness import BenchmarkError

if TYPE_CHECKING:
    from machiya_component.contract.model import Port
    from machiya_component.ports import TableOutput


def seal(output: "TableOutput", port: "Port", component: str, operation: str) -> None:
    """Give a table its sidecar, as if this operation had made it for this port: who reads it need not check again what
    was checked while it was written.
    """
    from machiya_component.artifacts import sidecar

    written = output.written
    if written is None or written.findings(output.path, port.table_schema, allow_empty=False):
        raise BenchmarkError(f"{output.path} is not what its reader reads.")
    producer = sidecar.Producer(component=component, version="1.0.0", operation=operation)
    sidecar.seal(output.path, sidecar.describe(output.path, port, producer, {}, None, written))
