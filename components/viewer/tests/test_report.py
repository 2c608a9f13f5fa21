"""The report through the kit: what it shows, that it stands alone, and that titles are inert."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from machiya_component import ArgumentsError, DataError, OutputError
from machiya_component.artifacts import content_digest
from machiya_component.testing import run_operation

from machiya_viewer.component import component
from machiya_viewer.prepare import pseudonym
from machiya_viewer.report import MAX_BYTES, ReportOptions, write_report
from machiya_viewer.view.model import UserQuery
from machiya_viewer.view.reader import ViewReader, open_view

MakeView = Callable[..., ViewReader]
ABOUT_CANDIDATE = ("candidate_scores", "user_changes", "metric_changes", "verdict")
OPTIONAL = ("candidate", "scores", *ABOUT_CANDIDATE)
SAMPLES = component.contract.operations["report"].samples


def make_report(folder: Path, inputs: Mapping[str, Any], **parameters: Any) -> str:
    result = run_operation(component, "report", inputs=inputs, parameters=parameters, folder=folder)
    return (result.path("report") / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def everything(tmp_path: Path, sample_inputs: dict[str, Path], parse: Any) -> Any:
    return parse(make_report(tmp_path, sample_inputs, title="Jobs", base_name="old", candidate_name="new"))


@pytest.fixture
def one_result(tmp_path: Path, sample_inputs: dict[str, Path], parse: Any) -> Any:
    inputs = {port: path for port, path in sample_inputs.items() if port not in OPTIONAL}
    return parse(make_report(tmp_path, inputs))


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_gives_a_page_that_stands_alone(tmp_path: Path, parse: Any, sample: str) -> None:
    case = SAMPLES[sample]
    inputs = {port: component.home / path for port, path in case.inputs.items()}
    page = parse(make_report(tmp_path, inputs, **case.parameters))
    assert len(page.html.encode()) < MAX_BYTES
    for tag in ("script", "iframe", "img", "link", "object", "embed", "base", "form", "image", "use", "foreignObject"):
        assert not page.elements(tag), tag
    attributes = [(name, value) for element in page.elements() for name, value in element.attrib.items()]
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "srcset", "style")]
    assert all(value.startswith("#") for name, value in attributes if name.rpartition("}")[2] == "href")
    assert not [value for _, value in attributes if re.match(r"\s*(data|javascript|https?):", value, re.IGNORECASE)]
    assert len(page.elements("style")) == 1
    assert not re.search(r"url\(|@import|expression", page.texts("style")[0])


def test_links_inside_the_page_lead_somewhere(everything: Any) -> None:
    ids = [element.get("id") for element in everything.elements() if element.get("id")]
    assert len(ids) == len(set(ids))
    targets = {element.get("href")[1:] for element in everything.elements("a")}
    assert targets <= set(ids)
    assert {"metrics", "changes", "examples", "example-1"} <= targets


def test_every_chart_has_a_title_a_description_and_its_table(everything: Any) -> None:
    charts = everything.elements("svg", class_="chart")
    assert len(charts) == 8
    for chart in charts:
        assert chart.get("role") == "img"
        names = {element.get("id"): "".join(element.itertext()) for element in chart.iter() if element.get("id")}
        labelled = chart.get("aria-labelledby").split()
        assert len(labelled) == 2
        assert all(names[name] for name in labelled)
    for figure in everything.elements("figure"):
        tags = [str(element.tag).rpartition("}")[2] for element in figure.iter()]
        assert tags.count("table") == 1
        assert "svg" in tags


def test_the_headline_says_what_changes(everything: Any) -> None:
    tiles = dict(zip(everything.texts("dt"), everything.texts("dd", class_="value"), strict=True))
    assert tiles["Gate"] == "FAIL"
    assert tiles["nDCG@10, change"] == "+0.055"
    assert tiles["Mean overlap of the lists"] == "0.42"
    assert everything.texts("h1") == ["Jobs"]
    assert everything.texts("ul", class_="legend") == ["base: old candidate: new"]


def test_what_cannot_be_computed_is_na_never_zero(everything: Any) -> None:
    segments = {row[0].split()[0]: row[1:] for row in everything.rows("segment")}
    assert segments["history-0"] == ["n/a", "n/a", "n/a"]
    rules = {row[0].split()[0]: row[1:] for row in everything.rows("rule")}
    assert rules["min_kendall_tau"][:2] == ["≥ 0.500", "n/a no interval"]
    assert rules["min_kendall_tau"][2].startswith("NOT ENOUGH DATA")


def test_the_most_changed_users_come_first(everything: Any, sample_inputs: dict[str, Path]) -> None:
    changes = pq.read_table(sample_inputs["user_changes"]).sort_by([("overlap", "ascending"), ("rbo", "ascending")])
    first = changes.slice(0, 3).to_pylist()
    shown = everything.rows("user")[:3]
    assert [row[0] for row in shown] == [f"{row['user_id']} {row['segment']}" for row in first]
    assert [row[1] for row in shown] == [f"{row['overlap']:.2f}" for row in first]


def test_examples_are_the_most_changed_and_one_of_the_fallback(everything: Any) -> None:
    users = everything.texts("h3", id="example-1-heading") + everything.texts("h3", id="example-4-heading")
    assert users == ["User u0194", "User u0229"]
    assert "fallback" in everything.texts("article")[3]
    assert {"up", "down", "new", "dropped"} <= {
        element.get("class", "").split()[-1] for element in everything.elements("span", class_="badge")
    }


def test_without_optional_inputs_sections_say_why_they_are_empty(one_result: Any) -> None:
    assert "no scores were given" in one_result.text
    assert "There is one version" in one_result.text
    assert "Gate" not in one_result.text
    assert one_result.texts("p", class_="overline") == ["Report on one version"]
    assert len(one_result.elements("article")) == 4


def test_overlap_is_computed_when_no_comparison_came(
    tmp_path: Path, sample_inputs: dict[str, Path], parse: Any
) -> None:
    inputs = {port: sample_inputs[port] for port in ("recommendations", "candidate", "interactions", "items")}
    page = parse(make_report(tmp_path, inputs, k=10))
    given = pq.read_table(sample_inputs["user_changes"], columns=["overlap"])["overlap"].to_pylist()
    counts = [sum(round(value * 10) == index for value in given) for index in range(11)]
    assert [int(row[1]) for row in page.rows("items in common")] == counts
    assert "among the first 10 of both lists" in page.text


def test_hostile_titles_are_text(everything: Any, sample_inputs: dict[str, Path]) -> None:
    titles = [title for title in pq.read_table(sample_inputs["items"])["title"].to_pylist() if title]
    assert sum("<script>" in title or "onerror" in title for title in titles) == 2
    assert "<script>alert(1)</script> データ分析アシスタント" in everything.text
    assert "Senior U+202Ereenigne U+202C engineer".replace("e U", "eU") in everything.text
    assert "{{ 7 * 7 }} ${7 * 7} <%= 7 * 7 %>" in everything.text
    acting = {c for c in everything.html if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}}
    assert acting <= {"\n", "\u200c", "\u200d"}


def test_names_titles_and_segments_from_outside_are_text(tmp_path: Path, parse: Any, tables: Any) -> None:
    bad = "</style><script>alert(1)</script>"
    scores = pa.table(
        {
            "metric": [bad, bad],
            "k": [5, 5],
            "segment": ["all", bad],
            "value": [0.1, 0.2],
            "low": [0.0, 0.1],
            "high": [0.2, 0.3],
        }
    )
    inputs = {
        "recommendations": tables.recommendations({bad: [bad]}),
        "interactions": tables.interactions({bad: [bad]}),
        "items": tables.items({bad: bad}),
        "scores": scores,
    }
    page = parse(make_report(tmp_path, inputs, title=bad, base_name=bad))
    assert not page.elements("script")
    assert len(page.elements("style")) == 1
    assert page.texts("h1") == [bad]
    assert page.texts("title")[0] == bad


def test_users_who_are_asked_for_come_first_and_unknown_ones_are_named(
    tmp_path: Path, sample_inputs: dict[str, Path], parse: Any
) -> None:
    page = parse(make_report(tmp_path, sample_inputs, example_users=["u0100", "nobody<b>"], examples=3))
    assert [text.split()[1] for text in page.texts("h3") if text.startswith("User u")][:1] == ["u0100"]
    assert len(page.elements("article")) == 2
    assert "Asked for, but in no version: nobody<b>" in page.text


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, sample_inputs: dict[str, Path]) -> None:
    assert make_report(tmp_path / "1", sample_inputs) == make_report(tmp_path / "2", sample_inputs)


def test_sources_are_named_where_a_sidecar_tells_them(
    tmp_path: Path, sample_inputs: dict[str, Path], parse: Any, sidecar: Callable[[Path], str]
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "part-00000.parquet").write_bytes((sample_inputs["items"] / "part-00000.parquet").read_bytes())
    digest = sidecar(folder)
    page = parse(make_report(tmp_path, {**sample_inputs, "items": folder}))
    assert page.rows("input") == [["items", "preprocess 1.2.3 clean", digest]]


@pytest.mark.parametrize("port", ABOUT_CANDIDATE)
def test_what_is_about_a_candidate_needs_one(tmp_path: Path, sample_inputs: dict[str, Path], port: str) -> None:
    inputs = {name: path for name, path in sample_inputs.items() if name not in OPTIONAL or name == port}
    with pytest.raises(DataError, match=f"{port}: is about a candidate"):
        make_report(tmp_path, inputs)


def test_empty_optional_tables_are_said_to_be_empty(tmp_path: Path, sample_inputs: dict[str, Path], parse: Any) -> None:
    inputs: dict[str, Any] = dict(sample_inputs)
    for port in ("scores", *ABOUT_CANDIDATE):
        inputs[port] = pq.read_table(sample_inputs[port]).slice(0, 0)
    page = parse(make_report(tmp_path, inputs))
    assert "no scores were given, or they are empty" in page.text
    assert "No rule was given, so nothing was decided." in page.text


def test_large_data_and_long_texts_stay_under_a_megabyte(make_view: MakeView) -> None:
    worst = "\u202e" * 500
    names = [f"{index:03d}{worst}" for index in range(60)]
    lists = {f"{user:02d}{worst}": names for user in range(30)}
    titles = dict.fromkeys(names, worst)
    view = make_view(lists, dict.fromkeys(lists, names[::-1]), history=lists, titles=titles, k=50)
    html = write_report(view, ReportOptions("t", 50, 100, 20, 50))
    assert len(html.encode()) <= MAX_BYTES
    left_out = re.search(r"(\d+) examples are left out to keep the page under 1 MB", html)
    assert left_out is not None
    assert html.count("<article ") == 20 - int(left_out[1])


def test_a_page_that_cannot_be_made_small_enough_is_an_error(
    tmp_path: Path, sample_inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("machiya_viewer.report.MAX_BYTES", 1000)
    with pytest.raises(OutputError, match="Give smaller users and k"):
        make_report(tmp_path, sample_inputs)
    assert not (tmp_path / "out" / "report").exists()


def test_the_view_is_of_the_run_and_says_which_versions_it_compares(
    tmp_path: Path, sample_inputs: dict[str, Path], sidecar: Callable[..., str]
) -> None:
    inputs: dict[str, Any] = dict(sample_inputs)
    for port in ("recommendations", "candidate"):
        inputs[port] = tmp_path / port
        inputs[port].mkdir()
        (inputs[port] / "part-00000.parquet").write_bytes((sample_inputs[port] / "part-00000.parquet").read_bytes())
        sidecar(inputs[port])
    told = {"run": "weekly-7", "workflow": "recommend", "stage": "production", "started": "2026-11-22T03:00:00Z"}
    result = run_operation(component, "report", inputs=inputs, parameters=told, folder=tmp_path)
    head = open_view(str(result.path("view"))).head
    assert (head.run, head.workflow, head.stage, head.started) == tuple(told.values())
    assert head.made_by == f"viewer {component.contract.version}"
    assert [(version.name, version.component, version.operation) for version in head.versions] == [
        ("base", "preprocess", "clean"),
        ("candidate", "preprocess", "clean"),
    ]
    assert head.versions[0].digest != head.versions[1].digest
    assert head.versions[0].pin == ""  # nobody told which image it was
    assert (head.users, head.rows, head.outcome) == (240, (4740, 4760), "fail")


@pytest.mark.parametrize(
    ("versions", "parameters", "names"),
    [
        (["1.0.0", "1.1.0"], {}, ["preprocess 1.0.0", "preprocess 1.1.0"]),
        (["1.0.0", "1.1.0"], {"candidate_name": "als"}, ["preprocess 1.0.0", "als"]),
        (["1.0.0", "1.0.0"], {}, ["base", "candidate"]),
        (["1.0.0"], {}, ["preprocess 1.0.0"]),
        (["1.0.0"], {"base_name": "popular"}, ["popular"]),
        ([None], {}, ["base"]),
    ],
)
def test_a_version_without_a_name_is_called_by_what_made_it_if_that_tells_it_apart(
    tmp_path: Path,
    sample_inputs: dict[str, Path],
    sidecar: Callable[..., str],
    versions: list[str | None],
    parameters: dict[str, str],
    names: list[str],
) -> None:
    inputs = {port: path for port, path in sample_inputs.items() if port not in OPTIONAL}
    for port, version in zip(("recommendations", "candidate"), versions, strict=False):
        inputs[port] = tmp_path / "tables" / port
        inputs[port].mkdir(parents=True)
        (inputs[port] / "part-00000.parquet").write_bytes((sample_inputs[port] / "part-00000.parquet").read_bytes())
        if version is not None:
            sidecar(inputs[port], version)
    result = run_operation(component, "report", inputs=inputs, parameters=parameters, folder=tmp_path)
    assert [version.name for version in open_view(str(result.path("view"))).head.versions] == names


def test_gathered_shards_are_of_the_version_that_made_each(
    tmp_path: Path, sample_inputs: dict[str, Path], sidecar: Callable[..., str]
) -> None:
    inputs: dict[str, Any] = {port: path for port, path in sample_inputs.items() if port not in OPTIONAL}
    table = pq.read_table(inputs["recommendations"])
    gathered = tmp_path / "gathered"
    for number in range(2):
        shard = gathered / f"{number:05d}"
        shard.mkdir(parents=True)
        rows = table.slice(number * len(table) // 2, len(table) // 2)
        pq.write_table(rows, shard / "part-00000.parquet")
        sidecar(shard, "1.4.0", {"shard": number, "shards": 2})
    inputs["recommendations"] = gathered
    result = run_operation(component, "report", inputs=inputs, folder=tmp_path)
    view = open_view(str(result.path("view")))
    (version,) = view.head.versions
    assert (version.name, version.component, version.version) == ("preprocess 1.4.0", "preprocess", "1.4.0")
    assert version.digest == content_digest(gathered)
    assert [(one.port, one.digest) for one in view.facts().inputs] == [("recommendations", version.digest)]


@pytest.mark.parametrize("started", ["yesterday", "2026-11-22", "2026-11-22T03:00:00"])
def test_a_start_that_is_no_moment_is_refused(tmp_path: Path, sample_inputs: dict[str, Path], started: str) -> None:
    with pytest.raises(ArgumentsError, match="started"):
        make_report(tmp_path, sample_inputs, started=started)


def test_with_pseudonyms_neither_view_nor_page_holds_an_id(tmp_path: Path, sample_inputs: dict[str, Path]) -> None:
    result = run_operation(
        component,
        "report",
        inputs=sample_inputs,
        parameters={"pseudonyms": True, "example_users": ["u0100"], "users": 100},
        secrets={"pseudonym_key": "open sesame"},
        folder=tmp_path,
    )
    page = (result.path("report") / "index.html").read_text(encoding="utf-8")
    assert pseudonym("open sesame", "u0100") in page
    ids = set(pq.read_table(sample_inputs["recommendations"], columns=["user_id"])["user_id"].to_pylist())
    assert not [user for user in ids if user in page]
    view = open_view(str(result.path("view")))
    assert not ids & {user.user_id for user in view.users(UserQuery("user_id", size=1000)).rows}
    for folder in ("view", "report"):
        assert "open sesame" not in (result.path(folder) / "_artifact.json").read_text(encoding="utf-8")


def test_pseudonyms_without_a_key_are_refused(tmp_path: Path, sample_inputs: dict[str, Path]) -> None:
    with pytest.raises(ArgumentsError, match="there is no secret pseudonym_key"):
        make_report(tmp_path, sample_inputs, pseudonyms=True)


def test_the_report_is_what_the_view_alone_says(tmp_path: Path, sample_inputs: dict[str, Path]) -> None:
    result = run_operation(component, "report", inputs=sample_inputs, folder=tmp_path)
    reader = open_view(str(result.path("view")))
    again = write_report(reader, ReportOptions("Recommendations", 10, 15, 4, 10))
    assert again == (result.path("report") / "index.html").read_text(encoding="utf-8")
