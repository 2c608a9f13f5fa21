"""Argo's own `argo lint --offline`, where the program is installed."""

import re
import shutil
import subprocess
from collections.abc import Sequence

from machiya_component.findings import Finding

RULE = "argo"
"""The rule of all findings that Argo made."""

_FINDING = re.compile(r"(?P<file>.+?): in (?P<where>\"[^\"]*\" \(\w+\)|object #\d+ \(\w+\)): (?P<message>.+)")


def find_argo() -> str | None:
    """The path of the program; None if it is not installed."""
    return shutil.which("argo")


def argo_lint(program: str, paths: Sequence[str], stdin: str) -> list[Finding]:
    """Let Argo check the files; ``-`` among them is `stdin`.

    Whatever Argo says and this does not understand is a finding as it stands, provided that Argo was not content.
    """
    command = [program, "lint", "--offline", "--no-color", "--output", "simple", *paths]
    call = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if call.returncode == 0:
        return []
    lines = [line for line in f"{call.stdout}\n{call.stderr}".splitlines() if line.strip()]
    found = [_finding(match) for line in lines if (match := _FINDING.fullmatch(line.strip()))]
    return found or [Finding(RULE, "\n".join(lines) or f"argo lint ended with {call.returncode}")]


def _finding(match: re.Match[str]) -> Finding:
    return Finding(RULE, match["message"], "", match["where"], match["file"])
