"""Kernels: compiled once, kept beside their source, and not compiled again where that is read-only or another CPU."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CALLEE = """
from machiya_component.compiled import kernel

@kernel
def scaled(value: float) -> float:
    return value * {factor}
"""
CALLER = """
import numpy as np
from machiya_component.compiled import kernel
from {package}.callee import scaled

@kernel(fastmath=True)
def total(values: "np.ndarray") -> float:
    sum = 0.0
    for value in values:
        sum += scaled(value)
    return sum
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package ``kernels`` with a kernel ``total`` that calls a kernel of another file."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "callee.py").write_text(CALLEE.format(factor=2))
    (folder / "caller.py").write_text(CALLER.format(package="kernels"))
    return folder


def call(package: Path, dtype: str = "float64", **environment: str) -> subprocess.CompletedProcess[str]:
    """What a process prints that calls ``total`` over five ones."""
    program = f"""
        import numpy as np
        from kernels.caller import total
        print(total(np.ones(5, np.{dtype})))
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=package.parent,
        env={**variables, "HOME": str(package.parent / "home"), "XDG_CACHE_HOME": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_kernel_is_compiled_once(package: Path) -> None:
    assert call(package).stdout == "10.0\n"
    assert call(package, MACHIYA_COMPILED="only").stdout == "10.0\n"


def test_what_would_have_to_be_compiled_is_an_error_that_names_it_where_that_is_asked_for(package: Path) -> None:
    call(package)
    refused = call(package, dtype="float32", MACHIYA_COMPILED="only")
    assert "kernels.caller.total is not compiled in this image for (array(float32, 1d, C))" in refused.stderr


def test_a_changed_callee_in_another_file_is_noticed(package: Path) -> None:
    call(package)
    (package / "callee.py").write_text(CALLEE.format(factor=3))
    assert call(package).stdout == "15.0\n"


def test_the_code_is_for_the_baseline_and_not_for_this_cpu(package: Path) -> None:
    program = "from kernels.caller import total; print(*total.targetctx.codegen().magic_tuple()[1:])"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=package.parent, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() in ("x86-64-v3", "generic")


def test_numba_can_be_told_not_to_compile(package: Path) -> None:
    assert call(package, NUMBA_DISABLE_JIT="1", MACHIYA_COMPILED="only").stdout == "10.0\n"


LOOPS = """
from machiya_component.compiled import kernel

@kernel
def total(count: int) -> int:
    return count + 1

@kernel{options}
def unreached(value: int) -> int:
    return value + 2

@kernel(inline="always")
def inlined(value: int) -> int:
    return value
"""
PRECOMPILE = """
import sys
import toy_component
from toy_component.component import component
from machiya_component.precompile import precompile
kernels, failed = precompile(component, toy_component)
print(*kernels)
print(*failed, file=sys.stderr)
"""
CALL_THE_KERNELS = """
from toy_component.kernels.loops import total, unreached
print(total(1), unreached(1))
"""


def with_kernels(toy: Path, options: str = "") -> Path:
    """The toy component with kernels, one of which its sample reaches."""
    kernels = toy / "toy_component" / "kernels"
    kernels.mkdir()
    (kernels / "__init__.py").touch()
    (kernels / "loops.py").write_text(LOOPS.format(options=options))
    code = toy / "toy_component" / "component.py"
    call = "    from toy_component.kernels.loops import total\n    total(rows.rows)\n    table = rows.read()"
    code.write_text(code.read_text().replace("    table = rows.read()", call))
    return toy


def python(toy: Path, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=toy,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_kernels_of_a_component_are_compiled_by_its_samples_and_by_what_they_declare(toy: Path) -> None:
    with_kernels(toy, options='(signatures=["(int64,)"])')
    told = python(toy, PRECOMPILE)
    assert {name.rpartition(".")[2] for name in told.stdout.split()} == {"total", "unreached", "inlined"}, told.stderr
    assert python(toy, CALL_THE_KERNELS, MACHIYA_COMPILED="only").stdout == "2 3\n"


def test_a_kernel_that_nothing_reaches_is_refused_when_the_image_is_built(toy: Path) -> None:
    told = python(with_kernels(toy), PRECOMPILE)
    assert "nothing says for which types toy_component.kernels.loops.unreached should be compiled" in told.stderr
    assert "total" not in told.stderr.splitlines()[-1]


@pytest.mark.parametrize("options", ["", '(signatures=["(int64,)"])'])
def test_a_sample_that_fails_is_told_when_the_image_is_built_and_left_to_those_who_judge_samples(
    toy: Path, options: str
) -> None:
    with_kernels(toy, options)
    (toy / "sample" / "rows" / "part-00000.parquet").write_bytes(b"PAR1")
    told = python(toy, PRECOMPILE)
    assert told.stderr.startswith("the sample double small ended with 65 (data breaks the contract), not 0")
    assert ("loops.unreached" in told.stdout) == bool(options)
    assert "loops.total" not in told.stdout
