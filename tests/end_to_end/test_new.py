"""What `machiya new` makes passes everything at once, its image included."""

from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.conformance import Verdict
from tests.end_to_end.verdicts import failures


@pytest.mark.engine
def test_a_new_component_builds_and_passes_the_conformance_suite(
    tmp_path: Path, conformance: Callable[..., Verdict]
) -> None:
    assert run(machiya, ["new", "fresh-start", "--into", str(tmp_path)]) == 0
    verdict = conformance(tmp_path / "fresh-start")
    assert failures(verdict) == ""
    assert (verdict.component, verdict.passed) == ("fresh-start", True)
