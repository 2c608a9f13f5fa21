"""Pages in a real browser (Debian's Chromium): the report under the content policy of the Argo UI, the web application
under its own. Skipped with the reason where there is no Chromium.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from machiya_component.testing import run_operation
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright
from playwright.sync_api import Page as Tab

from machiya_viewer.component import component

# https://github.com/argoproj/argo-workflows: server/artifacts/artifact_server.go sends it with every artifact, 3.6 with
# a sandbox that is stricter still.
_LOADS = "base-uri 'none'; default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'"
ARGO_POLICY = f"sandbox allow-same-origin; {_LOADS}"
ARGO_3_6_POLICY = f"sandbox; {_LOADS}"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]

# Of every element with text of its own: the contrast of the text against what is behind it (WCAG 2.2, 1.4.3), and
# whether it has a size. What is hidden on purpose (labels for screen readers) is left out.
TEXT_STATE = """() => {
  const channel = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const ground = e => {
    for (let at = e; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const states = [];
  for (const e of document.body.querySelectorAll('*')) {
    const words = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join('').trim();
    if (!words || e.closest('.hidden, title, desc, option, style')) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const ink = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [dark, light] = [luminance(ink), luminance(ground(e))].sort((a, b) => a - b);
    const shown = e.checkVisibility({visibilityProperty: true, opacityProperty: true});
    states.push({words, shown, contrast: (light + 0.05) / (dark + 0.05), width: box.width, height: box.height,
      right: box.right + scrollX});
  }
  return states;
}"""
CHARTS = """() => [...document.querySelectorAll('svg.chart')].map(svg => {
  const box = svg.getBoundingClientRect();
  const marks = [...svg.querySelectorAll('.dot, .bar')].map(m => m.getBoundingClientRect());
  const inside = m => m.width > 0 && m.left >= box.left - 1 && m.right <= box.right + 1 && m.top >= box.top - 1;
  return {width: box.width, height: box.height, marks: marks.length, inside: marks.every(inside)};
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield launched
        launched.close()


@dataclass
class Visit:
    """A page in the browser, and everything that it asked for or complained about."""

    tab: Tab
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.tab.on("requestfailed", self._on_failed)
        self.tab.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.type}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        """What the browser itself gives up because the page is left (its icon) is no fault of the page."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)


def visit(browser: Browser, url: str, scheme: str = "light", width: int = 1280) -> Visit:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    visited = Visit(context.new_page())
    visited.tab.goto(url)
    return visited


class Pages:
    """A server that shows given pages under the policy of the Argo UI, below ``/3.6`` under that of this version, and
    below ``/ui`` in a frame, as the UI does.
    """

    def __init__(self) -> None:
        pages: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/ui/"):
                    self._answer(
                        f'<!DOCTYPE html><title>Argo</title><iframe src="{self.path[3:]}" width=1000></iframe>'
                    )
                    return
                policy = ARGO_3_6_POLICY if self.path.startswith("/3.6/") else ARGO_POLICY
                found = pages.get(self.path.removeprefix("/3.6"))
                self._answer(found, {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"})

            def _answer(self, found: str | None, headers: Mapping[str, str] = MappingProxyType({})) -> None:
                self.send_response(200 if found is not None else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write((found or "").encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
                pass

        self.pages = pages
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def argo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The reports of all samples, at ``/<sample>``."""
    shown = Pages()
    for name, sample in component.contract.operations["report"].samples.items():
        result = run_operation(
            component,
            "report",
            inputs={port: component.home / path for port, path in sample.inputs.items()},
            parameters=sample.parameters,
            folder=tmp_path_factory.mktemp(name),
        )
        shown.pages[f"/{name}"] = (result.path("report") / "index.html").read_text(encoding="utf-8")
    yield shown
    shown.close()


def assert_readable(visited: Visit, width: int) -> None:
    """Nothing overflows sideways, and every text can be seen."""
    page_width = visited.tab.evaluate("document.documentElement.scrollWidth")
    assert page_width <= width
    states: list[dict[str, Any]] = visited.tab.evaluate(TEXT_STATE)
    assert states
    unseen = [state for state in states if not state["shown"] or state["width"] < 1 or state["height"] < 1]
    assert not unseen
    assert not [state for state in states if state["right"] > width + 1]
    assert not [state for state in states if state["contrast"] < 4.5]


def assert_charts(visited: Visit, charts: int) -> None:
    """The charts are drawn: each has a size, and marks within it."""
    states: list[dict[str, Any]] = visited.tab.evaluate(CHARTS)
    assert len(states) == charts
    assert all(state["width"] > 200 and state["height"] > 100 for state in states)
    assert all(state["marks"] > 0 and state["inside"] for state in states)


@pytest.mark.parametrize(("sample", "charts"), [("one-result", 0), ("two-results", 1), ("everything", 8)])
@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_the_report_is_whole_under_the_policy_of_the_argo_ui(
    browser: Browser, argo: Pages, sample: str, charts: int, scheme: str, width: int
) -> None:
    visited = visit(browser, f"{argo.url}/{sample}", scheme, width)
    assert visited.complaints == []
    assert {urlsplit(url).path for url in visited.requests} <= {f"/{sample}", "/favicon.ico"}
    assert_readable(visited, width)
    assert_charts(visited, charts)
    visited.tab.context.close()


@pytest.mark.parametrize("version", ["", "/3.6"])
def test_the_argo_ui_shows_the_report_in_its_frame(browser: Browser, argo: Pages, version: str) -> None:
    visited = visit(browser, f"{argo.url}/ui{version}/everything")
    frame = visited.tab.frames[1]
    assert visited.complaints == []
    assert frame.locator("h1").is_visible()
    assert all(chart.is_visible() for chart in frame.locator("svg.chart").all())
    assert frame.evaluate("getComputedStyle(document.body).fontFamily") != "Times New Roman", "its style counts"
    visited.tab.context.close()


@pytest.mark.parametrize(
    "content",
    [
        "<script>document.title = 'ran'</script>",
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    ],
)
def test_the_policy_is_in_force_and_breaking_it_would_be_seen(browser: Browser, argo: Pages, content: str) -> None:
    argo.pages["/bad"] = f"<!DOCTYPE html><title>bad</title>{content}"
    visited = visit(browser, f"{argo.url}/bad")
    assert visited.tab.title() == "bad"
    assert visited.complaints != []
    visited.tab.context.close()


def test_a_title_in_the_report_is_seen_as_it_is_written(browser: Browser, argo: Pages) -> None:
    visited = visit(browser, f"{argo.url}/everything")
    text = visited.tab.inner_text("main")
    assert "<script>alert(1)</script> データ分析アシスタント" in text
    assert "U+202E" in text
    assert visited.tab.locator("script").count() == 0
    visited.tab.context.close()


@pytest.mark.parametrize(
    ("address", "charts"),
    [("/", 8), ("/users", 0), ("/user/u0194", 0), ("/item/j0003", 1), ("/user/" + quote("u 0005/é?x=1#y", safe=""), 0)],
)
@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_pages_of_the_application_are_whole_under_their_own_policy(
    browser: Browser, service: Any, address: str, charts: int, scheme: str, width: int
) -> None:
    visited = visit(browser, f"{service.url}{address}", scheme, width)
    assert visited.complaints == []
    assert {urlsplit(url).netloc for url in visited.requests} == {urlsplit(service.url).netloc}
    assert_readable(visited, width)
    assert_charts(visited, charts)
    visited.tab.context.close()


def test_somebody_searches_a_user_and_walks_to_an_item_by_keyboard(browser: Browser, service: Any) -> None:
    visited = visit(browser, service.url)
    tab = visited.tab
    for _ in range(3):
        tab.keyboard.press("Tab")
    tab.keyboard.type("u0194")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/users?q=u0194")
    tab.get_by_role("link", name="u0194").press("Enter")
    tab.wait_for_url("**/user/u0194")
    assert tab.get_by_role("heading", level=2).all_inner_texts() == ["History", "base", "candidate"]
    tab.get_by_role("link", name="Delivery driver").first.press("Enter")
    tab.wait_for_url("**/item/*")
    assert "Delivery driver" in tab.inner_text("h1")
    assert visited.complaints == []
    tab.context.close()


def test_a_user_whose_id_is_full_of_special_characters_is_reached_by_a_click(browser: Browser, service: Any) -> None:
    visited = visit(browser, f"{service.url}/users?q=" + quote("?x=1#y"))
    visited.tab.get_by_role("link", name="u 0005/é?x=1#y").click()
    visited.tab.wait_for_url("**/user/**")
    assert visited.tab.inner_text("h1") == "u 0005/é?x=1#y"
    visited.tab.context.close()


def test_light_and_dark_are_two_schemes(browser: Browser, argo: Pages) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        visited = visit(browser, f"{argo.url}/everything", scheme)
        grounds.append(visited.tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        visited.tab.context.close()
    assert grounds[0] != grounds[1]
