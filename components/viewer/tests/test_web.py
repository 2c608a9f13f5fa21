"""Pages over HTTP: every state has its page, titles are inert, addresses are bounded."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from machiya_viewer.data import Dataset
from machiya_viewer.links import SiteLinks
from machiya_viewer.web.app import make_app
from machiya_viewer.web.site import Site

MakeDataset = Callable[..., Dataset]
# Of "%2F" only a real server tells the truth (see test_service): the test client decodes paths twice.
ODD_IDS = [".", "..", "a/b", "//x", "/", "?q=1", "#top", "a b", "é", "職", "\u202e", "\\", "{{x}}", "a\x00b", '"><b>']


def client_of(dataset: Dataset, root: str = "") -> TestClient:
    return TestClient(make_app(Site(dataset, "Jobs", 3, "viewer 1.0.0")), root_path=root, raise_server_exceptions=False)


@pytest.fixture
def client(sample_dataset: Dataset) -> TestClient:
    return client_of(sample_dataset)


@pytest.mark.parametrize("address", ["/", "/users", "/user/u0194", "/item/j0003", "/user/nobody", "/nowhere"])
def test_every_page_is_strict_private_and_without_scripts(client: TestClient, parse: Any, address: str) -> None:
    answer = client.get(address)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"].startswith("private")
    page = parse(answer.text)
    assert not page.elements("script")
    assert not page.elements("style")
    attributes = [(name, value) for element in page.elements() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    references = {value for name, value in attributes if name in ("href", "src", "action")}
    assert all(value.startswith("/") and not value.startswith("//") for value in references), references


def test_the_overview_shows_metrics_changes_and_notes(client: TestClient, parse: Any) -> None:
    page = parse(client.get("/").text)
    assert page.texts("h2") == ["Verdict", "Metrics", "Most changed users", "Items that most users get", "Data notes"]
    assert ["max_changed_share", "0.900", "0.928", "FAIL"] in page.rows("rule")
    assert ["min_kendall_tau", "0.500", "n/a", "NOT ENOUGH DATA"] in page.rows("rule")
    assert len(page.elements("svg", class_="chart")) == 8


def test_a_user_page_shows_history_beside_both_lists_with_moves(make_dataset: MakeDataset, parse: Any) -> None:
    titles = {"a": "Nurse", "b": "営業", "c": "Chef", "h": "Barista"}
    dataset = make_dataset({"u": "abc"}, {"u": "cax"}, history={"u": "h"}, titles=titles)
    page = parse(client_of(dataset).get("/user/u").text)
    assert page.texts("h2") == ["History", "base", "candidate"]
    history, base, candidate = [
        [" ".join("".join(row.itertext()).split()) for row in one.iter("li")]
        for one in page.elements("ol", class_="list")
    ]
    assert history == ["Barista jobs · 1 event · weight 1.0 2026-11-01"]
    assert base == ["1 Nurse jobs · score 1.000", "2 営業 jobs · score 0.500 dropped", "3 Chef jobs · score 0.333"]
    assert candidate[0] == "1 Chef jobs · score 1.000 up 2"
    assert candidate[1] == "2 Nurse jobs · score 0.500 down 1"
    assert candidate[2] == "3 not in the item table x score 0.333 new"


def test_k_says_how_many_rows_are_shown(make_dataset: MakeDataset, parse: Any) -> None:
    client = client_of(make_dataset({"u": "abcdef"}))
    assert len(parse(client.get("/user/u").text).elements("li")) == 3
    assert len(parse(client.get("/user/u?k=5").text).elements("li")) == 5


def test_a_user_in_one_result_only_without_a_history_is_shown_as_that(make_dataset: MakeDataset, parse: Any) -> None:
    page = parse(client_of(make_dataset({"other": "a"}, {"u": "a"})).get("/user/u").text)
    assert "This user is not in this result." in page.text
    assert "No interactions: nothing is known about this user." in page.text
    assert "n/a" in page.text


def test_a_user_with_a_history_and_no_recommendations_is_shown(make_dataset: MakeDataset, parse: Any) -> None:
    answer = client_of(make_dataset({"other": "a"}, history={"u": "a"})).get("/user/u")
    assert answer.status_code == 200
    assert "This user is not in this result." in parse(answer.text).text


def test_an_item_page_shows_exposure_and_ranks(make_dataset: MakeDataset, parse: Any) -> None:
    dataset = make_dataset({"u1": "ab", "u2": "b"}, {"u1": "b"}, history={"u9": "b"}, titles={"b": "Chef"})
    page = parse(client_of(dataset).get("/item/b").text)
    assert page.texts("h1") == ["Chef"]
    assert page.texts("dd", class_="value") == ["2", "1", "1"]
    assert page.rows("rank") == [["1", "1", "1"], ["2", "1", "0"]]
    assert page.rows("user") == [["u1", "rank 2", "rank 1"], ["u2", "rank 1", "not in the list"]]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/user/nobody", "No result and no interaction has the user 'nobody'."),
        ("/item/nothing", "has the item 'nothing'."),
        ("/user/", "has the user ''."),
        ("/nowhere", "There is no such page."),
        ("/user/%E2%80%AEevil", r"the user '\u202eevil'"),
    ],
)
def test_what_is_not_there_has_its_own_page(client: TestClient, parse: Any, address: str, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    page = parse(answer.text)
    assert page.texts("h1") == ["Not found"]
    assert words in page.text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/user/u0194?k=0", "k must be a whole number from 1 to 100."),
        ("/user/u0194?k=101", "k must be"),
        ("/user/u0194?k=-1", "k must be"),
        ("/user/u0194?k=1e9", "k must be"),
        ("/user/u0194?k=٣", "k must be"),
        ("/user/u0194?k=99999999999999999999", "k must be"),
        ("/users?page=0", "page must be"),
        ("/users?page=100001", "page must be"),
        ("/users?sort=score", "sort must be one of: overlap, rbo, kendall_tau, entered, user_id."),
        ("/users?q=" + "x" * 101, "q has at most 100 characters."),
        ("/users?segment=" + "x" * 101, "segment has at most 100 characters."),
        ("/user/" + "x" * 257, "An id has at most 256 characters; this one has 257."),
        ("/item/" + "x" * 257, "An id has at most 256 characters"),
    ],
)
def test_addresses_out_of_bounds_are_refused_with_the_bound(
    client: TestClient, parse: Any, address: str, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert words in parse(answer.text).text


def test_writing_is_not_possible(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, "/users")
        assert answer.status_code == 405
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("odd", ODD_IDS)
def test_every_id_can_be_linked_and_followed(make_dataset: MakeDataset, parse: Any, odd: str) -> None:
    dataset = make_dataset({odd: [odd, "plain"], "plain": ["plain"]}, titles={odd: "Found"})
    client = client_of(dataset)
    links = [element.get("href") for element in parse(client.get("/users").text).elements("a")]
    users = {link for link in links if link.startswith("/user/")}
    answers = [client.get(link) for link in users]
    assert [answer.status_code for answer in answers] == [200, 200]
    items = {
        element.get("href")
        for answer in answers
        for element in parse(answer.text).elements("a")
        if element.get("href").startswith("/item/")
    }
    assert sorted(parse(client.get(link).text).texts("h1") for link in items) == [["Found"], ["not in the item table"]]


@pytest.mark.parametrize("identifier", ODD_IDS)
def test_links_have_no_steps_that_a_browser_would_resolve(identifier: str) -> None:
    address = SiteLinks().user(identifier)
    assert address is not None
    path = address.partition("?")[0]
    assert path.count("/") == 2
    assert path.rpartition("/")[2] not in (".", "..", quote("."), "%2e", "%2E%2E")


def test_a_root_path_is_part_of_every_reference(sample_dataset: Dataset, parse: Any) -> None:
    page = parse(client_of(sample_dataset, root="/viewer").get("/viewer/").text)
    references = [
        element.attrib[name] for element in page.elements() for name in ("href", "action") if name in element.attrib
    ]
    assert len(references) > 20
    assert all(reference.startswith("/viewer/") for reference in references)


def test_the_list_of_users_keeps_its_question_from_page_to_page(client: TestClient, parse: Any) -> None:
    page = parse(client.get("/users?sort=rbo&q=u0&segment=history-10%2B").text)
    following = page.elements("a", rel="next")[0].get("href")
    assert following == "/users?q=u0&sort=rbo&segment=history-10%2B&page=2"
    assert client.get(following).status_code == 200
    values = [float(row[2]) for row in page.rows("user")]
    assert values == sorted(values)


def test_a_page_beyond_the_last_says_so(client: TestClient, parse: Any) -> None:
    assert "beyond the last, 5." in parse(client.get("/users?page=9").text).text
    assert "No user fits." in parse(client.get("/users?q=nobody").text).text


def test_users_of_one_result_are_listed_without_a_comparison(make_dataset: MakeDataset, parse: Any) -> None:
    page = parse(client_of(make_dataset({"u1": "abc", "u2": "a"})).get("/users").text)
    assert page.rows("user") == [["u1", "3", "0"], ["u2", "1", "0"]]
    assert not page.elements("select")


def test_hostile_titles_ids_and_segments_are_inert_on_every_page(make_dataset: MakeDataset, parse: Any) -> None:
    bad = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(1)>"
    changes = pa.table({"user_id": [bad], "overlap": [0.5], "segment": [bad]})
    verdict = pa.table({"rule": [bad], "threshold": [0.1], "observed": [0.2], "outcome": ["pass"]})
    dataset = make_dataset({bad: [bad]}, {bad: [bad]}, {bad: [bad]}, {bad: bad}, user_changes=changes, verdict=verdict)
    client = client_of(dataset)
    links = SiteLinks()
    for address in ("/", "/users", f"/users?q={quote(bad)}", links.user(bad), links.item(bad), f"/x{quote(bad)}"):
        page = parse(client.get(str(address)).text)
        assert not page.elements("script"), address
        assert not page.elements("img"), address
        assert not [name for element in page.elements() for name in element.attrib if name.startswith("on")], address
        assert "\u202e" not in page.text, address
    assert "<script>alert(1)</script>U+202E" in page_text(client, parse, str(links.item(bad)))


def page_text(client: TestClient, parse: Any, address: str) -> str:
    text: str = parse(client.get(address).text).text
    return text


def test_a_bug_has_a_page_without_details(sample_dataset: Dataset, parse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("machiya_viewer.pages.overview", fail)
    answer = client_of(sample_dataset).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert parse(answer.text).texts("h1") == ["Something is wrong with the viewer"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_assets_are_served_from_here(client: TestClient) -> None:
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    assert client.get("/favicon.svg").headers["content-type"].startswith("image/svg+xml")
