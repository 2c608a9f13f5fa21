"""How commands print findings."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from machiya_component.findings import Finding


def echo_findings(found: "Sequence[Finding]", *, as_json: bool) -> None:
    """All findings, for people or as a list of JSON objects."""
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in found], ensure_ascii=False, indent=2))
        return
    for finding in found:
        click.echo(describe(finding))


def describe(finding: "Finding") -> str:
    """`file:line: rule: place: message`, as editors and terminals link it, and below it what would be right."""
    head = ": ".join(part for part in (finding.place(), finding.rule, finding.where, finding.message) if part)
    return f"{head}\n    {finding.remedy}" if finding.remedy else head
