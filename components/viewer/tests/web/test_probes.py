"""Probes say what was found a moment ago; measures count pages and never name anybody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

ClientOf = Callable[..., TestClient]
PAIR = "/r/monday/old-1.0..new-1.1"


@pytest.mark.parametrize("probe", ["/healthz", "/readyz"])
def test_a_site_without_runs_is_well(runs: Path, client_of: ClientOf, probe: str) -> None:
    answer = client_of(runs).get(probe)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_health_names_the_newest_run(client: TestClient) -> None:
    assert client.get("/healthz").json() == {
        "status": "ok",
        "viewer": "viewer 1.0.0",
        "runs": 1,
        "newest": "monday",
        "problems": [],
    }
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    "file", ["facts.json", "users.parquet", "history.parquet", "items.parquet", "recommendations-1.parquet"]
)
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_file_that_cannot_be_read_is_told_with_its_name(
    monday: Path, client_of: ClientOf, file: str, damage: str
) -> None:
    path = monday / "monday" / "compared" / file
    path.unlink() if damage == "gone" else path.write_bytes(path.read_bytes()[:50])
    for probe in ("/healthz", "/readyz"):
        answer = client_of(monday).get(probe)
        assert answer.status_code == 503
        assert file in answer.text


def test_a_broken_new_run_beside_a_good_old_one_is_told_and_does_no_harm(
    monday: Path, client_of: ClientOf, make_view: Any
) -> None:
    make_view({"u": "a"}, run="later", started="2026-11-05T00:00:00Z", folder=monday / "later")
    (monday / "later" / "facts.json").unlink()
    answer = client_of(monday).get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["newest"] == "monday"
    assert "facts.json" in answer.json()["problems"][0]


def test_a_root_that_is_gone_is_unavailable(tmp_path: Path, client_of: ClientOf) -> None:
    client = client_of(tmp_path / "gone")
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 503
    assert client.get("/metrics").status_code == 200
    assert client.get("/livez").status_code == 200, "another process would read no more"


def samples(client: TestClient, name: str) -> dict[tuple[str, ...], float]:
    """Values by page, method and status, as far as the measure has them."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        tuple(sample.labels[label] for label in ("page", "method", "status") if label in sample.labels): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_answers_are_counted_by_page_and_status(client: TestClient) -> None:
    for address in (PAIR, f"{PAIR}/user/u1", f"{PAIR}/user/u2", f"{PAIR}/user/nobody", "/nowhere"):
        client.get(address)
    client.request("BREW", "/")
    answers = samples(client, "viewer_answers_total")
    assert answers[("overview", "GET", "200")] == 1
    assert answers[("user", "GET", "200")] == 2
    assert answers[("user", "GET", "404")] == 1
    assert answers[("none", "GET", "404")] == 1
    assert sum(value for key, value in answers.items() if key[1] == "other") == 1
    assert samples(client, "viewer_answer_seconds_count")[("user",)] == 3


def test_measures_name_nobody(client: TestClient) -> None:
    client.get(f"{PAIR}/user/u1?q=somebody")
    text = client.get("/metrics").text
    assert "u1" not in text
    assert "somebody" not in text
    assert "monday" not in text


def test_the_newest_data_has_a_time(client: TestClient, given: Any) -> None:
    assert samples(client, "viewer_runs") == {(): 1.0}
    assert samples(client, "viewer_newest_interaction_timestamp_seconds")[()] == given.now.timestamp() - 48 * 3600
    assert samples(client, "viewer_requests_running") == {(): 1.0}


def test_a_new_run_appears_without_a_restart(monday: Path, make_view: Any) -> None:
    from machiya_viewer.view.catalog import Catalog
    from machiya_viewer.web.app import make_app
    from machiya_viewer.web.site import Site

    time = [0.0]
    client = TestClient(make_app(Site(Catalog(str(monday), lambda: time[0]), "Jobs", "viewer")))
    assert samples(client, "viewer_runs") == {(): 1.0}
    make_view({"u": "a"}, run="later", folder=monday / "later")
    time[0] += 6
    assert samples(client, "viewer_runs") == {(): 2.0}
    assert "later" in client.get("/").text
