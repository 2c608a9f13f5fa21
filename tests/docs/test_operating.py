"""The operator's guide has an entry for whatever calls the operator, and its links lead somewhere."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from machiya.records.diagnosis.rules import RULES
from machiya.records.slo import Objectives, Schedule, prometheus_rule

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "operating.md").read_text()
HEADINGS = re.findall(r"^#+ (.+)$", GUIDE, flags=re.MULTILINE)
PROMISES = {
    "finishedBy": "06:00",
    "successRate": {"atLeast": 0.95, "over": "30d"},
    "freshness": "26h",
    "coverage": {"atLeast": 0.9},
    "duration": {"atMost": "2h"},
}
NOT_BY_FILE = {"argo-out-of-memory", "config", "input-missing", "no-disk", "quota", "refused", "task-results"}
"""Kinds of failures of the cluster that the guide has in a table, without an example."""
RARE = {"capacity", "manifest", "not-runnable", "other-code", "output-missing", "too-large", "unknown"}
RARE |= {"terminated", "workflow-timeout"}
"""Kinds whose answer is that of another, or that `machiya explain` tells whole."""


def test_each_alert_has_a_section_by_its_name() -> None:
    rule = prometheus_rule(
        "w", "s", Objectives.model_validate(PROMISES), Schedule("0 3 * * *", ZoneInfo("Asia/Tokyo")), 2026
    )
    (group,) = rule["spec"]["groups"]
    names = [one["alert"] for one in group["rules"]]
    assert len(names) == len(PROMISES)
    assert [name for name in names if name not in HEADINGS] == []


def test_each_status_file_is_explained_and_each_example_has_its_file() -> None:
    shown = re.findall(r"^\$ machiya explain docs/failures/(\S+)$", GUIDE, flags=re.MULTILINE)
    assert sorted(shown) == sorted(path.name for path in (DOCS / "failures").iterdir())


def test_the_examples_are_of_every_kind_of_failure_that_explain_knows() -> None:
    from machiya.engines.argo.status import read_status
    from machiya.records.cluster import cluster_record
    from machiya.records.diagnosis import diagnose

    found = set()
    for path in (DOCS / "failures").glob("*.yaml"):
        record = cluster_record(read_status(path.read_text(), path.name), Path("home"))
        told = diagnose(record, lambda _name, _version: None, lambda _step: ())
        found |= {one.verdict.rule for one in (*told.causes, *told.tolerated, *told.waiting)}
    assert {rule.id for rule in RULES} == found | NOT_BY_FILE | RARE
    assert not found & (NOT_BY_FILE | RARE)


def test_links_inside_the_guide_lead_to_its_sections() -> None:
    sections = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in HEADINGS}
    assert [target for target in re.findall(r"\]\(#([^)]+)\)", GUIDE) if target not in sections] == []
