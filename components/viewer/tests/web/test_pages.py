"""Every page shows what it promises."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

PAIR = "/r/monday/old-1.0..new-1.1"
UNCOMPUTED = "/r/monday/old-1.0..third"
ClientOf = Callable[..., TestClient]


def lines_of(element: Any) -> list[str]:
    return [" ".join("".join(row.itertext()).split()) for row in element.iter("li")]


def test_the_runs_are_listed_with_versions_freshness_and_status(client: TestClient, parse: Any) -> None:
    page = parse(client.get("/").text)
    assert page.texts("h1") == ["Jobs"]
    assert page.texts("h2") == ["monday"]
    assert page.texts("p", class_="status") == ["Rules: FAIL"]
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert facts["Workflow"] == "recommend, production"
    assert facts["Started"] == "2026-11-02 03:00 UTC"
    assert facts["Data until"] == "2026-11-01 12:00 UTC (2 days ago)"
    assert set(facts["Versions"].split(" ")) == {"old", "1.0", "new", "1.1", "third"}
    assert page.elements("a", href=PAIR)


def test_without_runs_the_page_says_how_they_come(runs: Path, client_of: ClientOf, parse: Any) -> None:
    answer = client_of(runs).get("/")
    assert answer.status_code == 200
    assert "There is no run yet." in parse(answer.text).text


def test_a_new_run_is_found_under_its_own_address(
    monday: Path, client_of: ClientOf, make_view: Any, parse: Any
) -> None:
    make_view({"u": "a"}, run="Tuesday / Évening", started="2026-11-03T00:00:00Z", folder=monday / "t")
    page = parse(client_of(monday).get("/").text)
    assert page.texts("h2") == ["Tuesday / Évening", "monday"]


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/r/monday", PAIR),
        ("/r/monday?lang=ja", f"{PAIR}?lang=ja"),
    ],
)
def test_a_run_opens_with_its_newest_comparison(client: TestClient, address: str, target: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["location"]) == (302, target)


def test_a_run_of_one_version_opens_with_it(runs: Path, client_of: ClientOf, make_view: Any) -> None:
    make_view({"u": "a"}, run="alone", folder=runs / "alone")
    assert client_of(runs).get("/r/alone").headers["location"] == "/r/alone/base"


def test_the_overview_shows_metrics_changes_items_and_notes(client: TestClient, parse: Any) -> None:
    page = parse(client.get(PAIR).text)
    assert page.texts("h2") == ["Metrics", "Most changed users", "Items that most users get", "Data notes"]
    assert page.rows("k") == [["3", "0.300 0.290 to 0.310", "0.400 0.390 to 0.410", "+0.100 better"]]
    assert "higher is better" in page.text
    assert {row[0] for row in page.rows("user")} == {"u1", "u4"}
    tiles = dict(zip(page.texts("dt"), page.texts("dd", class_="value"), strict=True))
    assert tiles["Gate"] == "FAIL"
    assert tiles["nDCG@3, change"] == "+0.100"


def test_every_chart_is_described_and_has_its_data_as_a_table(client: TestClient, parse: Any) -> None:
    for address in (PAIR, f"{PAIR}/item/a"):
        page = parse(client.get(address).text)
        for figure in page.elements("figure"):
            tags = [str(element.tag).rpartition("}")[2] for element in figure.iter()]
            assert tags.count("svg") >= 1
            assert tags.count("table") == 1
        charts = page.elements("svg", class_="chart")
        assert charts
        for chart in charts:
            names = {element.get("id"): "".join(element.itertext()) for element in chart.iter() if element.get("id")}
            assert all(names[name].strip() for name in chart.get("aria-labelledby").split())


def test_one_version_alone_has_the_same_pages_without_a_candidate(client: TestClient, parse: Any) -> None:
    page = parse(client.get("/r/monday/new-1.1").text)
    assert "There is one version" in page.text
    assert page.rows("k") == [["3", "0.400 0.390 to 0.410"]]
    users = parse(client.get("/r/monday/new-1.1/users").text).rows("user")
    assert [row[:2] for row in users] == [["u1", "4"], ["u2", "0"], ["u3", "0"], ["u4", "2"]]
    item = parse(client.get("/r/monday/new-1.1/item/x").text)
    assert item.rows("rank") == [["1", "0"], ["2", "0"], ["3", "1"]]
    assert item.rows("user") == [["u1", "rank 3"]]
    assert client.get("/r/monday/new-1.1/quality").status_code == 200
    gate = parse(client.get("/r/monday/new-1.1/gate").text)
    assert gate.texts("h1") == ["Gate: NOT ENOUGH DATA"]


def test_users_are_sorted_filtered_and_paged_by_the_address(client: TestClient, parse: Any) -> None:
    def users(query: str) -> list[str]:
        return [row[0] for row in parse(client.get(f"{PAIR}/users?{query}").text).rows("user")]

    assert users("sort=user_id") == ["u1", "u2", "u3", "u4"]
    assert users("")[:2] == ["u1", "u4"]
    assert users("sort=user_id&min_hist=2") == ["u1"]
    assert users("sort=user_id&q=3") == ["u3"]
    assert sorted(users("sort=random")) == ["u1", "u2", "u3", "u4"]
    assert "No user fits." in parse(client.get(f"{PAIR}/users?q=nobody").text).text
    assert "beyond the last, 1." in parse(client.get(f"{PAIR}/users?page=9").text).text


def test_the_list_keeps_its_question_from_page_to_page_and_on_the_pages_of_its_users(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any
) -> None:
    lists = {f"u{index:03d}": "ab" for index in range(120)}
    make_view(lists, dict.fromkeys(lists, "ba"), history=dict.fromkeys(lists, "ab"), run="r", folder=runs / "r")
    client, below = client_of(runs), "/r/r/base..candidate"
    page = parse(client.get(f"{below}/users?q=u0&sort=user_id&min_hist=1").text)
    following = page.elements("a", rel="next")[0].get("href")
    assert following == f"{below}/users?q=u0&sort=user_id&min_hist=1&page=2"
    assert parse(client.get(following).text).rows("user")[0][0] == "u050"
    user = next(one.get("href") for one in page.elements("a") if "/user/u007" in one.get("href"))
    assert user == f"{below}/user/u007?q=u0&sort=user_id&min_hist=1"
    page = parse(client.get(user + "&k=1&show=up").text)
    addresses = [page.elements("a", rel=rel)[0].get("href") for rel in ("prev", "next")]
    kept = "?q=u0&sort=user_id&min_hist=1&k=1&show=up"
    assert addresses == [f"{below}/user/u006{kept}", f"{below}/user/u008{kept}"]


def test_a_user_page_shows_history_beside_both_lists_with_moves(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/user/u1?k=4").text)
    assert page.texts("h2") == ["History", "old 1.0", "new 1.1"]
    history, base, candidate = [lines_of(one) for one in page.elements("ol", class_="list")]
    assert sorted(history) == [
        "<b>Chef jobs · one event · weight 1.0 2026-11-01",
        "Barista jobs · one event · weight 1.0 2026-11-01",
    ]
    assert base == [
        "1 Nurse jobs · score 1.000 · model",
        "2 <b>Chef jobs · score 0.500 · model",
        "3 データ分析 jobs · score 0.333 · model",
        "4 no title n jobs · score 0.250 · model dropped",
    ]
    assert candidate == [
        "1 データ分析 jobs · score 1.000 · model up 2",
        "2 Nurse jobs · score 0.500 · model down 1",
        "3 not in the item table x score 0.333 · model new",
        "4 <b>Chef jobs · score 0.250 · model down 2",
    ]


@pytest.mark.parametrize("query", ["show=new,dropped", "show=new&show=dropped", "show=new,dropped,&show="])
def test_a_user_page_shows_only_the_moves_asked_for(client: TestClient, parse: Any, query: str) -> None:
    page = parse(client.get(f"{PAIR}/user/u1?k=4&{query}").text)
    _, base, candidate = [lines_of(one) for one in page.elements("ol", class_="list")]
    assert [line.split()[0] for line in base] == ["4"]
    assert [line.split()[0] for line in candidate] == ["3"]
    assert "3 other rows are not shown." in page.text
    checked = [box.get("value") for box in page.elements("input", name="show") if box.get("checked") is not None]
    assert sorted(checked) == ["dropped", "new"]


def test_k_says_how_many_rows_are_shown(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/user/u1?k=1").text)
    assert [len(lines_of(one)) for one in page.elements("ol", class_="list")] == [2, 1, 1]
    assert "The first 1 of 4." in page.text


def test_a_user_in_one_version_only_is_shown_as_that(client: TestClient, parse: Any) -> None:
    answer = client.get(f"{PAIR}/user/u2")
    assert answer.status_code == 200
    page = parse(answer.text)
    assert "This user is only in old 1.0: there is nothing to compare." in page.text
    assert "This user is not in this version." in page.text
    assert "No interactions: nothing is known about this user." in page.text
    assert "n/a" in page.texts("dd", class_="value")


def test_a_user_with_a_history_and_no_lists_is_shown(client: TestClient, parse: Any) -> None:
    answer = client.get(f"{PAIR}/user/u3")
    assert answer.status_code == 200
    assert "Barista" in parse(answer.text).text


def test_an_item_page_shows_exposure_ranks_and_similar_items(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/item/b").text)
    assert page.texts("h1") == ["<b>Chef"]
    assert page.texts("dd", class_="value") == ["2", "2", "1"]
    assert page.rows("rank")[0] == ["1", "0", "1"]
    assert page.rows("user") == [["u4", "rank 2", "rank 1"], ["u1", "rank 2", "rank 4"]]
    assert lines_of(page.elements("ol", class_="similar")[0]) == ["Barista jobs"]


def test_a_missing_title_is_said_on_the_page_of_the_item(client: TestClient, parse: Any) -> None:
    assert "The item table has no title for this item." in parse(client.get(f"{PAIR}/item/n").text).text
    assert "only its id is known" in parse(client.get(f"{PAIR}/item/x").text).text


def test_titles_say_which_language_they_are_in(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/item/c").text)
    assert page.elements("bdi", lang="ja")[0].text == "データ分析"
    assert not parse(client.get(f"{PAIR}/item/a").text).elements("bdi", lang="ja")


def test_quality_names_what_is_remarkable_with_examples(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/quality").text)
    checks = {row[0]: row[1:] for row in page.rows("check")}
    assert checks["Duplicate rows rows that repeat a user and an item"] == ["0 0.0% fine", "0 0.0% fine"]
    without = checks["Users without rows users with a history who get no recommendations"]
    assert without == ["1 50.0% look e.g. u3", "1 50.0% look e.g. u3"]
    assert page.elements("a", href=f"{PAIR}/user/u3")
    assert page.elements("a", href=f"{PAIR}/item/x")


def test_a_search_finds_users_by_their_beginning_and_items_by_a_part_of_the_title(
    client: TestClient, parse: Any
) -> None:
    page = parse(client.get("/search?q=u").text)
    assert next(one.get("href") for one in page.elements("ul", class_="links")[0].iter("a")) == f"{PAIR}/user/u1"
    for text in ("ｎｕＲ", "urs", "NURSE"):
        found = parse(client.get("/search", params={"q": text}).text)
        assert [one.get("href") for one in found.elements("a") if "/item/" in one.get("href")] == [f"{PAIR}/item/a"]
    assert "No user id begins with “zz”." in parse(client.get("/search?q=zz").text).text
    assert "Enter the beginning" in parse(client.get("/search?q=").text).text


def test_a_search_stays_where_it_was_begun(client: TestClient, parse: Any) -> None:
    form = parse(client.get("/r/monday/third/users").text).elements("form", role="search")[0]
    fields = {one.get("name"): one.get("value") for one in form.iter("input")}
    page = parse(client.get(form.get("action"), params={**fields, "q": "u1"}).text)
    assert page.elements("a", href="/r/monday/third/user/u1")


def test_a_search_without_runs_says_so(runs: Path, client_of: ClientOf, parse: Any) -> None:
    answer = client_of(runs).get("/search?q=u")
    assert answer.status_code == 200
    assert "There is no run yet" in parse(answer.text).text


def test_addresses_of_items_lead_only_to_listed_hosts(
    runs: Path, client_of: ClientOf, make_view: Any, parse: Any
) -> None:

    urls = {
        "a": "https://jobs.example.org/a?x=1",
        "b": "https://evil.example/b",
        "c": "javascript:alert(1)",
        "d": "https://jobs.example.org@evil.example/",
        "e": "http://jobs.example.org:8080/e",
        "f": "https://jobs.example.org\\@evil.example/",
    }
    titles = pa.table({"item_id": list(urls), "title": list(urls), "url": list(urls.values())})
    make_view({"u": "".join(urls)}, titles=titles, run="r", folder=runs / "r", k=6)
    client = client_of(runs, hosts=["jobs.example.org"])
    pages = {item: parse(client.get(f"/r/r/base/item/{item}").text) for item in urls}
    linked = {
        item: [one.get("href") for one in page.elements("a", rel="noopener noreferrer external")]
        for item, page in pages.items()
    }
    assert linked == {"a": [urls["a"]], "b": [], "c": [], "d": [], "e": [urls["e"]], "f": []}
    assert urls["b"] in pages["b"].text
    assert "javascript" not in pages["c"].text


def test_pseudonyms_are_said_to_be_pseudonyms(runs: Path, client_of: ClientOf, make_view: Any, parse: Any) -> None:
    make_view({"somebody": "a"}, run="r", folder=runs / "r", pseudonym_key="secret")
    answer = client_of(runs).get("/r/r/base/users")
    assert "somebody" not in answer.text
    assert "User ids are pseudonyms." in parse(answer.text).text
