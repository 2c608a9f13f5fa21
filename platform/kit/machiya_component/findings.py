"""A finding is a value: what is wrong, where, by which rule, and what would be right. Others print it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    ``where`` names the place inside the file (``operations.train.parameters.factors``) or the column of a table;
    ``remedy`` says what to do or shows an example of what is right.
    """

    rule: str
    message: str
    remedy: str = ""
    where: str = ""
    file: str = ""
    line: int | None = None

    def place(self) -> str:
        """``file:line`` as editors and terminals link it, as far as it is known."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place(), self.rule, self.where) if part)
        return f"{head}: {self.message}" + (f" {self.remedy}" if self.remedy else "")

    def to_json(self) -> dict[str, object]:
        """The finding as a JSON object."""
        return asdict(self)


def summarize(findings: Sequence[Finding]) -> str:
    """The first finding in one sentence, and how many more there are."""
    first = findings[0]
    text = f"{first.where}: {first.message}" if first.where else first.message
    more = len(findings) - 1
    return text + (f" (and {more} more, listed above)" if more else "")
