"""From two sets of recommendations to one: each user's rows whole from one side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_experiment.arrays import Booleans
from machiya_experiment.assignment import Assignment, assign
from machiya_experiment.errors import InputError
from machiya_experiment.merging import merged
from machiya_experiment.sides import Piece, Rows, Side, pieces, scan

MARKS = (pa.field("variant", pa.string(), nullable=False), pa.field("served", pa.string(), nullable=False))
"""The columns that a split adds."""


@dataclass(frozen=True)
class Split:
    """A split that is decided, its rows not yet read.

    Attributes:
        control: The side in use.
        candidate: The other side; None if it cannot be used.
        problem: Why it cannot be used; empty if it can.
        assignment: Who belongs where.
        names: What control and candidate are called.
    """

    control: Side
    candidate: Side | None
    problem: str
    assignment: Assignment
    names: tuple[str, str]

    @property
    def schema(self) -> pa.Schema:
        """The columns of the result: the control's, those that only the candidate has, and the marks.

        A side of which no row is taken gives no column.
        """
        return pa.schema([*self._columns(), *MARKS])

    def rows(self) -> Iterator[pa.Table]:
        """The result piece by piece, sorted by user; memory does not grow with it where the sides are sorted."""
        columns = self._columns()
        streams = [pieces(side, self.assignment.users, served, columns) for side, served in self._parts()]
        for piece in streams[0] if len(streams) == 1 else merged(*streams):
            yield self._marked(piece)

    def assignment_table(self) -> pa.Table:
        """One row for each user: where the user belongs, the bucket, and whose rows the user is served."""
        found = self.assignment
        return pa.table(
            {
                "user_id": found.users.cast(pa.string()),
                "variant": self._named(found.candidate),
                "bucket": found.bucket,
                "served": self._named(found.served),
            }
        )

    def metrics(self) -> dict[str, float]:
        """Users of each kind, and the share that came about."""
        found = self.assignment
        return {
            "users": len(found.users),
            "users_control": int(np.count_nonzero(~found.candidate)),
            "users_candidate": int(np.count_nonzero(found.candidate)),
            "users_served_control": int(np.count_nonzero(~found.served)),
            "users_served_candidate": int(np.count_nonzero(found.served)),
            "users_served_by_other_side": int(np.count_nonzero(found.candidate != found.served)),
            "users_lost": len(self.control.users) - _known(self.control, found),
            "candidate_available": int(self.candidate is not None),
            "candidate_share": float(found.candidate.mean()),
        }

    def warnings(self) -> list[str]:
        """What whoever looks at the run should know; the worst last."""
        numbers = self.metrics()
        told = []
        if moved := numbers["users_served_by_other_side"]:
            told.append(f"{moved:,} users are missing on the side they belong to and have the rows of the other.")
        if lost := numbers["users_lost"]:
            told.append(
                f"{lost:,} users of the control have no rows, for the candidate lacks them and has every share."
            )
        if self.problem:
            told.append(f"every user has the rows of the control, because {self.problem}.")
        return told

    def _parts(self) -> list[tuple[Side, Booleans]]:
        """The sides of which rows are taken, and who is served them."""
        served = self.assignment.served
        parts = [(self.control, ~served)]
        if self.candidate is not None:
            parts.append((self.candidate, served))
        return [(side, users) for side, users in parts if users.any()]

    def _columns(self) -> pa.Schema:
        return _common(*(side.schema for side, _ in self._parts()))

    def _marked(self, piece: Piece) -> pa.Table:
        rows = piece.rows
        for mark, candidate in zip(MARKS, (self.assignment.candidate, self.assignment.served), strict=True):
            rows = rows.append_column(mark, self._named(candidate[piece.user]))
        return rows

    def _named(self, candidate: Booleans) -> pa.Array:
        return pa.array(self.names, pa.string()).take(pa.array(candidate.astype(np.int8)))


def split(control: Rows, candidate: Rows | None, share: float, salt: str, names: tuple[str, str]) -> Split:
    """Decide who gets what.

    A side without a share takes no part, so that share 0 is the control and share 1 the candidate, and nothing else.
    A candidate that is absent or of no use is one without a share.

    Raises:
        InputError: The control is itself the result of a split.
    """
    base = scan(control)
    if marked := _marks(base):
        raise InputError(
            f"control has a column {marked!r} already: it is the result of a split.",
            "Split what the recommender made, or rename the column.",
        )
    other, problem = _usable(candidate, base)
    if other is None:
        return Split(base, None, problem, assign(base.users, None, 0.0, salt), names)
    assignment = assign(base.users if share < 1 else None, other.users if share > 0 else None, share, salt)
    return Split(base, other, "", assignment, names)


def _usable(candidate: Rows | None, control: Side) -> tuple[Side | None, str]:
    """The candidate, or why it cannot be used: production does not stop because of that."""
    if candidate is None:
        return None, "there is no candidate"
    side = scan(candidate)
    if not len(side.users):
        return None, "the candidate has no rows"
    if marked := _marks(side):
        return None, f"the candidate has a column {marked!r}, which a split adds"
    try:
        _common(control.schema, side.schema)
    except pa.ArrowTypeError as error:
        return None, f"a column of the candidate is of another type than the control's ({error})"
    return side, ""


def _known(side: Side, assignment: Assignment) -> int:
    return int(pc.is_in(side.users, value_set=assignment.users).true_count)


def _marks(side: Side) -> str:
    """The first column that a split adds and this side has already; empty if there is none."""
    return next((mark.name for mark in MARKS if mark.name in side.schema.names), "")


def _common(*schemas: pa.Schema) -> pa.Schema:
    """All columns, with types that hold both sides' values. Raises ``ArrowTypeError`` where there are none."""
    return pa.unify_schemas([_plain(schema) for schema in schemas], promote_options="permissive")


def _plain(schema: pa.Schema) -> pa.Schema:
    """The columns with strings in the one usual encoding: that differs by who wrote the file, not by meaning."""
    return pa.schema([pa.field(column.name, _decoded(column.type)) for column in schema])


def _decoded(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(type_):
        return _decoded(type_.value_type)
    return pa.string() if pa.types.is_large_string(type_) or pa.types.is_string_view(type_) else type_
