"""What a rule of the contract finds, before its line is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from machiya_component.contract.parse import KeyPath


@dataclass(frozen=True)
class Problem:
    """A finding before its line is known."""

    rule: str
    path: KeyPath
    message: str
    remedy: str


Rule = Callable[[dict[str, Any]], Iterator[Problem]]
"""Raw data -> what is wrong with it."""
