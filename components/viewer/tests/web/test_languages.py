"""Pages in two languages: as the address says, else as the browser asks."""

from typing import Any

import pytest
from starlette.testclient import TestClient

PAIR = "/r/monday/old-1.0..new-1.1"
SECTIONS = ["", "/users", "/user/u1", "/item/a", "/quality", "/gate"]


def test_the_browser_decides_where_the_address_does_not(client: TestClient, parse: Any) -> None:
    for header, language in (("ja-JP", "ja"), ("en", "en"), ("de", "en")):
        answer = client.get("/", headers={"accept-language": header})
        assert parse(answer.text).elements("html")[0].get("lang") == language
        assert answer.headers["content-language"] == language


def test_the_address_wins_and_every_link_carries_it_on(client: TestClient, parse: Any) -> None:
    for section in SECTIONS:
        page = parse(client.get(f"{PAIR}{section}?lang=ja", headers={"accept-language": "en"}).text)
        assert page.elements("html")[0].get("lang") == "ja"
        hrefs = [one.get("href") for one in page.elements("a")]
        below = [href for href in hrefs if href.startswith("/")]
        assert below
        assert all("lang=ja" in href for href in below)
        for form in page.elements("form"):
            assert [one.get("value") for one in form.iter("input") if one.get("name") == "lang"] == ["ja"]


def test_links_say_nothing_of_a_language_that_nobody_chose(client: TestClient, parse: Any) -> None:
    page = parse(client.get(PAIR, headers={"accept-language": "ja"}).text)
    assert not [one for one in page.elements("a") if "lang=" in one.get("href") and not one.get("hreflang")]


def test_the_other_language_is_one_click_away_on_the_same_page(client: TestClient, parse: Any) -> None:
    address = f"{PAIR}/user/u1?k=2&show=new"
    other = parse(client.get(address).text).elements("a", hreflang="ja")[0]
    assert other.text == "日本語"
    assert other.get("href") == "?k=2&show=new&lang=ja"
    page = parse(client.get(f"{PAIR}/user/u1{other.get('href')}").text)
    assert page.texts("h2")[0] == "履歴"
    assert page.elements("a", hreflang="en")[0].get("href") == "?k=2&show=new&lang=en"


@pytest.mark.parametrize("language", ["xx", "", "JA", "ja-JP", "../ja", "en,ja"])
def test_a_language_that_is_none_of_ours_is_not_carried_on(client: TestClient, parse: Any, language: str) -> None:
    page = parse(client.get("/", params={"lang": language}).text)
    assert page.elements("html")[0].get("lang") == "en"
    assert not [one for one in page.elements("a") if "lang=" in one.get("href") and not one.get("hreflang")]


@pytest.mark.parametrize("section", [*SECTIONS, "/user/nobody", "/users?page=0"])
def test_a_page_in_japanese_has_no_sentence_in_english(client: TestClient, parse: Any, section: str) -> None:
    page = parse(client.get(f"{PAIR}{section}", headers={"accept-language": "ja"}).text)
    assert not [text for text in page.texts("p") if " the " in f" {text.lower()} "]
    assert all(any(ord(character) > 0x3000 for character in text) for text in page.texts("button"))


def test_states_speak_both_languages(client: TestClient, parse: Any) -> None:
    for address in ("/r/nothing", "/nowhere", "/r/monday/old-1.0..third", f"{PAIR}/item/nothing"):
        english, japanese = (client.get(address, headers={"accept-language": one}) for one in ("en", "ja"))
        assert english.status_code == japanese.status_code
        assert parse(english.text).texts("h1") != parse(japanese.text).texts("h1")
