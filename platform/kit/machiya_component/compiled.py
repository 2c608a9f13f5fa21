"""Compiled kernels: ``kernel`` over Numba, with the machine code kept beside the source, in the image.

``machiya_component.kept_code`` says where that code is kept, ``machiya_component.precompile`` fills it when an image is
built. Numba is a dependency of the component that has kernels; the kit imports it only when a kernel is defined.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kernel:
    """A kernel that was defined: Numba's dispatcher, and the signatures it is compiled for without being called."""

    dispatcher: Any
    signatures: tuple[str, ...]

    @property
    def name(self) -> str:
        """Module and function."""
        return f"{self.dispatcher.py_func.__module__}.{self.dispatcher.py_func.__qualname__}"

    def compile_declared(self) -> None:
        """Compile the declared signatures, or load them where they are kept."""
        from numba.core.sigutils import normalize_signature

        for signature in self.signatures:
            types, _ = normalize_signature(signature)  # type: ignore[no-untyped-call]
            self.dispatcher.compile(types)

    def is_kept(self) -> bool:
        """Whether there is compiled code of it, beside its source or (``inline="always"``) within its callers."""
        return bool(self.dispatcher.targetoptions.get("inline") == "always" or self.dispatcher._cache.holds_any())


_KERNELS: list[Kernel] = []


def kernels() -> list[Kernel]:
    """All kernels of the modules imported so far."""
    return list(_KERNELS)


@overload
def kernel(function: Function, /) -> Function: ...


@overload
def kernel(
    *, signatures: Sequence[str] = (), fastmath: bool | set[str] = False, **options: Any
) -> Callable[[Function], Function]: ...


def kernel(
    function: Function | None = None,
    /,
    *,
    signatures: Sequence[str] = (),
    fastmath: bool | set[str] = False,
    **options: Any,
) -> Function | Callable[[Function], Function]:
    """Compile a function with Numba on its first call, without the GIL, and keep the code: ``@kernel``.

    ``fastmath`` and further options (``error_model``, ``inline``, ...) are those of ``numba.njit``. Hand in arrays of
    always the same types: each combination is compiled, and kept, on its own. An image holds those that its samples
    call; ``signatures`` (``"(float32[:, ::1], int64)"``) names those that no sample reaches.

    Kernels that call one another belong into one folder ``kernels``: a change of any of its files discards what was
    compiled of all of them (Numba alone watches only the file of the outermost function).
    """

    def compiled(function: Function) -> Function:
        from machiya_component.kept_code import compile_kept

        dispatcher = compile_kept(function, nogil=True, fastmath=fastmath, **options)
        if dispatcher is not function:
            _KERNELS.append(Kernel(dispatcher, tuple(signatures)))
        kept: Function = dispatcher
        return kept

    return compiled if function is None else compiled(function)
