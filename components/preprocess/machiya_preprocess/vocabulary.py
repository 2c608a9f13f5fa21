"""Values never seen before. New events and categories change what a model learns, so a person decides on them."""

import json
from collections.abc import Collection

import numpy as np

from machiya_component import DataError
from machiya_preprocess.columns import MISSING, Codes

SHOWN = 5


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
    allowed = json.dumps([column.values[code].as_py() for code in unseen[:SHOWN]], ensure_ascii=False)
    raise DataError(
        f"{where} holds {values} never seen before: {', '.join(named)}{more}.",
        f"Check the data; if they are meant to be there, allow them with --{parameter} '{allowed}'.",
    )


def _describe(column: Codes, code: int, count: int) -> str:
    first = int(np.argmax(column.codes == code))
    rows = "row" if count == 1 else "rows"
    return f"{column.values[code].as_py()!r} ({count:,} {rows}, first in row {first:,})"
