"""A verdict as JUnit XML, one test case for each check, for pipelines that show test reports."""

import xml.etree.ElementTree as ET

from machiya.conformance.text import failure_text
from machiya.conformance.verdict import CheckResult, Verdict


def to_junit(verdict: Verdict) -> str:
    """The XML document."""
    suite = ET.Element(
        "testsuite",
        name=f"machiya conformance: {verdict.component or verdict.image.reference} {verdict.version or ''}".strip(),
        tests=str(len(verdict.checks)),
        failures=str(len(verdict.with_outcome("fail"))),
        errors="0",
        skipped=str(len(verdict.with_outcome("skip"))),
        time=f"{verdict.seconds:.3f}",
        timestamp=verdict.started.isoformat(timespec="seconds"),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("image", verdict.image.reference), ("image.id", verdict.image.id)):
        ET.SubElement(properties, "property", name=name, value=value)
    for result in verdict.checks:
        _add_case(suite, result)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_case(suite: ET.Element, result: CheckResult) -> None:
    group = result.id.split(".")[0]
    case = ET.SubElement(
        suite, "testcase", classname=f"conformance.{group}", name=result.id, time=f"{result.seconds:.3f}"
    )
    if result.outcome == "fail":
        text = "\n\n".join(failure_text(failure) for failure in result.failures)
        ET.SubElement(case, "failure", message=_clean(result.failures[0].message)).text = _clean(text)
    elif result.outcome == "skip":
        ET.SubElement(case, "skipped", message=result.reason)
    elif result.outcome == "info":
        ET.SubElement(case, "system-out").text = result.reason


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold; logs of programs have them."""
    return "".join(character for character in text if character >= " " or character in "\n\t")
