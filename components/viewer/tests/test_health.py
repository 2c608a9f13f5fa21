"""The health probe tells the truth at every request, and cheaply."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from machiya_viewer.data import Dataset
from machiya_viewer.web.app import make_app
from machiya_viewer.web.site import Site

PARTS = ("recommendations", "candidate", "interactions", "items", "scores", "user_changes", "verdict")
PART = "part-00000.parquet"


@pytest.fixture
def folder(tmp_path: Path, sample_inputs: dict[str, Path]) -> Path:
    """A copy of the sample that a test may damage."""
    for port, path in sample_inputs.items():
        shutil.copytree(path, tmp_path / port)
    return tmp_path


@pytest.fixture
def site(folder: Path, open_folder: Callable[..., Dataset]) -> Site:
    return Site(open_folder(folder), "Jobs", 10, "viewer 1.0.0")


@pytest.fixture
def client(site: Site) -> TestClient:
    return TestClient(make_app(site), raise_server_exceptions=False)


def test_well_means_every_table_is_there_with_its_rows(client: TestClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["tables"]["recommendations"] == {"files": 1, "rows": 4740}
    assert len(body["tables"]) == 8
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("port", PARTS)
def test_a_file_that_is_gone_is_named_and_well_again_when_it_is_back(
    client: TestClient, folder: Path, port: str
) -> None:
    file = folder / port / PART
    file.rename(folder / "elsewhere")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["tables"][port]["problem"] == f"{port}/{PART}: is gone"
    (folder / "elsewhere").rename(file)
    assert client.get("/healthz").status_code == 200


def test_only_the_broken_table_is_blamed(client: TestClient, folder: Path) -> None:
    (folder / "items" / PART).unlink()
    tables = client.get("/healthz").json()["tables"]
    assert [port for port, state in tables.items() if "problem" in state] == ["items"]


def test_a_truncated_file_is_not_well(client: TestClient, folder: Path) -> None:
    file = folder / "candidate" / PART
    os.truncate(file, file.stat().st_size // 2)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "not a whole Parquet file" in answer.json()["tables"]["candidate"]["problem"]


def test_an_empty_file_is_not_well(client: TestClient, folder: Path) -> None:
    (folder / "items" / PART).write_bytes(b"")
    assert client.get("/healthz").status_code == 503


def test_a_file_damaged_in_the_middle_is_not_well_although_its_ends_are(client: TestClient, folder: Path) -> None:
    file = folder / "recommendations" / PART
    content = bytearray(file.read_bytes())
    content[4:2000] = b"\xff" * 1996
    file.write_bytes(content)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "not readable as Parquet" in answer.json()["tables"]["recommendations"]["problem"]
    assert client.get("/healthz").status_code == 503


def test_a_file_with_other_columns_is_not_well(client: TestClient, folder: Path) -> None:
    file = folder / "items" / PART
    pq.write_table(pq.read_table(file).drop_columns(["title"]), file)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "other columns" in answer.json()["tables"]["items"]["problem"]


def test_an_equal_copy_of_a_file_is_well(client: TestClient, folder: Path) -> None:
    file = folder / "items" / PART
    pq.write_table(pq.read_table(file).slice(0, 50), folder / "new")
    (folder / "new").replace(file)
    assert client.get("/healthz").status_code == 200


def test_unchanged_files_are_not_read_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(state.problem is None for state in site.health.check())

    def read_whole(*_: object, **__: object) -> None:
        raise AssertionError("a file was read whole")

    monkeypatch.setattr(pq, "ParquetFile", read_whole)
    assert all(state.problem is None for state in site.health.check())


def test_pages_over_missing_data_say_so_instead_of_failing(client: TestClient, folder: Path) -> None:
    shutil.rmtree(folder / "recommendations")
    for address in ("/", "/users", "/user/u0001", "/item/j0001"):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert "recommendations/part-00000.parquet: is gone" in answer.text


def test_pages_over_damaged_data_say_so_instead_of_failing(client: TestClient, folder: Path) -> None:
    file = folder / "interactions" / PART
    content = bytearray(file.read_bytes())
    content[4:20000] = b"\xff" * 19996
    file.write_bytes(content)
    answer = client.get("/user/u0001")
    assert answer.status_code == 503
    assert "interactions" in answer.text


def test_ready_only_once_the_aggregates_are_there(site: Site, client: TestClient, folder: Path) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the overview is being computed")
    site.warm()
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})
    (folder / "items" / PART).unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "items" in answer.json()["reason"]


def test_broken_data_at_the_start_leaves_the_site_not_ready(site: Site, client: TestClient, folder: Path) -> None:
    (folder / "items" / PART).unlink()
    site.warm()
    assert client.get("/readyz").status_code == 503
