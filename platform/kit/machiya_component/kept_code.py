"""Where compiled kernels are kept, and for which CPU: all that touches what Numba calls its internals (0.61 to 0.68).

Numba keeps what it compiled below ``__pycache__``, but only where it may write, and only for the very model of CPU that
compiled it. In a container (a read-only root, another user, whatever node the cluster has free) it would compile again
at every start, for seconds. Kernels of a component therefore

- are compiled for a documented baseline, not for the CPU that happens to build the image: ``BASELINES``. A CPU below it
  compiles for itself. (512-bit registers, the next level of x86-64, gave our kernels nothing measurable on Zen 4.)
- are read from ``__pycache__`` though it cannot be written. What is not there is compiled, and kept where it can be.
"""

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator, UserWideCacheLocator

from machiya_component.errors import ComponentError

BASELINES: dict[str, tuple[str, tuple[str, ...]]] = {
    "x86_64": ("x86-64-v3", ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")),
    "aarch64": ("generic", ()),
}
"""Machine: the CPU (by LLVM's name) that kernels are compiled for, and the features without which it cannot run them.

x86-64-v3 are Intel's Haswell (2013) and AMD's Zen (2017) and later; generic aarch64 is ARMv8-A, with NEON.
"""

ONLY_KEPT = "MACHIYA_COMPILED"
"""Environment variable: ``only`` makes a kernel that would have to be compiled an error. So an image is tested."""

_log = logging.getLogger(__name__)


def compile_kept(function: Any, **options: Any) -> Any:
    """``numba.njit(cache=True, **options)``, with our places and our CPU; ``function`` itself if JIT is disabled."""
    _compile_for_baseline()  # before Numba makes its first dispatcher, which fixes the features it compiles for
    dispatcher: Any = numba.njit(**options)(function)
    if dispatcher is not function:
        dispatcher._cache = KeptCode(function)  # type: ignore[no-untyped-call]
    return dispatcher


@lru_cache(maxsize=1)
def _compile_for_baseline() -> None:
    """Tell Numba which CPU to compile for, unless its own variables already do."""
    name, needed = BASELINES.get(os.uname().machine, ("", ()))
    features = llvmlite.binding.get_host_cpu_features()
    config: Any = numba.config
    if name and config.CPU_NAME is None and all(features.get(feature) for feature in needed):
        config.CPU_NAME = name
        config.CPU_FEATURES = ""  # nothing beyond what the name says


class BesideTheSource(InTreeCacheLocator):
    """``__pycache__`` of the module: if it can be written, or holds compiled code already."""

    def ensure_cache_path(self) -> None:
        """Raise ``OSError`` where there is neither."""
        if not any(Path(self._cache_path).glob("*.nbi")):
            super().ensure_cache_path()  # type: ignore[no-untyped-call]

    def get_source_stamp(self) -> str:
        """What the code is valid for."""
        return _stamp(Path(self._py_file))


class InTheUsersFolder(UserWideCacheLocator):
    """The cache folder of the user, for a component that is installed where this user cannot write."""

    def get_source_stamp(self) -> str:
        """What the code is valid for."""
        return _stamp(Path(self._py_file))


class Places(CompileResultCacheImpl):
    """Where the code of one function is looked for, first match."""

    _locator_classes = [BesideTheSource, InTheUsersFolder]  # noqa: RUF012  (as its parent declares it)


class KeptCode(FunctionCache):
    """The kept code of one function."""

    _impl_class = Places

    def holds_any(self) -> bool:
        """Whether there is code for any signature (and any CPU), of the source as it is now."""
        return bool(self._cache_file._load_index())  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code for a signature, None if it has to be compiled."""
        found = super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        if found is None:
            _must_compile(self._py_func, sig)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it, if that is possible: a function that is compiled at each start is slow, not wrong."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError as error:
            _log.debug("%s: cannot keep what was compiled: %s", self._py_func.__qualname__, error)


def compiled_for() -> str:
    """The name of the CPU (as LLVM calls it) that kernels are compiled for in this process."""
    config: Any = numba.config
    return str(config.CPU_NAME or llvmlite.binding.get_host_cpu_name())


def _must_compile(function: Any, signature: Any) -> None:
    name = f"{function.__module__}.{function.__qualname__}"
    types = f"({', '.join(map(str, signature))})"
    if os.environ.get(ONLY_KEPT) == "only" and compiled_for() in dict(BASELINES.values()):
        raise ComponentError(
            f"the kernel {name} is not compiled in this image for {types}.",
            "Let a sample of component.yaml reach it, or name the signature: @kernel(signatures=[...]).",
        )
    _log.debug("compiling %s for %s", name, types)


@lru_cache(maxsize=64)
def _stamp(source: Path) -> str:
    """The text of the file, or of all files of a folder ``kernels``: a change of a callee must discard its callers."""
    files = sorted(source.parent.glob("*.py")) if source.parent.name == "kernels" else [source]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
