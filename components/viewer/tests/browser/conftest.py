"""A real browser (Debian's Chromium), and what it is shown. Skipped with the reason where there is none."""

import json
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq
import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright
from playwright.sync_api import Page as Tab

from machiya_viewer.prepare import Options, Sources, Table, write_view
from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.model import Version
from machiya_viewer.web.app import make_app
from machiya_viewer.web.site import Site

SAMPLE = Path(__file__).parent.parent.parent / "sample"
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
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with each module: while it is there an event loop runs in this thread, and other tests start their own."""
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
    status: int = 0
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.tab.on("requestfailed", self._on_failed)
        self.tab.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        """The browser reports the status of a page of a state as if it were an error of the page."""
        is_status = "responded with a status of" in message.text and message.location["url"] == self.tab.url
        if not is_status:
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        """What the browser itself gives up because the page is left (its icon) is no fault of the page."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)


VisitPage = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[VisitPage]:
    """Open an address in a context of its own: ``visit(url, scheme, width)``."""
    contexts = []

    def opened(url: str, scheme: str = "light", width: int = 1280, **options: Any) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=options.pop("locale", "en-GB"),
            **options,
        )
        contexts.append(context)
        visited = Visit(context.new_page())
        answer = visited.tab.goto(url)
        visited.status = answer.status if answer is not None else 0
        return visited

    yield opened
    for context in contexts:
        context.close()


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
        """End the server."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="session")
def argo() -> Iterator[Pages]:
    shown = Pages()
    yield shown
    shown.close()


class Served:
    """The application on a port of its own, in a thread."""

    def __init__(self, root: Path) -> None:
        site = Site(Catalog(str(root)), "Job recommendations", "viewer 1.0.0", stale_hours=24 * 30, now=lambda: NOW)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(make_app(site), log_level="warning", ws="none"))
        self.thread = Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.thread.start()

    def close(self) -> None:
        """End the server."""
        self.server.should_exit = True
        self.thread.join()
        self.listener.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with a run for every state (see ``make_runs``)."""
    root = tmp_path_factory.mktemp("runs")
    make_runs(root, tmp_path_factory.mktemp("raw"))
    running = Served(root)
    yield running
    running.close()


def make_runs(root: Path, scratch: Path) -> None:
    """A run for every state.

    ``today``: a comparison (the sample's view) and a third version that nobody compared. ``judged``: a comparison with
    rules as `machiya diff` has them. ``old``: stale data, without a ground truth. ``broken``: a column is missing.
    """
    shutil.copytree(SAMPLE / "view", root / "today" / "compared")
    _make(root / "today" / "third", "third", "today", "2026-11-20T03:00:00Z", scratch)
    _rename(root / "today" / "compared", run="today", started="2026-11-21T03:00:00Z")
    shutil.copytree(SAMPLE / "view", root / "judged")
    _rename(root / "judged", run="judged", started="2026-10-15T03:00:00Z", outcome="warn")
    _judge(root / "judged" / "facts.json")
    _make(root / "old", "lonely", "old", "2026-10-01T03:00:00Z", scratch)
    _rename(root / "old", last_time="2026-09-30T00:00:00Z")
    shutil.copytree(root / "old", root / "broken")
    _rename(root / "broken", run="broken", started="2026-09-01T03:00:00Z")
    lists = root / "broken" / "recommendations-0.parquet"
    pq.write_table(pq.read_table(lists).drop_columns(["rank"]), lists)


def _make(folder: Path, name: str, run: str, started: str, scratch: Path) -> None:
    def table(port: str) -> Table:
        return Table.open(port, sorted((SAMPLE / port).glob("*.parquet")))

    folder.mkdir(parents=True)
    (scratch / name).mkdir()
    sources = Sources((table("recommendations"),), table("interactions"), table("items"), (None,))
    options = Options("Job recommendations", 10, (Version(name),), run=run, started=started)
    write_view(sources, options, folder, scratch / name)


def _rename(folder: Path, **changes: str) -> None:
    head = json.loads((folder / "view.json").read_text(encoding="utf-8"))
    (folder / "view.json").write_text(json.dumps({**head, **changes}), encoding="utf-8")


def _judge(file: Path) -> None:
    facts = json.loads(file.read_text(encoding="utf-8"))
    change = next(
        one for one in facts["metric_changes"] if (one["metric"], one["k"], one["segment"]) == ("ndcg", 10, "all")
    )
    said = "predict/recommendations: ndcg@10 changes by +0.0512 (+0.0301 to +0.0723), at least -0.005 wanted"
    over = "peak memory, after by before: train 2.31, predict(0:recommendations-2026-11-22) 1.74; at most 1.5 wanted"
    facts["rules"] = [
        {"rule": "min_ndcg@10_difference", "threshold": -0.005, "observed": change["difference"], "outcome": "pass"},
        {"rule": "cost.max_memory_ratio", "threshold": 1.5, "observed": 2.31, "outcome": "warn", "text": over},
        {"rule": "supply.conformance", "threshold": 1, "observed": 1, "outcome": "pass", "text": "x" * 400},
    ]
    facts["rules"][0]["text"] = said
    file.write_text(json.dumps(facts), encoding="utf-8")


class Look:
    """What is looked at on every page."""

    @staticmethod
    def assert_readable(tab: Tab, width: int) -> None:
        """Nothing overflows sideways, and every text can be seen."""
        page_width = tab.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width
        states: list[dict[str, Any]] = tab.evaluate(_script("text.js"))
        assert states
        unseen = [state for state in states if not state["shown"] or state["width"] < 1 or state["height"] < 1]
        assert not unseen
        assert not [state for state in states if state["right"] > width + 1]
        assert not [state for state in states if state["contrast"] < 4.5]

    @staticmethod
    def assert_charts(tab: Tab, charts: int) -> None:
        """The charts are drawn: each has a size, and marks within it."""
        states: list[dict[str, Any]] = tab.evaluate(_script("charts.js"))
        assert len(states) == charts
        assert all(state["width"] > 200 and state["height"] > 100 for state in states)
        assert all(state["marks"] > 0 and state["inside"] for state in states)


def _script(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@pytest.fixture
def look() -> type[Look]:
    return Look
