"""``python -m machiya_component.precompile``: compiles the kernels of the installed component, when its image is built.

It runs the samples, which compiles what they call, and then compiles the signatures that kernels declare. A kernel that
neither reaches would be compiled in every container that needs it, so it fails the build.
"""

import pkgutil
import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from machiya_component.errors import ComponentError

if TYPE_CHECKING:
    from machiya_component.compiled import Kernel
    from machiya_component.component import Component


def precompile(component: "Component", package: ModuleType) -> list[str]:
    """Compile the kernels of a component's package; returns their names.

    Raises ``ComponentError`` where a sample fails, or where nothing says for which types a kernel is to be compiled.
    """
    from machiya_component.selftest import self_test

    failed = [result for result in self_test(component) if result.problem]
    if failed:
        first = failed[0]
        raise ComponentError(f"the sample {first.operation} {first.sample} {first.problem}.", "Correct it first.")
    names = _import_kernels(package)
    found = {one.name: one for one in _kernels_of(names)}
    for one in found.values():
        one.compile_declared()
    forgotten = [name for name, one in found.items() if not one.is_kept()]
    if forgotten:
        raise ComponentError(
            f"nothing says for which types {', '.join(forgotten)} should be compiled.",
            "Let a sample of component.yaml reach it, or name a signature: @kernel(signatures=[...]).",
        )
    return list(found)


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
        names = precompile(component, package)
    except ComponentError as error:
        sys.exit(f"precompile: {error}")
    print(f"{len(names)} kernels of {component.contract.name} are compiled for {target()}.")


def target() -> str:
    """The CPU that kernels are compiled for, in words."""
    from machiya_component.kept_code import BASELINES, compiled_for

    name, baseline = compiled_for(), BASELINES.get(platform.machine(), ("", ()))[0]
    return (
        name if name == baseline else f"{name}, below {baseline or 'any baseline'}: others will compile at their start"
    )


if __name__ == "__main__":
    main()
