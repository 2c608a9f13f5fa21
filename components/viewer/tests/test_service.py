"""The service as the image starts it: a real process, a real socket, a real SIGTERM."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from machiya_component.testing import run_operation

from machiya_viewer.component import component


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_serves_and_ends_with_143_after_sigterm(own_service: Any) -> None:
    status, body = fetch(f"{own_service.url}/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert fetch(f"{own_service.url}/user/u0194")[0] == 200
    assert fetch(f"{own_service.url}/user/somebody")[0] == 404
    code, last = own_service.stop()
    assert code == 143
    assert "stopped by SIGTERM" in last[-1]
    log = "".join([*own_service.log, *last])
    assert "u0194" not in log, "an address holds the id of a person and is not to be logged"
    assert "somebody" not in log


def test_a_mount_that_vanishes_is_told_at_the_next_request(own_service: Any, mounted: Path) -> None:
    assert fetch(f"{own_service.url}/healthz")[0] == 200
    (mounted / "in" / "items").unlink()
    status, body = fetch(f"{own_service.url}/healthz")
    assert status == 503
    assert "items/part-00000.parquet: is gone" in body


@pytest.mark.parametrize("identifier", ["%2F", "%252F", "a/../b", "é?x=1#y"])
def test_quoted_ids_reach_the_page_as_they_are(service: Any, parse: Any, identifier: str) -> None:
    status, body = fetch(f"{service.url}/user/{quote(identifier, safe='')}")
    assert status == 404
    assert repr(identifier) in parse(body).text


def test_a_port_that_is_taken_is_a_temporary_error(
    service: Any, sample_inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from machiya_component import TemporaryError

    monkeypatch.setenv("MACHIYA_PORT", str(service.port))
    with pytest.raises(TemporaryError, match=f"port {service.port} cannot be listened on"):
        run_operation(component, "serve", inputs=sample_inputs, folder=tmp_path / "other")
