"""``python -m machiya_component.precompile``: compiles the kernels of the installed component, when its image is built.

It runs the samples, which compiles what they call, and then compiles the signatures that kernels declare. A kernel that
neither reaches would be compiled in every container that needs it, so it fails the build. A sample that fails does not:
to judge samples is the part of the conformance suite, which says more and needs the image for it.
"""

import pkgutil
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from machiya_component.errors import ComponentError

if TYPE_CHECKING:
    from machiya_component.compiled import Kernel
    from machiya_component.component import Component


class Precompiled(NamedTuple):
    """What was compiled: the names of kernels; and the samples that failed, in words."""

    kernels: list[str]
    failed: list[str]


def precompile(component: "Component", package: ModuleType) -> Precompiled:
    """Compile the kernels of a component's package.

    Raises ``ComponentError`` where nothing says for which types a kernel is to be compiled; not where samples failed,
    as these might have said it.
    """
    from machiya_component.selftest import self_test

    results = self_test(component)
    failed = [f"the sample {one.operation} {one.sample} {one.problem}" for one in results if one.problem]
    names = _import_kernels(package)
    found = {one.name: one for one in _kernels_of(names)}
    for one in found.values():
        one.compile_declared()
    forgotten = [name for name, one in found.items() if not one.is_kept()]
    if forgotten and not failed:
        raise ComponentError(
            f"nothing says for which types {', '.join(forgotten)} should be compiled.",
            "Let a sample of component.yaml reach it, or name a signature: @kernel(signatures=[...]).",
        )
    return Precompiled([name for name in found if name not in forgotten], failed)


def _import_kernels(package: ModuleType) -> set[str]:
    """Import the modules of a package that define kernels; returns their names."""
    found = {
        module.name
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if "machiya_component.compiled" in _source(module.name)
    }
    for name in found:
        import_module(name)
    return found


def _source(module: str) -> str:
    spec = find_spec(module)
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""


def _kernels_of(modules: set[str]) -> Iterator["Kernel"]:
    from machiya_component.compiled import kernels

    return (one for one in kernels() if one.dispatcher.py_func.__module__ in modules)


def main() -> None:
    """Compile the kernels of the one component that is installed here."""
    import logging

    from machiya_component.cli import installed_component

    logging.disable(logging.WARNING)
    component = installed_component(None)
    [function, *_] = component.functions.values()
    package = import_module(function.__module__.partition(".")[0])
    try:
        compiled = precompile(component, package)
    except ComponentError as error:
        sys.exit(f"precompile: {error}")
    for problem in compiled.failed:
        print(
            f"precompile: {problem.rstrip('.')}. The image is built all the same; it will not pass its tests.",
            file=sys.stderr,
        )
    print(f"{len(compiled.kernels)} kernels of {component.contract.name} are compiled for {target()}.")


def target() -> str:
    """The CPU that kernels are compiled for, in words."""
    from machiya_component.kept_code import BASELINES, compiled_for

    name, baseline = compiled_for(), BASELINES.get(platform.machine(), ("", ()))[0]
    return (
        name if name == baseline else f"{name}, below {baseline or 'any baseline'}: others will compile at their start"
    )


if __name__ == "__main__":
    main()
