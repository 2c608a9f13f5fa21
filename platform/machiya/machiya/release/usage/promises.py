"""What a port promises against what another asks for: the differences that let rows, columns or files be refused."""

from machiya.release.contracts import Difference
from machiya.release.contracts import Place as ContractPlace
from machiya.release.contracts.tables import schema_differences
from machiya_component.contract.model import Port

_FAMILIES = {
    "enum.narrowed": "enum",
    "enum.widened": "enum",
    "constraint.narrowed": "constraint",
    "constraint.widened": "constraint",
    "constraint.changed": "constraint",
    "columns.opened": "columns.closed",
}
"""Rules of two directions that speak of the same."""

_SEEN_BY_READERS = {
    "column.removed": "column.added",
    "column.added": "column.removed",
    "empty.allowed": "empty.refused",
}
"""Of outputs: a column that goes is one that readers lack, and the other way round."""

_WHOLE = ("schema.added", "schema.removed", "type.changed", "type.major")
"""Rules that speak of a port as a whole: whatever is asked for and not promised counts."""


def unmet(promised: Port, asked: Port) -> list[Difference]:
    """What `asked` (an input) needs that `promised` (an output) does not give."""
    place = ContractPlace("", "input", asked.name)
    if not asked.type.accepts(promised.type):
        message = f"takes {asked.type}, not {promised.type}"
        return [Difference("type.changed", place, str(promised.type), str(asked.type), "callers", "major", message)]
    found = [one for one in _tables(place, promised, asked) if one.breaks == "callers"]
    if promised.allow_empty and not asked.allow_empty:
        message = "may not be without rows"
        found.append(Difference("empty.refused", place, True, False, "callers", "major", message))
    return found


def _tables(place: ContractPlace, promised: Port, asked: Port) -> list[Difference]:
    if asked.type.kind != "table":
        return []
    return list(schema_differences(place, promised.table_schema, asked.table_schema))


def newly_unmet(difference: Difference, before: list[Difference], after: list[Difference]) -> list[Difference]:
    """Of what is not met after a change, that which the difference is about, and which was met before."""
    known = {_subject(one) for one in before}
    return [one for one in after if _subject(one) not in known and _concerns(difference, one)]


def _subject(difference: Difference) -> tuple[str, str, str]:
    keyword = difference.message.partition(":")[0] if difference.rule.startswith("constraint.") else ""
    return _family(difference.rule), difference.place.column, keyword


def _concerns(difference: Difference, one: Difference) -> bool:
    if difference.rule in _WHOLE or one.rule in ("schema.added", "type.changed"):
        return True
    rule = (
        _SEEN_BY_READERS.get(difference.rule, difference.rule) if difference.place.side == "output" else difference.rule
    )
    return (_family(rule), difference.place.column) == (_family(one.rule), one.place.column)


def _family(rule: str) -> str:
    return _FAMILIES.get(rule, rule)
