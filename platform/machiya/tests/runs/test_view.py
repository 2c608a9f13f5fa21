"""`machiya view`: the service of a component of a run, on what the run made."""

import socket
from pathlib import Path

import pytest

from machiya.engines.local.service import serve
from machiya.errors import EngineError, NotFoundError
from machiya.records import RunRecord
from machiya.records.services import ServiceCall, find_service
from machiya.records.stores import store_of
from machiya_component.contract import Contract, load_contract

from .conftest import Bench


@pytest.fixture
def record(bench: Bench) -> RunRecord:
    return bench.run()


def found(record: RunRecord, project: Path) -> ServiceCall:
    def contract_of(name: str, version: str) -> Contract | None:
        return load_contract(project / "toy") if (name, version) == ("toy", "1.0.0") else None

    return find_service(record, contract_of)


def test_the_service_gets_what_the_latest_step_read(record: RunRecord, project: Path) -> None:
    call = found(record, project)
    assert (call.component, call.operation.name, call.step) == ("toy", "serve", "count")
    assert call.inputs == {"text": (f"runs/{record.name}/read/text",)}


def test_a_run_without_a_service_says_what_it_takes(record: RunRecord) -> None:
    with pytest.raises(NotFoundError, match=r"nothing in the run .* can be served") as caught:
        find_service(record, lambda _name, _version: None)
    assert "must be installed here" in caught.value.remedy


def test_a_port_that_is_taken_is_named_before_anything_starts(record: RunRecord, project: Path) -> None:
    call = found(record, project)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=f"port {port} cannot be listened on") as caught:
            serve(call.component, call.operation, call.inputs, store_of(record), project / "tmp", port, pytest.fail)
    assert caught.value.remedy == "Name another: --port"
    assert not (project / "tmp").exists()
