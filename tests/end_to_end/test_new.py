"""What `machiya new` makes passes everything at once, its image included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def machiya(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "machiya", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.engine
def test_a_new_component_builds_and_passes_the_conformance_suite(tmp_path: Path) -> None:
    made = machiya("new", "fresh-start", "--into", tmp_path)
    assert made.returncode == 0, made.stderr
    tested = machiya("test", tmp_path / "fresh-start", "--json")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert json.loads(tested.stdout)["image"]
