"""The page as Markdown and as HTML, against goldens; MACHIYA_UPDATE_GOLDENS=1 writes them anew."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from machiya.release.diff.html import html
from machiya.release.diff.markdown import markdown
from machiya.release.diff.model import DiffReport, ResultChange, View
from machiya.release.diff.page import page

from .conftest import make_result

GOLDENS = Path(__file__).with_name("goldens")


@pytest.mark.parametrize(("render", "name"), [(markdown, "report.md"), (html, "report.html")])
def test_the_page_is_the_golden_one(report: DiffReport, render: "type", name: str) -> None:
    text = render(page(report))
    file = GOLDENS / name
    if os.environ.get("MACHIYA_UPDATE_GOLDENS"):
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text


def test_nothing_that_comes_from_elsewhere_marks_up_the_page(report: DiffReport) -> None:
    blocks = page(report)
    assert "<b>" not in html(blocks).replace("<b>look</b>", "").replace("<b>no-go</b>", "").replace("<b>go</b>", "")
    assert "u\\|1" in markdown(blocks)
    assert "<seed>" not in markdown(blocks).replace("\\<seed\\>", "")


def test_a_view_that_could_not_be_made_is_said_and_the_rest_is_there(report: DiffReport) -> None:
    failed = replace(report, results=(make_result(view=View(problem="the run x failed: report: no room")),))
    for text in (markdown(page(failed)), html(page(failed))):
        assert "There is no view of the two sides: the run x failed: report: no room." in text
        assert "machiya view" not in text
        assert "ndcg@10" in text
    assert failed.to_json()["results"][0]["view"] == {
        "run": "",
        "address": "",
        "problem": "the run x failed: report: no room",
    }


def test_a_result_that_was_not_compared_may_have_a_view(report: DiffReport) -> None:
    result = ResultChange("predict/recommendations", note="it differs", view=View("a-diff-1", "/go?run=a-diff-1"))
    assert "machiya view a-diff-1 (it opens /go?run=a-diff-1)" in markdown(page(replace(report, results=(result,))))


def test_the_markdown_is_one_page(report: DiffReport) -> None:
    assert len(markdown(page(report)).splitlines()) < 120


def test_the_html_needs_nothing_else(report: DiffReport) -> None:
    text = html(page(report))
    assert [mark for mark in ("src=", "href=", "@import", "url(", "<script") if mark in text] == []
