"""Values never seen before. New events and categories change what a model learns, so a person decides on them."""

import json
import shlex
from collections.abc import Collection, Sequence

import numpy as np

from machiya_component import DataError
from machiya_preprocess.columns import MISSING, Codes

SHOWN = 5
LISTED = 20

_ELSE = {
    "allow_events": "say with --event_weights what each of them counts (--event_column '': every row is a view)",
    "allow_categories": "switch the check off with --known_categories '[]'",
}


def refuse_unseen(column: Codes, known: Collection[str], where: str, parameter: str) -> None:
    """Raise ``DataError`` if the column holds values that are not known: which, how often, where first, and what would
    allow them.

    ``where`` names the column in the message; ``parameter`` is the one that lets new values through.
    """
    counts = np.bincount(column.codes[column.codes != MISSING], minlength=len(column.values))
    unseen = [code for code, value in enumerate(column.values.to_pylist()) if value not in known]
    if not unseen:
        return
    unseen.sort(key=lambda code: (-counts[code], code))
    named = [_describe(column, code, int(counts[code])) for code in unseen[:SHOWN]]
    more = f", and {len(unseen) - SHOWN} more" if len(unseen) > SHOWN else ""
    values = "a value" if len(unseen) == 1 else f"{len(unseen)} values"
    message = f"{where} holds {values} never seen before: {', '.join(named)}{more}."
    raise DataError(message, f"Check the data; if they are meant to be there, {_way_out(column, unseen, parameter)}.")


def _way_out(column: Codes, unseen: Sequence[int], parameter: str) -> str:
    """What lets the values through, ready to be pasted while they are few."""
    if len(unseen) > LISTED:
        return f"allow them with --{parameter}, or {_ELSE[parameter]}"
    allowed = json.dumps([column.values[code].as_py() for code in unseen], ensure_ascii=False)
    return f"allow them with --{parameter} {shlex.quote(allowed)}, or {_ELSE[parameter]}"


def _describe(column: Codes, code: int, count: int) -> str:
    first = int(np.argmax(column.codes == code))
    rows = "row" if count == 1 else "rows"
    return f"{column.values[code].as_py()!r} ({count:,} {rows}, first in row {first:,})"
