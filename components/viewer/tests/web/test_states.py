"""States with a page of their own over HTTP: what is missing, broken, old, or not yet computed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

PAIR = "/r/monday/old-1.0..new-1.1"
UNCOMPUTED = "/r/monday/old-1.0..third"
ClientOf = Callable[..., TestClient]


def test_without_a_ground_truth_metrics_are_na_never_zero(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any
) -> None:
    make_view({"u": "a"}, {"u": "b"}, run="r", folder=runs / "r")
    page = parse(client_of(runs).get("/r/r/base..candidate").text)
    assert "There is no ground truth here" in page.text
    assert "n/a" in page.text
    gate = parse(client_of(runs).get("/r/r/base..candidate/gate").text)
    assert "There is no ground truth: every metric is n/a." in gate.text


def test_old_data_is_told_on_every_page_of_the_run(monday: Path, client_of: ClientOf, parse: Any) -> None:
    client = client_of(monday, stale_hours=24)
    assert "stale data" in parse(client.get("/").text).texts("p", class_="status")[0]
    for address in (PAIR, f"{PAIR}/users", f"{PAIR}/user/u1", f"{PAIR}/item/a", f"{PAIR}/quality", f"{PAIR}/gate"):
        notice = parse(client.get(address).text).texts("p", class_="notice")
        assert "Stale data: the last interaction is of 2026-11-01 12:00 UTC." in notice
    fresh = client_of(monday, stale_hours=49)
    assert "Stale data" not in fresh.get(PAIR).text


@pytest.mark.parametrize("section", ["", "/users", "/item/a", "/quality", "/gate"])
def test_a_pair_that_no_step_compared_is_told_from_one_that_is_not_there(
    client: TestClient, parse: Any, section: str
) -> None:
    answer = client.get(UNCOMPUTED + section)
    assert answer.status_code == 409
    page = parse(answer.text)
    assert page.texts("h1") == ["Not yet computed"]
    assert "no step of this run compared them" in page.text
    assert page.elements("a", href=PAIR)


def test_the_lists_of_a_user_can_be_read_before_a_pair_is_compared(client: TestClient, parse: Any) -> None:
    answer = client.get(f"{UNCOMPUTED}/user/u1")
    assert answer.status_code == 200
    page = parse(answer.text)
    assert "not yet computed" in page.text
    assert page.texts("h2") == ["History", "old 1.0", "third"]
    (first, *_) = page.elements("ol", class_="list")[2].iter("li")
    assert " ".join("".join(first.itertext()).split()).endswith("up 1")
    assert "n/a" in page.texts("dd", class_="value")


def test_a_pair_that_was_compared_the_other_way_round_leads_there(client: TestClient, parse: Any) -> None:
    answer = client.get("/r/monday/new-1.1..old-1.0")
    assert answer.status_code == 409
    assert parse(answer.text).elements("a", href=PAIR)


@pytest.mark.parametrize(
    ("address", "heading", "words"),
    [
        ("/r/tuesday", "Unknown run", "There is no run tuesday here."),
        ("/r/tuesday/a..b/users", "Unknown run", "There is no run tuesday here."),
        ("/r/monday/fourth", "Unknown version", "The run monday has no version fourth."),
        ("/r/monday/old-1.0..fourth", "Unknown version", "has no version fourth."),
        (f"{PAIR}/user/nobody", "Unknown user", "Neither version has a user nobody"),
        ("/r/monday/third/user/nobody", "Unknown user", "The version has no user nobody"),
        (f"{PAIR}/user/", "Unknown user", "Neither version has a user ,"),
        (f"{PAIR}/item/nothing", "Unknown item", "the item nothing."),
        (f"{PAIR}/user/%E2%80%AEevil", "Unknown user", "U+202E evil"),
        ("/nowhere", "Not found", "There is no such page."),
        (f"{PAIR}/", "Not found", "There is no such page."),
        (f"{PAIR}/gate/x", "Not found", "There is no such page."),
        ("/static/style.css", "Not found", "There is no such page."),
    ],
)
def test_what_is_not_there_has_its_own_page(
    client: TestClient, parse: Any, address: str, heading: str, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    page = parse(answer.text)
    assert page.texts("h1") == [heading]
    assert words.replace(" ", "") in page.text.replace(" ", "")
    assert page.elements("a", href="/")


def test_an_unknown_user_gets_suggestions(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/user/u9").text)
    assert [one.get("href") for one in page.elements("ul", class_="links")[0].iter("a")] == [
        f"{PAIR}/user/u{index}" for index in (1, 2, 3, 4)
    ]


def test_a_view_of_another_format_is_named_with_file_and_column(monday: Path, client_of: ClientOf, parse: Any) -> None:
    head = monday / "monday" / "compared" / "view.json"
    head.write_text(json.dumps({**json.loads(head.read_text()), "format": 99}))
    client = client_of(monday)
    page = parse(client.get("/").text)
    assert "cannot be read" in page.texts("p", class_="status")[0]
    assert "view.json, column format" in page.text
    third = parse(client.get("/r/monday/third").text)
    assert "A part of this run cannot be read" in third.text


def test_a_run_of_which_nothing_can_be_read_says_so(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any
) -> None:
    make_view({"u": "a"}, run="r", folder=runs / "r")
    (runs / "r" / "view.json").write_text("{")
    client = client_of(runs)
    slug = parse(client.get("/").text).texts("h2")[0]
    answer = client.get(f"/r/{slug}")
    assert answer.status_code == 503
    assert "view.json: is not JSON" in parse(answer.text).text


def test_a_table_that_lacks_a_column_is_named_with_file_and_column(
    monday: Path, client_of: ClientOf, parse: Any
) -> None:
    import pyarrow.parquet as pq

    file = monday / "monday" / "compared" / "recommendations-1.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["rank"]), file)
    answer = client_of(monday).get(f"{PAIR}/user/u1")
    assert answer.status_code == 503
    page = parse(answer.text)
    assert page.texts("h1") == ["The data does not fit"]
    assert "recommendations-1.parquet" in page.text
    assert "column rank" in page.text


def test_a_file_that_is_gone_is_named(monday: Path, client_of: ClientOf, parse: Any) -> None:
    (monday / "monday" / "compared" / "items.parquet").unlink()
    answer = client_of(monday).get(f"{PAIR}/item/a")
    assert answer.status_code == 503
    assert "items.parquet" in parse(answer.text).text


def test_a_root_that_is_gone_has_a_page(tmp_path: Path, client_of: ClientOf, parse: Any) -> None:
    answer = client_of(tmp_path / "gone").get("/")
    assert answer.status_code == 503
    assert parse(answer.text).texts("h1") == ["The data cannot be read"]


def test_a_bug_has_a_page_without_details(client: TestClient, parse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("machiya_viewer.pages.overview", fail)
    answer = client.get(PAIR)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert parse(answer.text).texts("h1") == ["Something is wrong with the viewer"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
