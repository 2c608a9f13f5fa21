"""The direction of imports, and that every module can be imported alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PACKAGES = [
    ROOT / "platform/kit/machiya_component",
    ROOT / "platform/machiya/machiya",
    *sorted(path for path in ROOT.glob("components/*/machiya_*") if path.is_dir()),
]


def modules(package: Path) -> list[str]:
    """The dotted names of all modules of a package, templates left out."""
    files = [file for file in sorted(package.rglob("*.py")) if "templates" not in file.parts]
    names = (file.relative_to(package.parent).with_suffix("").parts for file in files)
    return [".".join(name).removesuffix(".__init__") for name in names]


def test_imports_go_one_way() -> None:
    """The contracts in pyproject.toml; what import-linter prints names the import that breaks one."""
    call = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "120", "NO_COLOR": "1"},
    )
    assert call.returncode == 0, call.stdout + call.stderr
    assert " 0 broken" in call.stdout


# Each module must be the first of ours that its process imports, but a new process for each would take minutes: so one
# that has imported what others wrote, and nothing of ours, forks a child for each.
ALONE = """
import gc, importlib, os, sys, traceback
others, ours = (argument.split() for argument in sys.argv[1:])
for name in others:
    importlib.import_module(name)
gc.freeze()  # or each child would copy all of it
children, broken = {}, []
def reap():
    child, status = os.wait()
    name = children.pop(child)
    if status:
        broken.append(name)
for name in ours:
    if len(children) == os.cpu_count():
        reap()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            sys.stderr.write(traceback.format_exc())
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    children[child] = name
while children:
    reap()
sys.exit(f"cannot be imported alone: {', '.join(broken)}" if broken else 0)
"""


OTHERS = ["jsonschema", "pyarrow", "pydantic", "ruamel.yaml"]
OF_THE_PLATFORM = ["click", "cronsim", "docker", "fsspec", "hera.workflows", "requests", "rich.console", "semver"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_module_can_be_imported_alone_with_warnings_as_errors(package: Path) -> None:
    names = modules(package)
    assert names
    others = OTHERS + (OF_THE_PLATFORM if package.name == "machiya" else [])
    single_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # threads do not survive a fork
    call = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, " ".join(others), " ".join(names)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | single_thread,
    )
    assert call.returncode == 0, call.stderr
