"""Entries of a CHANGELOG.md in the format of https://keepachangelog.com/."""

import re
from pathlib import Path

CHANGELOG_FILE = "CHANGELOG.md"


def changelog_entry(folder: Path, version: str) -> str | None:
    """What stands below ``## [VERSION]``, without the heading; None where there is no such heading."""
    file = folder / CHANGELOG_FILE
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    heading = rf"^##[ \t]+\[?{re.escape(version)}\]?(?![\w.+-])[^\n]*\n?"
    match = re.search(rf"{heading}(?P<entry>.*?)(?=^##[ \t]|^\[[^\]]+\]:|\Z)", text, re.MULTILINE | re.DOTALL)
    return match["entry"].strip() if match else None
