"""What the folder of a component has besides its code."""

from pathlib import Path

from machiya.conformance.bench import Bench
from machiya.conformance.check import Check, Result
from machiya.conformance.verdict import Failure


def _folder(bench: Bench) -> Path:
    assert bench.folder is not None
    return bench.folder


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _readme(bench: Bench) -> Result:
    text = _text(_folder(bench) / "README.md")
    if not text.strip():
        return [
            Failure(message="there is no README.md.", remedy="Say what it is, and show `docker run` with its output.")
        ]
    if "docker run" not in text:
        return [
            Failure(message="README.md shows no `docker run`.", remedy="Show the line that runs it, with its output.")
        ]
    return []


def _changelog(bench: Bench) -> Result:
    text = _text(_folder(bench) / "CHANGELOG.md")
    if not text.strip():
        return [Failure(message="there is no CHANGELOG.md.", remedy="Start one: https://keepachangelog.com/")]
    version = bench.promised.version
    if version in text:
        return []
    return [Failure(message=f"CHANGELOG.md does not mention version {version}.", remedy=f"Add: ## [{version}] - DATE")]


def _tests(bench: Bench) -> Result:
    tests = _folder(bench) / "tests"
    if tests.is_dir() and any(path.is_file() and path.stat().st_size for path in tests.rglob("*")):
        return []
    return [
        Failure(message="there are no tests in tests/.", remedy="Test what it computes; the suite only sees its shell.")
    ]


CHECKS = (
    Check("folder.readme", "README.md shows how to run it", _readme, "folder"),
    Check("folder.changelog", "CHANGELOG.md mentions the version", _changelog, "folder"),
    Check("folder.tests", "the folder has tests of its own", _tests, "folder"),
)
