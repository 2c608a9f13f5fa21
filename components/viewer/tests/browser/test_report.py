"""The report in a real browser, under the content policy of the Argo UI."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from machiya_component.testing import run_operation

from machiya_viewer.component import component

VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def reports(argo: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The reports of all samples, at ``/<sample>``."""
    for name, sample in component.contract.operations["report"].samples.items():
        result = run_operation(
            component,
            "report",
            inputs={port: component.home / path for port, path in sample.inputs.items()},
            parameters=sample.parameters,
            folder=tmp_path_factory.mktemp(name),
        )
        argo.pages[f"/{name}"] = (result.path("report") / "index.html").read_text(encoding="utf-8")
    return argo


@pytest.mark.parametrize(("sample", "charts"), [("one-result", 0), ("two-results", 1), ("everything", 8)])
@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_the_report_is_whole_under_the_policy_of_the_argo_ui(
    visit: Visit, look: Any, reports: Any, sample: str, charts: int, scheme: str, width: int
) -> None:
    visited = visit(f"{reports.url}/{sample}", scheme, width)
    assert visited.complaints == []
    assert {urlsplit(url).path for url in visited.requests} <= {f"/{sample}", "/favicon.ico"}
    look.assert_readable(visited.tab, width)
    look.assert_charts(visited.tab, charts)


@pytest.mark.parametrize("version", ["", "/3.6"])
def test_the_argo_ui_shows_the_report_in_its_frame(visit: Visit, reports: Any, version: str) -> None:
    visited = visit(f"{reports.url}/ui{version}/everything")
    frame = visited.tab.frames[1]
    assert visited.complaints == []
    assert frame.locator("h1").is_visible()
    assert all(chart.is_visible() for chart in frame.locator("svg.chart").all())
    assert frame.evaluate("getComputedStyle(document.body).fontFamily") != "Times New Roman", "its style counts"


@pytest.mark.parametrize(
    "content",
    [
        "<script>document.title = 'ran'</script>",
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    ],
)
def test_the_policy_is_in_force_and_breaking_it_would_be_seen(visit: Visit, reports: Any, content: str) -> None:
    reports.pages["/bad"] = f"<!DOCTYPE html><title>bad</title>{content}"
    visited = visit(f"{reports.url}/bad")
    assert visited.tab.title() == "bad"
    assert visited.complaints != []


def test_a_title_in_the_report_is_seen_as_it_is_written(visit: Visit, reports: Any) -> None:
    visited = visit(f"{reports.url}/everything")
    text = visited.tab.inner_text("main")
    assert "<script>alert(1)</script> データ分析アシスタント" in text
    assert "U+202E" in text
    assert visited.tab.locator("script").count() == 0


def test_light_and_dark_are_two_schemes(visit: Visit, reports: Any) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        visited = visit(f"{reports.url}/everything", scheme)
        grounds.append(visited.tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


@pytest.mark.parametrize("sample", ["one-result", "everything"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_the_report_is_accessible(visit: Visit, reports: Any, sample: str, scheme: str, width: int) -> None:
    """Under no policy: the sandbox would not let axe-core wait."""
    tab = visit("about:blank", scheme, width).tab
    tab.set_content(reports.pages[f"/{sample}"])
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(tab, options={"runOnly": rules, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
