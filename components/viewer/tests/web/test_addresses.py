"""Addresses: what is out of bounds is refused, everything else has a page, and nothing is ever a bug."""

import os
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from machiya_viewer.links import ReportLinks, SiteLinks

PAIR = "/r/monday/old-1.0..new-1.1"
ClientOf = Callable[..., TestClient]
# Of "%2F" only a real server tells the truth (see test_service): the test client decodes paths twice.
ODD_IDS = [
    ".",
    "..",
    "a/b",
    "//x",
    "/",
    "?q=1",
    "#top",
    "a b",
    "é",
    "職",
    "\u202e",
    "\\",
    "{{x}}",
    "a\x00b",
    '"><b>',
    "+",
]
BAD = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(1)>"

# VIEWER_FUZZ=100000 looks further, by chance; without it, the same addresses are tried every time. The client and its
# files are the same for every example.
FUZZ = int(os.environ.get("VIEWER_FUZZ", "0"))
ADDRESSES = settings(
    max_examples=FUZZ or 100,
    derandomize=not FUZZ,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
HOST = "http://testserver"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/user/u1?k=0", "k must be a whole number from 1 to 100."),
        ("/user/u1?k=101", "k must be"),
        ("/user/u1?k=-1", "k must be"),
        ("/user/u1?k=1e9", "k must be"),
        ("/user/u1?k=٣", "k must be"),
        ("/user/u1?k=99999999999999999999", "k must be"),
        ("/user/u1?show=everything", "show must be one of: new, dropped, up, down, same."),
        ("/users?page=0", "page must be a whole number from 1 to 100,000."),
        ("/users?page=100001", "page must be"),
        ("/users?min_hist=-1", "min_hist must be a whole number from 0"),
        ("/users?min_hist=1000001", "min_hist must be"),
        ("/users?sort=score", "sort must be one of: "),
        ("/users?q=" + "x" * 101, "q has at most 100 characters."),
        ("/users?segment=" + "x" * 101, "segment has at most 100 characters."),
        ("/user/" + "x" * 257, "An id has at most 256 characters; this one has 257."),
        ("/item/" + "x" * 257, "An id has at most 256 characters"),
        ("/user/?id=" + "x" * 257, "An id has at most 256 characters"),
    ],
)
def test_addresses_out_of_bounds_are_refused_with_the_bound(
    client: TestClient, parse: Any, address: str, words: str
) -> None:
    answer = client.get(PAIR + address)
    assert answer.status_code == 400
    assert words in parse(answer.text).text


@pytest.mark.parametrize(
    "address", ["/?page=x", "/search?q=" + "x" * 101, "/go?run=" + "x" * 301, "/go?user=" + "x" * 257]
)
def test_so_are_those_outside_of_runs(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "address", [f"{PAIR}/user/{'x' * 256}", f"{PAIR}/users?q={'x' * 100}", f"{PAIR}/users?page=100000"]
)
def test_the_bounds_themselves_are_allowed(client: TestClient, address: str) -> None:
    assert client.get(address).status_code in (200, 404)


def test_of_a_repeated_parameter_the_last_counts(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/user/u1?k=3&k=1").text)
    assert page.elements("input", name="k")[0].get("value") == "1"


@pytest.mark.parametrize("odd", ODD_IDS)
def test_every_id_can_be_linked_and_followed(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any, odd: str
) -> None:
    make_view({odd: [odd, "plain"], "plain": ["plain"]}, titles={odd: "Found"}, run="r", folder=runs / "r")
    client = client_of(runs)
    users = links_to("user", parse(client.get("/r/r/base/users").text))
    answers = [client.get(link) for link in users]
    assert [answer.status_code for answer in answers] == [200, 200]
    items = {link for answer in answers for link in links_to("item", parse(answer.text))}
    titles = sorted(parse(client.get(link).text).texts("h1") for link in items)
    assert titles == [["Found"], ["not in the item table"]]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_a_form_on_the_page_of_any_user_stays_there(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any, odd: str
) -> None:
    make_view({odd: ["a", "b"]}, run="r", folder=runs / "r")
    client = client_of(runs)
    page = parse(client.get(links_to("user", parse(client.get("/r/r/base/users").text)).pop()).text)
    form = page.elements("form", class_="filters")[0]
    fields = {one.get("name"): one.get("value") for one in form.iter("input")}
    again = parse(client.get(form.get("action"), params={**fields, "k": "1"}).text)
    assert again.texts("h1") == page.texts("h1")
    assert again.elements("input", name="k")[0].get("value") == "1"


def links_to(kind: str, page: Any) -> set[str]:
    found = [element.get("href") for element in page.elements("a")]
    return {link for link in found if link.startswith(f"/r/r/base/{kind}/")}


@pytest.mark.parametrize("identifier", ["u\n", "a\nb", "\r\nX: y"])
def test_an_id_with_line_ends_is_one_of_its_own(
    runs: Path, make_view: Callable[..., Any], client_of: ClientOf, parse: Any, identifier: str
) -> None:
    make_view({identifier: ["a"], "u": ["b"], "a": ["c"]}, run="r", folder=runs / "r")
    answer = client_of(runs).get(f"/r/r/base/user/{quote(identifier, safe='')}")
    assert answer.status_code == 200
    assert [one.get("href") for one in parse(answer.text).elements("a") if "/item/" in one.get("href")] == [
        "/r/r/base/item/a"
    ]


def test_an_id_that_no_address_can_hold_is_shown_without_a_link(
    runs: Path, make_view: Callable[..., Any], client_of: ClientOf, parse: Any
) -> None:
    long = "x" * 300
    make_view({long: ["a"], "u": ["a"]}, run="r", folder=runs / "r")
    page = parse(client_of(runs).get("/r/r/base/users").text)
    assert "xxx" in page.text
    assert links_to("user", page) == {"/r/r/base/user/u"}


@pytest.mark.parametrize("identifier", ODD_IDS)
def test_links_have_no_steps_that_a_browser_would_resolve(identifier: str) -> None:
    path = (SiteLinks(run="r", pair="a..b").user(identifier) or "").partition("?")[0]
    assert path.startswith("/r/r/a..b/user/")
    assert path.count("/") == 5
    assert path.rpartition("/")[2] not in (".", "..", "%2e", "%2E%2E")


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://ok.example/x", True),
        ("HTTPS://OK.example/x", True),
        ("http://ok.example:81/", True),
        ("https://sub.ok.example/", False),
        ("https://ok.example.evil/", False),
        ("https://user@ok.example/", False),
        ("//ok.example/", None),
        ("javascript:alert(1)//ok.example", None),
        ("data:text/html,ok.example", None),
        ("https://ok.example\n/", None),
        ("https://ok.example\\@evil/", None),
        ("https://ok.example:port/", None),
        ("https://[ok.example/", None),
        ("https:///x", None),
        ("https://ok.example/" + "x" * 2000, None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_of_the_data_is_linked_only_to_a_listed_host(url: str | None, linked: bool | None) -> None:
    outside = SiteLinks(hosts=frozenset({"ok.example"})).outside(url)
    if linked and url is not None:
        assert outside is not None
        assert outside.href == url
    else:
        assert outside is None or outside.href is None
    printed = ReportLinks([]).outside(url)
    assert printed is None or printed.href is None


def test_hostile_titles_ids_names_and_segments_are_inert_on_every_page(
    runs: Path, client_of: ClientOf, make_view: Any, given: Any, parse: Any
) -> None:
    import pyarrow as pa

    from machiya_viewer.view.model import Version

    titles = pa.table({"item_id": [BAD], "title": [BAD], "category": [BAD], "url": [f"https://{BAD}"], "lang": [BAD]})
    changes = pa.table({"user_id": [BAD], "overlap": [0.5], "segment": [BAD]})
    verdict = pa.table({"rule": [BAD], "threshold": [0.1], "observed": [0.2], "outcome": ["warn"], "text": [BAD]})
    scores = given.scores(0.3).set_column(0, "metric", pa.array([BAD]))
    versions = (Version(BAD, BAD, BAD, BAD, BAD, BAD, BAD), Version(f"{BAD}2", BAD, BAD, BAD, BAD, BAD, BAD))
    tables = {"user_changes": changes, "verdict": verdict, "scores": scores, "candidate_scores": scores}
    told = {"run": BAD, "workflow": BAD, "stage": BAD, "started": BAD, "title": BAD, "versions": versions}
    make_view({BAD: [BAD]}, {BAD: [BAD]}, history={BAD: [BAD]}, titles=titles, folder=runs / "r", **tables, **told)
    client = client_of(runs, hosts=["evil"])
    below = client.get(client.get("/go").headers["location"])
    root = str(below.request.url.path)
    links = SiteLinks(run=root.split("/")[2], pair=root.split("/")[3])
    addresses = [
        "/",
        root,
        f"/search?q={quote(BAD)}",
        f"/x{quote(BAD)}",
        f"/r/{quote(BAD, safe='')}",
        links.users({"q": BAD}),
        f"{root}/user/{quote(BAD, safe='')}",
        f"{root}/item/{quote(BAD, safe='')}",
        links.section("quality"),
        links.section("gate"),
        f"{root}/user/{quote(BAD, safe='')}%3F",
    ]
    for address in addresses:
        for language in ("en", "ja"):
            page = parse(client.get(address, headers={"accept-language": language}).text)
            assert len(page.elements("script")) == 1, address
            assert not page.elements("img"), address
            assert not [name for one in page.elements() for name in one.attrib if name.startswith("on")], address
            shown = [page.text, *page.texts("title"), *(one.get("aria-label", "") for one in page.elements())]
            assert not [text for text in shown if "\u202e" in text], address
    assert "<script>alert(1)</script>U+202E" in parse(client.get(f"{root}/item/{quote(BAD, safe='')}").text).text


segments = st.one_of(
    st.sampled_from(
        ["r", "monday", "old-1.0..new-1.1", "third", "users", "user", "item", "quality", "gate", "u1", "a"]
    ),
    st.sampled_from(
        ["search", "go", "help", "static", "healthz", "metrics", "..", ".", "", "old-1.0..third", "a..b..c"]
    ),
    st.text(max_size=20),
    st.text(alphabet=string.printable, max_size=300),
)
names = st.one_of(
    st.sampled_from(
        ["q", "sort", "segment", "page", "min_hist", "k", "show", "id", "lang", "run", "base", "cand", "user"]
    ),
    st.sampled_from(["item", "in"]),
    st.text(max_size=10),
)
values = st.one_of(
    st.sampled_from(
        ["", "0", "1", "100", "ja", "en", "monday", "u1", "overlap", "random", "user_id", "new,dropped", "b"]
    ),
    st.integers().map(str),
    st.text(max_size=120),
    st.text(max_size=120).map(lambda text: text + "\u202e\x00"),
)
queries = st.lists(st.tuples(names, values), max_size=6)


def address_of(path: list[str], query: list[tuple[str, str]]) -> str:
    asked = "&".join(f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in query)
    return "/" + "/".join(quote(part, safe="", errors="replace") for part in path) + (f"?{asked}" if asked else "")


@pytest.fixture
def site(client: TestClient) -> Iterator[TestClient]:
    with client:  # one event loop for all examples
        yield client


@ADDRESSES
@given(path=st.lists(segments, max_size=6), query=queries)
@example(path=["r", "monday", "old-1.0..new-1.1", "users"], query=[("page", "1"), ("page", "x")])
@example(path=["go"], query=[("run", "{{workflow.name}}"), ("base", ""), ("cand", "&x")])
def test_no_address_is_a_bug(site: TestClient, path: list[str], query: list[tuple[str, str]]) -> None:
    answer = site.get(HOST + address_of(path, query))
    assert answer.status_code < 500
    assert "content-security-policy" in answer.headers


@ADDRESSES
@given(
    section=st.sampled_from(["", "/users", "/user/u1", "/user/u2", "/item/b", "/quality", "/gate"]),
    pair=st.sampled_from(["old-1.0..new-1.1", "old-1.0..third", "third", "new-1.1"]),
    query=queries,
    language=st.text(alphabet=string.ascii_letters + string.digits + "-,;=*. ", max_size=50).map(str.strip),
)
def test_no_query_of_a_page_is_a_bug(
    site: TestClient, section: str, pair: str, query: list[tuple[str, str]], language: str
) -> None:
    headers = {"accept-language": language}
    answer = site.get(f"/r/monday/{pair}{section}{address_of([], query)[1:]}", headers=headers)
    assert answer.status_code in (200, 400, 404, 409)
    assert re.search(r'<html lang="(en|ja)">', answer.text)


@ADDRESSES
@given(raw=st.binary(max_size=60), below=st.sampled_from(["/", "/r/", f"{PAIR}/user/", f"{PAIR}/item/", "/static/"]))
def test_no_bytes_are_a_bug(site: TestClient, raw: bytes, below: str) -> None:
    answer = site.get(HOST + below + quote_from_bytes(raw, safe="") + "?q=" + quote_from_bytes(raw, safe=""))
    assert answer.status_code < 500


@ADDRESSES
@given(data=st.dictionaries(st.sampled_from(["run", "base", "cand", "user", "item"]), values))
def test_the_link_for_others_leads_on_or_says_what_is_missing(site: TestClient, data: dict[str, str]) -> None:
    answer = site.get("/go", params=data)
    assert answer.status_code in (302, 400, 404)
    if answer.status_code == 302:
        target = answer.headers["location"]
        assert target.startswith("/r/monday/")
        assert site.get(target).status_code < 500
