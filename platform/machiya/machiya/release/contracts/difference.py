"""One difference between two contracts: a value. How it is judged for one workflow, and printed, is others' job."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Breaks = Literal["callers", "readers", "nobody"]
"""Who may have to change something: those who give an operation parameters and inputs, those who read its outputs."""
Change = Literal["major", "minor", "patch"]
"""The least step of the version that says so."""
Side = Literal["parameter", "input", "output", "secret"]

_PLURALS: dict[Side, str] = {"parameter": "parameters", "input": "inputs", "output": "outputs", "secret": "secrets"}


@dataclass(frozen=True)
class Place:
    """Where in a contract: an operation (empty: the component itself), what of it, and the column of a table.

    ``side`` and ``name`` go together: ``input`` and the port, ``parameter`` and the parameter, and so on.
    """

    operation: str = ""
    side: Side | None = None
    name: str = ""
    column: str = ""

    def __str__(self) -> str:
        """``train.inputs.interactions.weight``; ``contract`` for the component itself."""
        parts = [self.operation, _PLURALS[self.side] if self.side else "", self.name, self.column]
        return ".".join(part for part in parts if part) or "contract"


@dataclass(frozen=True)
class Difference:
    """What is another in the newer contract.

    ``before`` and ``after`` are values as they stand in ``component.yaml``; None where there is none. ``breaks`` says
    who may have to change something if they use it, ``change`` the least step of the version.
    """

    rule: str
    place: Place
    before: Any
    after: Any
    breaks: Breaks
    change: Change
    message: str

    @property
    def is_breaking(self) -> bool:
        """Whether somebody who relies on what was there may have to change something."""
        return self.breaks != "nobody"

    def to_json(self) -> dict[str, Any]:
        """The difference as a JSON object; ``where`` is the place as one text."""
        return {**asdict(self), "where": str(self.place)}

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}: {self.message}"
