"""The site as a person meets it: every page and state in light and dark, on a phone and a desk, by keyboard alone."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]
VERSIONS = "recommender-1.0.0..recommender-1.1.0"
PAIR = f"/r/today/{VERSIONS}"


class State(NamedTuple):
    """An address, what its page says in English, and its status."""

    address: str
    words: str
    status: int = 200


STATES = {
    "runs": State("/", "4 runs, the newest first"),
    "help": State("/help", "previous changed user, or previous page"),
    "comparison": State(PAIR, "Comparison of two versions"),
    "one version": State("/r/today/recommender-1.1.0", "One version"),
    "users": State(f"{PAIR}/users?sort=rbo&min_hist=5", "items in, out"),
    "no user fits": State(f"{PAIR}/users?q=nobody", "No user fits."),
    "user": State(f"{PAIR}/user/u0194", "up 19"),
    "only some moves": State(f"{PAIR}/user/u0194?k=20&show=new,dropped", "new (16)"),
    "odd id": State(f"{PAIR}/user/{quote('u 0005/é?x=1#y', safe='')}", "u 0005/é?x=1#y"),
    "no history": State(f"{PAIR}/user/u0229", "No interactions: nothing is known about this user."),
    "in one version only": State(f"{PAIR}/user/u0051", "This user is only in recommender 1.0.0"),
    "in neither version": State(f"{PAIR}/user/nobody", "Neither version has a user nobody", 404),
    "hostile title": State(f"{PAIR}/item/j0003", "<script>alert(1)</script>"),
    "missing title": State(f"{PAIR}/item/j0041", "The item table has no title for this item."),
    "not in the item table": State(f"{PAIR}/item/j0015", "The item table lacks this item"),
    "quality": State(f"{PAIR}/quality", "6 checks found something."),
    "gate": State(f"{PAIR}/gate", "One rule fails."),
    "gate with rules of others": State(
        f"/r/judged/{VERSIONS}/gate", "train 2.31, predict(0:recommendations-2026-11-22) 1.74"
    ),
    "gate without rules": State("/r/today/third/gate", "No rule was given"),
    "found": State("/search?q=u01", "u0119"),
    "found in Japanese": State("/search?q=" + quote("ﾃﾞｰﾀ"), "データエンジニア, 札幌"),
    "unknown run": State("/r/nothing", "There is no run nothing here.", 404),
    "unknown version": State("/r/today/nothing", "The run today has no version nothing.", 404),
    "not computed": State(
        "/r/today/recommender-1.0.0..third", "are not yet computed: no step of this run compared them", 409
    ),
    "lists without a comparison": State("/r/today/recommender-1.0.0..third/user/u0194", "The lists are compared here."),
    "stale, no ground truth": State("/r/old/lonely", "Stale data: the last interaction is of 2026-09-30"),
    "schema mismatch": State(
        "/r/broken/lonely/user/u0194", "File recommendations-0.parquet, column rank: is missing.", 503
    ),
    "bad address": State(f"{PAIR}/users?page=0", "page must be a whole number from 1 to 100,000.", 400),
    "no page": State("/nowhere", "There is no such page.", 404),
}
CHARTS = {"comparison": 8, "one version": 7, "hostile title": 1, "missing title": 1, "not in the item table": 1}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
Visit = Callable[..., Any]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_and_state_is_whole_readable_accessible_and_from_here(
    visit: Visit, look: Any, served: Any, state: str, scheme: str, width: int
) -> None:
    address, _, status = STATES[state]
    visited = visit(served.url + address, scheme, width, locale="ja" if scheme == "dark" else "en-GB")
    assert (visited.status, visited.complaints) == (status, [])
    assert {urlsplit(url).netloc for url in visited.requests} == {urlsplit(served.url).netloc}
    look.assert_readable(visited.tab, width)
    look.assert_charts(visited.tab, CHARTS.get(state, 0))
    found = Axe().run(visited.tab, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("state", STATES)
def test_every_page_is_read_without_scripts(visit: Visit, served: Any, state: str) -> None:
    address, words, status = STATES[state]
    visited = visit(served.url + address, java_script_enabled=False)
    assert (visited.status, visited.complaints) == (status, [])
    assert words in visited.tab.locator("main").inner_text()
    assert visited.tab.locator("h1").is_visible()
    assert not visited.tab.locator("#keys-on").is_visible()


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def focused(tab: Any) -> str:
    text: str = tab.evaluate("document.activeElement.innerText || document.activeElement.name || ''")
    return text


def test_the_first_tab_offers_to_skip_to_the_content(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}").tab
    press(tab, "Tab")
    assert focused(tab) == "Skip to the content"
    box = tab.locator(".skip").bounding_box()
    assert box["x"] >= 0
    press(tab, "Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_what_has_the_focus_can_be_seen(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/users").tab
    seen = set()
    for _ in range(30):
        press(tab, "Tab")
        seen.add(tab.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        visible = tab.evaluate(
            "(() => { const b = document.activeElement.getBoundingClientRect();"
            " return b.width > 0 && b.top >= 0 && b.bottom <= innerHeight && b.left >= 0; })()"
        )
        assert visible
    assert seen == {"solid"}


def test_somebody_searches_a_user_and_walks_to_an_item_by_keyboard(visit: Visit, served: Any) -> None:
    visited = visit(served.url)
    tab = visited.tab
    press(tab, "Tab", "Tab", "Tab")
    tab.keyboard.type("u0194")
    press(tab, "Enter")
    tab.wait_for_url("**/search?q=u0194*")
    tab.get_by_role("link", name="u0194").press("Enter")
    tab.wait_for_url("**/user/u0194")
    assert tab.get_by_role("heading", level=2).all_inner_texts() == [
        "History",
        "recommender 1.0.0",
        "recommender 1.1.0",
    ]
    tab.get_by_role("link", name="Delivery driver").first.press("Enter")
    tab.wait_for_url("**/item/*")
    assert "Delivery driver" in tab.inner_text("h1")
    assert visited.complaints == []


def test_keys_search_and_go_through_the_changed_users(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/users").tab
    names = tab.locator("tbody th bdi").all_inner_texts()
    tab.get_by_role("link", name=names[0], exact=True).click()
    for name in (names[1], names[2]):
        press(tab, "j")
        tab.wait_for_function("name => document.querySelector('h1').innerText === name", arg=name)
    press(tab, "k")
    tab.wait_for_function("name => document.querySelector('h1').innerText === name", arg=names[1])
    press(tab, "/")
    assert tab.evaluate("document.activeElement.id") == "search"
    tab.keyboard.type("jk?/")
    assert tab.input_value("#search") == "jk?/"
    press(tab, "Escape", "Tab", "?")
    tab.wait_for_url("**/help")


def test_keys_can_be_turned_off_and_stay_off(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}/help").tab
    tab.get_by_label("Keys are on").uncheck()
    tab.goto(f"{served.url}{PAIR}")
    press(tab, "/", "?")
    assert tab.evaluate("document.activeElement.id") != "search"
    assert urlsplit(tab.url).path == PAIR
    tab.goto(f"{served.url}/help")
    assert not tab.get_by_label("Keys are on").is_checked()
    tab.get_by_label("Keys are on").check()
    press(tab, "/")
    assert tab.evaluate("document.activeElement.id") == "search"


def test_keys_with_a_modifier_are_left_to_the_browser(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/user/u0194").tab
    press(tab, "Control+/", "Alt+/")
    assert tab.evaluate("document.activeElement.id") != "search"


def test_other_versions_are_compared_by_a_form(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}").tab
    tab.get_by_text("Compare other versions").click()
    tab.locator("select[name=cand]").select_option("third")
    tab.get_by_role("button", name="Compare").click()
    tab.wait_for_url("**/r/today/recommender-1.0.0..third")
    tab.get_by_label("User id", exact=True).fill("u0194")
    tab.get_by_role("button", name="Show the lists").click()
    tab.wait_for_url("**/r/today/recommender-1.0.0..third/user/u0194")


def test_moves_are_filtered_by_boxes_and_the_address_says_so(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/user/u0194").tab
    tab.get_by_label("new (").check()
    tab.get_by_label("dropped (").check()
    tab.get_by_role("button", name="Show", exact=True).click()
    tab.wait_for_url("**show=new&show=dropped*")
    assert set(tab.locator("ol.list .badge").all_inner_texts()) == {"new", "dropped"}


def test_a_user_whose_id_is_full_of_special_characters_is_reached_by_a_click(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/users?q=" + quote("?x=1#y")).tab
    tab.get_by_role("link", name="u 0005/é?x=1#y").click()
    tab.wait_for_url("**/user/**")
    assert tab.inner_text("h1") == "u 0005/é?x=1#y"


def test_hostile_titles_are_seen_as_they_are_written(visit: Visit, served: Any) -> None:
    visited = visit(f"{served.url}{PAIR}/item/j0003")
    assert "<script>alert(1)</script> データ分析アシスタント" in visited.tab.inner_text("h1")
    assert visited.tab.locator("main script").count() == 0
    assert visited.complaints == []


def test_japanese_titles_are_set_in_a_font_that_has_them(visit: Visit, served: Any) -> None:
    """A character that no font has is drawn as the same box as a private one."""
    tab = visit(f"{served.url}{PAIR}").tab
    same = """() => {
      const pixels = text => {
        const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 64});
        const pen = canvas.getContext('2d');
        pen.font = '48px ' + getComputedStyle(document.body).fontFamily;
        pen.fillText(text, 4, 52);
        return pen.getImageData(0, 0, 64, 64).data.join();
      };
      return ['職', 'タ', 'の'].some(text => pixels(text) === pixels('\\uE5E5'));
    }"""
    assert not tab.evaluate(same)


def test_a_language_is_chosen_by_a_link_and_kept(visit: Visit, served: Any) -> None:
    tab = visit(f"{served.url}{PAIR}/user/u0194").tab
    tab.get_by_role("link", name="日本語").click()
    tab.wait_for_url("**lang=ja")
    assert tab.get_by_role("heading", level=2).first.inner_text() == "履歴"
    tab.get_by_role("link", name="判定").click()
    tab.wait_for_url("**/gate?lang=ja")
    assert tab.evaluate("document.documentElement.lang") == "ja"


@pytest.mark.parametrize(("locale", "heading"), [("ja-JP", "ヘルプ"), ("en-US", "Help"), ("de-DE", "Help")])
def test_the_browser_says_which_language_it_likes(visit: Visit, served: Any, locale: str, heading: str) -> None:
    assert visit(f"{served.url}/help", locale=locale).tab.inner_text("h1") == heading


def test_scripts_that_somebody_brings_in_do_not_run(visit: Visit, served: Any) -> None:
    visited = visit(f"{served.url}{PAIR}")
    image = '<img src="https://elsewhere.invalid/x" onerror="window.ran = 1">'
    visited.tab.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", image)
    visited.tab.wait_for_function("() => document.images[0].complete")
    assert visited.tab.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in visited.complaints)
