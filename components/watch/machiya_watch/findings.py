"""What a comparison found, as the file that `gate` reads; and what an operator lets through."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from machiya_component.errors import DataError
from machiya_component.watch.compare import Change, Comparison
from machiya_component.watch.thresholds import Level

from machiya_watch.files import read_text

FINDINGS = "findings.json"
WORDS: dict[Level, str] = {"error": "error", "warn": "warning"}


@dataclass(frozen=True)
class Findings:
    """Every measure of one table, judged."""

    table: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: str, comparison: Comparison) -> "Findings":
        """What a comparison found in a table."""
        return cls(table, comparison.changes, comparison.notes)

    def of_level(self, level: Level) -> list[Change]:
        """The warnings, or the errors."""
        return [change for change in self.changes if change.level == level]

    def name(self, change: Change) -> str:
        """What lets a change through: ``items.category.newValues``."""
        return f"{self.table}.{change.id}"

    def lines(self) -> list[str]:
        """One for each error, warning and note."""
        levels: tuple[Level, ...] = ("error", "warn")
        found = [f"{WORDS[level]}: {self.table}.{change}" for level in levels for change in self.of_level(level)]
        return found + [f"note: {self.table}: {note}" for note in self.notes]

    def warnings(self) -> list[str]:
        """What people are told when the run has ended, errors first: one may have been let through, or tolerated."""
        errors = [f"{self.table}.{change} (an error by its limits)" for change in self.of_level("error")]
        return errors + [f"{self.table}.{change}" for change in self.of_level("warn")]

    def accepted(self, accept: str) -> list[str]:
        """The errors that a list with commas lets through: by their names, or those of their columns or tables."""
        wanted = names_in(accept)
        names = [self.name(change) for change in self.of_level("error")]
        return [name for name in names if any(name == one or name.startswith(f"{one}.") for one in wanted)]

    def refuse(self, accepted: Sequence[str]) -> None:
        """Raise ``DataError`` if there are errors that are not accepted."""
        left = [change for change in self.of_level("error") if self.name(change) not in accepted]
        if left:
            more = f" (and {len(left) - 1} more, listed above)" if len(left) > 1 else ""
            names = ",".join([*accepted, *map(self.name, left)])
            remedy = f"Correct the data; or, if it is right, run it again with -p accept={names}"
            raise DataError(f"{self.table}.{left[0]}{more}.", remedy)

    def metrics(self, rows: int) -> dict[str, float]:
        """How much was found, and the stability index of each column."""
        found = {"rows": rows, "warnings": len(self.of_level("warn")), "errors": len(self.of_level("error"))}
        return found | {f"psi.{one.column}": one.value for one in self.changes if one.measure == "psi"}

    def write(self, folder: Path) -> None:
        """Write ``findings.json``."""
        changes = [asdict(change) for change in self.changes]
        data = {"table": self.table, "changes": changes, "notes": self.notes, "warnings": self.warnings()}
        (folder / FINDINGS).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def names_in(text: str) -> list[str]:
    """The names in a list with commas."""
    return [one.strip() for one in text.split(",") if one.strip()]


def read_findings(folder: Path) -> Findings:
    """What `compare` wrote; raises ``DataError`` where it is something else."""
    remedy = "Wire the output findings of compare."
    text = read_text(folder, FINDINGS, remedy)
    known = {field.name for field in fields(Change)}
    try:
        data = json.loads(text)
        changes = [Change(**{key: value for key, value in one.items() if key in known}) for one in data["changes"]]
        return Findings(str(data["table"]), tuple(changes), tuple(data["notes"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"findings: {FINDINGS} is not what compare writes.", remedy) from error
