"""Headers, files, and proxies: what a browser is told, and who is believed."""

import gzip
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from machiya_viewer.assets import MEDIA_TYPES, asset, fingerprinted
from machiya_viewer.web.proxies import BadNetworkError, networks, root_path

ClientOf = Callable[..., TestClient]
PAIR = "/r/monday/old-1.0..new-1.1"
PAGES = [
    "/",
    "/help",
    "/search?q=u",
    PAIR,
    f"{PAIR}/users",
    f"{PAIR}/user/u1",
    f"{PAIR}/item/a",
    f"{PAIR}/quality",
    f"{PAIR}/gate",
    "/r/monday/third",
    "/r/monday/old-1.0..third",
    f"{PAIR}/user/nobody",
    f"{PAIR}/users?page=0",
    "/nowhere",
]


def references(page: Any) -> list[str]:
    return [
        element.attrib[name]
        for element in page.elements()
        for name in ("href", "src", "action")
        if name in element.attrib
    ]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_strict_private_and_refers_to_this_application_only(
    client: TestClient, parse: Any, address: str
) -> None:
    answer = client.get(address)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"].startswith("private")
    assert {"accept-language", "accept-encoding"} <= set(answer.headers["vary"].lower().replace(" ", "").split(","))
    page = parse(answer.text)
    assert not page.elements("style")
    assert [script.get("src") for script in page.elements("script")] == [f"/static/{fingerprinted('keys.js')}"]
    assert not [script.text for script in page.elements("script") if script.text]
    names = [name for element in page.elements() for name in element.attrib]
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert all(one.startswith(("/", "?", "#")) and not one.startswith("//") for one in references(page))


@pytest.mark.parametrize("address", PAGES)
def test_every_page_can_be_found_around_in(client: TestClient, parse: Any, address: str) -> None:
    page = parse(client.get(address).text)
    assert page.elements("html")[0].get("lang") == "en"
    assert page.elements("a", class_="skip")[0].get("href") == "#main"
    assert len(page.elements("main", id="main")) == len(page.elements("h1")) == 1
    levels = [int(str(one.tag)[1]) for one in page.elements() if str(one.tag) in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels)), levels
    ids = [one.get("id") for one in page.elements() if one.get("id")]
    assert len(ids) == len(set(ids))
    for table in page.elements("table"):
        assert table.find("caption") is not None
        assert all(head.get("scope") in {"row", "col"} for head in table.iter("th"))
    labelled = {label.get("for") for label in page.elements("label")}
    wrapped = {id(field) for label in page.elements("label") for field in label.iter()}
    fields = [*page.elements("input"), *page.elements("select")]
    shown = [field for field in fields if field.get("type") != "hidden"]
    assert shown
    assert all(field.get("id") in labelled or id(field) in wrapped for field in shown)
    assert all(form.get("method") is None for form in page.elements("form"))


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_files_are_kept_for_good_under_names_that_follow_their_content(client: TestClient, name: str) -> None:
    answer = client.get(f"/static/{fingerprinted(name)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPES[name]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == asset(name)


@pytest.mark.parametrize("name", ["style.css", "style.000000000000.css", "..%2Fstyle.css", "report.html", "%00"])
def test_nothing_else_is_a_file(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_the_script_is_small_and_the_first_load_is_light(client: TestClient) -> None:
    assert len(asset("keys.js").encode()) < 1_500
    page = client.get(PAIR).content
    assert sum(len(gzip.compress(one)) for one in (page, *(asset(name).encode() for name in MEDIA_TYPES))) < 30_000


def test_pages_are_packed(client: TestClient) -> None:
    assert client.get(PAIR, headers={"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get(PAIR, headers={"accept-encoding": "identity"}).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_writing_is_not_possible(client: TestClient, method: str) -> None:
    answer = client.request(method, f"{PAIR}/users")
    assert answer.status_code == 405
    assert "content-security-policy" in answer.headers


def test_a_head_has_the_headers_of_a_get(client: TestClient) -> None:
    answer = client.head(PAIR)
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("address", PAGES)
def test_a_root_path_is_part_of_every_reference(monday: Path, client_of: ClientOf, parse: Any, address: str) -> None:
    client = client_of(monday, base="/viewer")
    for path in (address, f"/viewer{address}"):  # proxies pass the path on with or without what they put before it
        found = references(parse(client.get(path).text))
        assert len(found) > 5
        assert all(one.startswith(("/viewer/", "?", "#")) for one in found)


@pytest.mark.parametrize("address", ["/viewer", "/viewer?lang=ja", "/viewer/"])
def test_the_root_path_itself_is_the_front_page(monday: Path, client_of: ClientOf, address: str) -> None:
    answer = client_of(monday, base="/viewer").get(address)
    assert answer.status_code == 200
    assert "/viewer/r/monday" in answer.text


def test_redirects_stay_below_the_root_path(monday: Path, client_of: ClientOf) -> None:
    answer = client_of(monday, base="/viewer").get("/viewer/r/monday")
    assert answer.headers["location"] == f"/viewer{PAIR}"


@pytest.mark.parametrize(
    ("trusted", "prefix", "root"),
    [
        (["10.0.0.0/8"], "/proxy", "/proxy"),
        (["10.1.2.3"], "/a/b/", "/a/b"),
        (["192.168.0.0/16"], "/proxy", ""),
        ([], "/proxy", ""),
        (["fd00::/8"], "/proxy", ""),
        (["10.0.0.0/8"], "//evil.example", ""),
        (["10.0.0.0/8"], "/../x", ""),
        (["10.0.0.0/8"], '/"><script>', ""),
        (["10.0.0.0/8"], "https://evil.example", ""),
        (["10.0.0.0/8"], "/" + "x" * 300, ""),
        (["10.0.0.0/8"], "/a\\b", ""),
    ],
)
def test_only_listed_proxies_say_what_the_root_path_is(
    monday: Path, client_of: ClientOf, parse: Any, trusted: list[str], prefix: str, root: str
) -> None:
    answer = client_of(monday, trusted=trusted).get(PAIR, headers={"x-forwarded-prefix": prefix})
    assert answer.status_code == 200
    assert all(one.startswith((f"{root}/", "?", "#")) for one in references(parse(answer.text)))
    assert parse(answer.text).elements("a", href=f"{root}/")


def test_only_listed_proxies_say_who_somebody_is(monday: Path, client_of: ClientOf, parse: Any) -> None:
    headers = {"x-forwarded-user": "<b>ada"}
    believed = client_of(monday, trusted=["10.0.0.0/8"]).get("/", headers=headers)
    assert "Signed in as <b>ada." in parse(believed.text).text
    assert "ada" not in client_of(monday, trusted=["10.9.0.0/16"]).get("/", headers=headers).text
    assert "ada" not in client_of(monday).get("/", headers=headers).text


def test_an_address_that_is_no_address_is_nobody(monday: Path, client_of: ClientOf) -> None:
    client = client_of(monday, trusted=["0.0.0.0/0"])
    client._transport.client = ("a-socket", 1)  # type: ignore[attr-defined]
    assert "ada" not in client.get("/", headers={"x-forwarded-user": "ada"}).text


def test_networks_are_checked_when_they_are_given() -> None:
    assert [str(one) for one in networks(["10.0.0.7/8", "::1"])] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(BadNetworkError, match="'everybody' is no network such as"):
        networks(["everybody"])


@pytest.mark.parametrize(("text", "path"), [("", ""), ("/", ""), ("/a/b/", "/a/b"), ("a", None), ("/a//b", None)])
def test_a_root_path_is_a_path(text: str, path: str | None) -> None:
    assert root_path(text) == path
