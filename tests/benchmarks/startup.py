"""What a step takes before its work begins: a start as images have it, against one that compiles and parses first.

Both run the sample of an operation in a process of its own. With the image's start the contract is kept as it was found
valid, and kernels as they were compiled; without, the component is a copy that nobody has run yet.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import ROOT, SMALL, Case, Row, Scale, at_most, measure

SAMPLES = {"preprocess": ("clean", "csv"), "recommender": ("train", "als"), "evaluation": ("evaluate", "")}
"""Components with kernels, an operation, and the name of its sample (empty: the first)."""
PROGRAM = """
import sys, tempfile
from pathlib import Path
from machiya_component.cli import installed_component
from machiya_component.run import Call, run

component = installed_component(sys.argv[1])
operation = component.contract.operations[sys.argv[2]]
sample = operation.samples[sys.argv[3] or next(iter(operation.samples))]
inputs = {port: component.home / path for port, path in sample.inputs.items()}
with tempfile.TemporaryDirectory() as out:
    run(component, Call(operation, sample.parameters, inputs, Path(out)))
"""


def copy(component: str) -> Path:
    """The component's folder without anything that was kept."""
    folder = Path(tempfile.mkdtemp()) / component
    atexit.register(shutil.rmtree, folder.parent)
    shutil.copytree(
        ROOT / "components" / component, folder, ignore=shutil.ignore_patterns("__pycache__", "tests", ".*")
    )
    return folder


def start(component: str, operation: str, sample: str, folder: Path) -> None:
    """Run the sample with the component of this folder, in a new process."""
    subprocess.run(
        [sys.executable, "-c", PROGRAM, component, operation, sample],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        check=True,
    )


def first_start(folder: Path, component: str, operation: str, sample: str) -> None:
    """As a container would start that keeps nothing."""
    start(component, operation, sample, folder)


def image_start(folder: Path, component: str, operation: str, sample: str) -> None:
    """As a container starts; measured ``warm``, the call before has filled what is kept."""
    start(component, operation, sample, folder)


def rows(scale: Scale = SMALL) -> list[Row]:
    """Processor time of starts, for each component that has kernels."""
    found = []
    for component, (operation, sample) in SAMPLES.items():
        given = (component, operation, sample)
        fresh = partial(copy, component)
        cases = {
            "kept": Case(image_start, given, prepare=fresh, warm=True),
            "first": Case(first_start, given, prepare=fresh),
        }
        measured = measure(cases, scale.repeat)
        kept, first = measured["kept"], measured["first"]
        note = f"{kept.cpu:.1f} s of CPU instead of {first.cpu:.1f} s"
        found.append(
            at_most(f"start of {component} {operation}", "compiling, parsing", kept.ratio(first, "cpu"), 0.5, note=note)
        )
    return found
