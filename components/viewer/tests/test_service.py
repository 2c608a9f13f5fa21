"""The service as the image starts it: a real process, a real socket, a real SIGTERM."""

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from machiya_component import ArgumentsError, TemporaryError
from machiya_component.testing import run_operation

from machiya_viewer.component import component

SAMPLE = component.home / "sample" / "view"
PAIR = "/r/recommend-2026-11-22/recommender-1.0.0..recommender-1.1.0"


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=300) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_serves_and_ends_with_143_after_sigterm(own_service: Any) -> None:
    status, body = fetch(f"{own_service.url}/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert fetch(f"{own_service.url}{PAIR}/user/u0194")[0] == 200
    assert fetch(f"{own_service.url}{PAIR}/user/somebody")[0] == 404
    code, last = own_service.stop()
    assert code == 143
    assert "stopped by SIGTERM" in last[-1]
    log = "".join([*own_service.log, *last])
    assert "u0194" not in log, "an address holds the id of a person and is not to be logged"
    assert "somebody" not in log


def test_headers_without_an_end_are_refused(own_service: Any) -> None:
    """However much somebody sends, it is not kept."""
    host, port = own_service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=300) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * (64 << 10))
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
    assert fetch(f"{own_service.url}/livez")[0] == 200


def test_an_input_that_vanishes_is_told(own_service: Any, mounted: Path) -> None:
    assert fetch(f"{own_service.url}/healthz")[0] == 200
    (mounted / "in" / "views").unlink()
    status, body = fetch(f"{own_service.url}/healthz")
    assert status == 503
    assert json.loads(body)["problems"]


@pytest.mark.parametrize("identifier", ["%2F", "%252F", "a/../b", "é?x=1#y", "\udcff"])
def test_quoted_ids_reach_the_page_as_they_are(service: Any, parse: Any, identifier: str) -> None:
    status, body = fetch(f"{service.url}{PAIR}/user/{quote(identifier, safe='', errors='surrogateescape')}")
    assert status == 404
    shown = identifier.encode(errors="surrogateescape").decode(errors="replace")
    assert f"user {shown}," in parse(body).text


def test_a_port_that_is_taken_is_a_temporary_error(
    service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACHIYA_PORT", str(service.port))
    with pytest.raises(TemporaryError, match=f"port {service.port} cannot be listened on"):
        run_operation(component, "serve", inputs={"views": SAMPLE}, folder=tmp_path / "other")


def test_without_anything_to_show_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ArgumentsError, match="nothing to show"):
        run_operation(component, "serve", folder=tmp_path)


def test_a_proxy_that_is_no_network_is_refused(tmp_path: Path) -> None:
    parameters = {"trusted_proxies": ["everybody"]}
    with pytest.raises(ArgumentsError, match="'everybody' is no network"):
        run_operation(component, "serve", inputs={"views": SAMPLE}, parameters=parameters, folder=tmp_path)


@pytest.mark.parametrize("root", ["viewer", "/viewer/", "/..", "//x", '/"'])
def test_a_root_path_that_is_none_is_refused(tmp_path: Path, root: str) -> None:
    with pytest.raises(ArgumentsError, match="root_path"):
        run_operation(component, "serve", inputs={"views": SAMPLE}, parameters={"root_path": root}, folder=tmp_path)
