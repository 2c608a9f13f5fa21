"""What is remembered of the last good runs: a small JSON file for each table that is watched."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from machiya_component.errors import DataError

Statistics = Mapping[str, Mapping[str, Any]]
"""Of a table by column, as ``table_statistics`` gives them."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Snapshot(_Part):
    """The statistics of one table in one run. ``started`` is when the run began (ISO 8601); empty if nobody said."""

    run: str = ""
    started: str = ""
    digest: str = ""
    rows: int
    columns: dict[str, dict[str, Any]]

    def has_the_data_of(self, other: "Snapshot") -> bool:
        """Whether both tables have the same content; not where the digest of one is not known."""
        return bool(self.digest) and self.digest == other.digest


class History(_Part):
    """The last good runs of one table, the newest first."""

    api_version: Literal["machiya/v1"] = Field(default="machiya/v1", alias="apiVersion")
    kind: Literal["History"] = "History"
    table: str = ""
    runs: tuple[Snapshot, ...] = ()

    def remembering(self, snapshot: Snapshot, keep: int) -> "History":
        """With one more run, of which the newest ``keep`` stay. A run that is there already is replaced: whoever
        remembers twice has remembered once.

        The same data is remembered once, too. As long as that of the newest run comes again, nothing changes: whoever
        runs a workflow on the data of today again and again does not push out the days before.
        """
        if self.runs and self.runs[0].has_the_data_of(snapshot):
            return self
        others = [one for one in self.runs if one.run != snapshot.run and not one.has_the_data_of(snapshot)]
        newest = sorted([*others, snapshot], key=lambda one: (one.started, one.run), reverse=True)
        return self.model_copy(update={"runs": tuple(newest[:keep])})

    def before(self, run: str) -> Sequence[Snapshot]:
        """The runs but this one: a run that is done again is not compared with itself."""
        return [one for one in self.runs if one.run != run]

    def to_text(self) -> str:
        """The file's text; equal histories give equal text."""
        return self.model_dump_json(by_alias=True) + "\n"


def read_history(text: str, name: str) -> History:
    """The history in a file's text; raises ``DataError`` that says what to do with a file that is none."""
    try:
        return History.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{name} is no history of machiya/v1: {'.'.join(map(str, first['loc']))}: {first['msg']}."
        raise DataError(message, "Delete the file: the history then begins anew.") from error
