"""A stable link for others: values come unescaped, empty, or as whatever people call a version."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

PAIR = "/r/monday/old-1.0..new-1.1"


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("", PAIR),
        ("run=&base=&cand=&user=", PAIR),
        ("run=monday", PAIR),
        ("run=Monday", PAIR),
        ("run=monday&user=u1", f"{PAIR}/user/u1"),
        ("run=monday&user=a/b", f"{PAIR}/user/a%2Fb"),
        ("user=u1", f"{PAIR}/user/u1"),
        ("item=a", f"{PAIR}/item/a"),
        ("run=monday&base=old-1.0&cand=new-1.1", PAIR),
        ("run=monday&base=old 1.0&cand=new 1.1", PAIR),
        ("run=monday&base=1.0.0&cand=1.1.0", PAIR),
        ("run=monday&base=1.0.0@sha256:aa&cand=1.1.0@sha256:bb", PAIR),
        ("run=monday&base=recommender: 1.0.0@sha256:aa&cand=recommender 1.1.0", PAIR),
        ("run=monday&cand=1.1.0", PAIR),
        ("run=monday&base=1.0.0", PAIR),
        ("run=monday&cand=third", "/r/monday/third"),
        ("run=monday&base=third&cand=third", "/r/monday/third"),
        ("run=monday&base=old-1.0&cand=third", "/r/monday/old-1.0..third"),
        ("run=monday&lang=ja", f"{PAIR}?lang=ja"),
    ],
)
def test_it_leads_to_the_best_page_there_is(client: TestClient, query: str, target: str) -> None:
    answer = client.get(f"/go?{query}")
    assert (answer.status_code, answer.headers.get("location")) == (302, target)


@pytest.mark.parametrize(
    ("query", "heading", "words"),
    [
        ("run=tuesday", "Unknown run", "There is no run tuesday here."),
        ("run={{workflow.name}}", "Unknown run", "There is no run {{workflow.name}} here."),
        ("run=../etc/passwd", "Unknown run", "There is no run ../etc/passwd here."),
        ("run=monday&base=9.9", "Unknown version", "The run monday has no version 9.9."),
        ("run=monday&base=1.0.0&cand=9.9", "Unknown version", "has no version 9.9."),
        ("run=monday&cand=@", "Unknown version", "has no version @."),
    ],
)
def test_what_is_missing_is_named_with_what_there_is(
    client: TestClient, parse: Any, query: str, heading: str, words: str
) -> None:
    answer = client.get(f"/go?{query}")
    assert answer.status_code == 404
    page = parse(answer.text)
    assert page.texts("h1") == [heading]
    assert words in page.text
    assert page.elements("ul", class_="links")[0].findall("li")


def test_before_there_is_a_run_it_says_so(runs: Path, client_of: Any, parse: Any) -> None:
    answer = client_of(runs).get("/go?run=&user=u1")
    assert answer.status_code == 404
    assert parse(answer.text).texts("h1") == ["Nothing to show yet"]


def test_the_newest_run_that_can_be_read_is_taken(monday: Path, client_of: Any, make_view: Any) -> None:
    make_view({"u": "a"}, run="later", started="2026-11-05T00:00:00Z", folder=monday / "later")
    assert client_of(monday).get("/go").headers["location"] == "/r/later/base"
    (monday / "later" / "view.json").write_text("{")
    assert client_of(monday).get("/go").headers["location"] == PAIR
