"""Each component's folder works alone: copied elsewhere, it is tested and built there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from machiya_component.contract import load_contract

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
    """The copy comes before the installed package on the path, and a test of the copy says so."""
    package = f"machiya_{copy.name}"
    probe = f"import {package}, pathlib; print(pathlib.Path({package}.__file__).parents[1])"
    where = subprocess.run([sys.executable, "-c", probe], cwd=copy, capture_output=True, text=True, check=True)
    assert Path(where.stdout.strip()) == copy
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    call = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr


@pytest.mark.engine
def test_its_image_is_built_elsewhere_and_tests_itself(copy: Path) -> None:
    from machiya import containers, images

    with containers.connect() as engine:
        tag = f"machiya-test/{copy.name}:alone"
        images.build(copy, engine, tag=tag)
    self_test = ["docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", tag]
    call = subprocess.run(self_test, capture_output=True, text=True, check=False)
    assert call.returncode == 0, call.stdout + call.stderr
    for operation in load_contract(copy).operations:
        assert f" {operation} " in call.stdout
