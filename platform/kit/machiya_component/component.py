"""A component written in Python: its contract, and the functions that do its operations."""

import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar, overload

from machiya_component.contract import CONTRACT_FILE, Contract
from machiya_component.errors import BindingError

F = TypeVar("F", bound=Callable[..., None])


class Component:
    """Made once in a component's package: ``component = Component(__package__)``.

    ``component.yaml`` is looked for in the package (an installed wheel), then in the folder above it (a source tree).
    """

    def __init__(self, package: str | None = None, home: Path | None = None) -> None:
        self.home = home or _home_of(package or "__main__")
        self.functions: dict[str, Callable[..., None]] = {}

    @cached_property
    def contract(self) -> Contract:
        """The completed contract; raises ``ContractError`` where it is not valid."""
        from machiya_component.contract.kept import load_kept_contract

        return load_kept_contract(self.home / CONTRACT_FILE)

    @overload
    def operation(self, function: F) -> F: ...

    @overload
    def operation(self, function: str) -> Callable[[F], F]: ...

    def operation(self, function: F | str) -> F | Callable[[F], F]:
        """Register the function of an operation: its name with ``-`` for ``_``, or the name given."""
        if isinstance(function, str):
            return lambda decorated: self._register(function, decorated)
        return self._register(function.__name__.replace("_", "-"), function)

    def _register(self, name: str, function: F) -> F:
        self.functions[name] = function
        return function

    def check(self) -> None:
        """Raise ``BindingError`` where functions and contract disagree."""
        from machiya_component.binding import check_bindings

        check_bindings(self.contract, self.functions)


def _home_of(package: str) -> Path:
    file = getattr(sys.modules.get(package), "__file__", None)
    folder = Path(file).parent if file else Path.cwd()
    for home in (folder, folder.parent):
        if (home / CONTRACT_FILE).exists():
            return home
    message = f"there is no {CONTRACT_FILE} in {folder} or in {folder.parent}."
    raise BindingError(message, "Keep it beside the package, and force-include it in the wheel (see pyproject.toml).")
