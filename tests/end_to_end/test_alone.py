"""Each component's folder works alone: copied elsewhere, it is tested and built there."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from machiya.conformance import Verdict
from tests.end_to_end.verdicts import failures

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(path.parent for path in ROOT.glob("components/*/component.yaml"))
BY_PRODUCTS = shutil.ignore_patterns("__pycache__", ".*_cache", "*.whl", ".venv")


@pytest.fixture(params=COMPONENTS, ids=lambda component: component.name)
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a component's folder, in a place where nothing else is."""
    component: Path = request.param
    target: Path = shutil.copytree(component, tmp_path / component.name, ignore=BY_PRODUCTS)
    return target


def test_its_tests_pass_elsewhere(copy: Path) -> None:
    """The copy comes before the installed package on the path; the first assertion makes sure of that.

    What a browser sees does not depend on the place, and takes most of the time: tests/browser runs where it is only.
    """
    package = f"machiya_{copy.name}"
    probe = f"import {package}, pathlib; print(pathlib.Path({package}.__file__).parents[1])"
    where = subprocess.run([sys.executable, "-c", probe], cwd=copy, capture_output=True, text=True, check=True)
    assert Path(where.stdout.strip()) == copy
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--ignore=tests/browser"]
    call = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr


@pytest.mark.engine
def test_its_image_is_built_elsewhere_and_keeps_every_promise(copy: Path, conformance: Callable[..., Verdict]) -> None:
    verdict = conformance(copy)
    assert failures(verdict) == ""
    assert (verdict.component, verdict.passed) == (copy.name, True)


@pytest.mark.engine
def test_one_broken_line_of_the_recommender_is_caught_by_the_right_check(
    tmp_path: Path, conformance: Callable[..., Verdict]
) -> None:
    folder = shutil.copytree(ROOT / "components" / "recommender", tmp_path / "recommender", ignore=BY_PRODUCTS)
    module = folder / "machiya_recommender" / "tables.py"
    text, right = module.read_text(), '["model", "fallback"]'
    assert right in text
    module.write_text(text.replace(right, '["modell", "fallback"]'))
    verdict = conformance(folder, "bare.user", "contract.output", "samples.outputs")
    failed = {result.id: result for result in verdict.checks if result.outcome == "fail"}
    assert list(failed) == ["samples.outputs"]
    assert "modell" in failed["samples.outputs"].model_dump_json()
