"""The gate over HTTP: rules, evidence, digests, and what is green."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

PAIR = "/r/monday/old-1.0..new-1.1"
UNCOMPUTED = "/r/monday/old-1.0..third"
ClientOf = Callable[..., TestClient]


def test_the_gate_shows_rules_evidence_digests_and_the_pin(client: TestClient, parse: Any) -> None:
    page = parse(client.get(f"{PAIR}/gate").text)
    assert page.texts("h1") == ["Gate: FAIL"]
    assert page.rows("rule") == [
        ["min_overlap mean overlap of the lists", "≥ 0.500", "0.600 no interval", "PASS evidence min_overlap"],
        [
            "max_changed_share share of users who get other items",
            "≤ 0.500",
            "0.600 no interval",
            "FAIL evidence max_changed_share",
        ],
    ]
    assert page.elements("a", href=f"{PAIR}/users?sort=overlap")
    assert page.rows("metric") == [["nDCG@3", "0.300 0.290 to 0.310", "0.400 0.390 to 0.410", "+0.100 better"]]
    assert page.texts("pre", class_="pin") == ["recommender: 1.1.0@sha256:bb"]
    assert "sha256:aa" in page.text


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (("pass",), "PASS"),
        (("pass", "warn"), "WARN"),
        (("warn", "unknown"), "NOT ENOUGH DATA"),
        (("unknown",), "NOT ENOUGH DATA"),
        (("pass", "fail"), "FAIL"),
    ],
)
def test_only_a_pass_is_green(
    runs: Path, client_of: ClientOf, make_view: Any, given: Any, parse: Any, outcomes: tuple[str, ...], words: str
) -> None:
    tables = {"scores": given.scores(0.3), "candidate_scores": given.scores(0.3)}
    view = {"verdict": given.verdict(*outcomes), "run": "r", "folder": runs / "r", "titles": {"a": "A"}, **tables}
    make_view({"u": "a"}, {"u": "a"}, history={"u": "a"}, **view)
    page = parse(client_of(runs).get("/r/r/base..candidate/gate").text)
    assert page.texts("h1") == [f"Gate: {words}"]
    assert bool(page.elements("span", class_="pass")) is ("pass" in outcomes)
    assert bool([one for one in page.elements("span", class_="verdict") if "pass" in one.get("class")]) is (
        words == "PASS"
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Gate: WARN",
                "No rule fails, and 2 ask for a look. Go, if the warnings are acceptable.",
                "cost.max_memory_ratio is beyond its limit.",
            ],
        ),
        (
            "ja",
            [
                "判定: 警告",
                "不合格のルールはありませんが、2件は確認が必要です。 警告を許容できるなら採用できます。",
                "cost.max_memory_ratio がしきい値を越えています。",
            ],
        ),
    ],
)
def test_a_verdict_of_others_is_shown_with_what_it_says_of_its_rules(
    runs: Path, client_of: ClientOf, make_view: Any, given: Any, parse: Any, language: str, words: list[str]
) -> None:
    said = "peak memory: train <b>2.00</b>; at most 1.5 wanted"
    verdict = pa.table(
        {
            "rule": ["cost.max_memory_ratio", "min_ndcg@3_difference"],
            "threshold": [1.5, -0.1],
            "observed": [2.0, 0.0],
            "outcome": ["warn", "warn"],
            "text": [said, "ndcg@3 changes"],
        }
    )
    tables = {"scores": given.scores(0.3), "candidate_scores": given.scores(0.3), "verdict": verdict}
    make_view({"u": "a"}, {"u": "a"}, history={"u": "a"}, titles={"a": "A"}, run="r", folder=runs / "r", **tables)
    client = client_of(runs)
    page = parse(client.get(f"/r/r/base..candidate/gate?lang={language}").text)
    assert page.texts("h1") == words[:1]
    assert words[1] in page.texts("p")
    assert words[2] in page.texts("li"), "no page has the evidence, so none is linked"
    rule = "ルール" if language == "ja" else "rule"
    memory, ndcg = page.rows(rule)
    assert memory[:2] == [f"cost.max_memory_ratio {said}", "≤ 1.500"]
    assert ndcg[:2] == ["min_ndcg@3_difference ndcg@3 changes", "≥ −0.100"]
    home = parse(client.get(f"/?lang={language}").text)
    assert home.texts("p", class_="status") == ["Rules: WARN" if language == "en" else "ルール: 警告"]
