"""The item table: what is known of each item besides what happened to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from machiya_component import DataError
from machiya_preprocess.columns import MISSING, Codes, as_text
from machiya_preprocess.encoder import encode
from machiya_preprocess.files import read_columns
from machiya_preprocess.settings import CatalogueLayout
from machiya_preprocess.vocabulary import refuse_unseen

COLUMNS = ("item_id", "title", "category")


@dataclass(frozen=True)
class Catalogue:
    """One row for each item, sorted by ``item_id``: that column, ``title``, ``category``, then the others as they were.

    ``without_id`` rows named no item; ``replaced`` rows were followed by another of the same item, which counts.
    """

    table: pa.Table
    without_id: int
    replaced: int


def read_catalogue(paths: Sequence[Path], layout: CatalogueLayout, known: Collection[str]) -> Catalogue:
    """Read the files of an item table.

    ``known`` are the categories that may be there; none at all means that any may. Raises ``DataError`` for files that
    cannot be read or do not go together, missing columns, unknown categories and a table without rows.
    """
    table = _joined([(path, _read_one(path, layout)) for path in paths])
    ids = encode(table["item_id"])
    if known:
        where = f"column {layout.category_column!r} of the item table"
        refuse_unseen(encode(table["category"]), known, where, "allow_categories")
    last = np.full(len(ids.values), MISSING, dtype=np.int64)
    named = np.flatnonzero(ids.codes != MISSING)
    last[ids.codes[named]] = named  # of several rows with one id the last assignment stays
    if not len(last):
        raise DataError("the item table names no item.", "Look at the step that writes it, or leave the input out.")
    return Catalogue(_plain(table.take(last)), table.num_rows - len(named), len(named) - len(last))


def _read_one(path: Path, layout: CatalogueLayout) -> pa.Table:
    """One file with its columns renamed, and nulls for a column that no parameter names.

    Another column that has one of the three names would be mistaken for the named one, so it is left out.
    """
    table = read_columns(path, None, layout.form)
    sources = dict(zip(COLUMNS, (layout.id_column, layout.title_column, layout.category_column), strict=True))
    columns = {target: _text(path, table, source) for target, source in sources.items()}
    others = [name for name in table.column_names if name not in sources.values() and name not in COLUMNS]
    return pa.table(columns | {name: table[name] for name in others})


def _text(path: Path, table: pa.Table, name: str) -> pa.ChunkedArray:
    if not name:
        return as_text(pa.chunked_array([pa.nulls(table.num_rows, pa.string())]))
    if table.column_names.count(name) != 1:
        raise DataError(
            f"{path.name} has no column {name!r}; its columns are: {', '.join(table.column_names)[:300]}.",
            "Name the columns of the item table with --item_id_column, --title_column and --category_column.",
        )
    try:
        return as_text(table[name])
    except TypeError as error:
        raise DataError(f"column {name!r} of {path.name} {error}.", "Ids, titles and categories are text.") from error


def _joined(tables: Sequence[tuple[Path, pa.Table]]) -> pa.Table:
    try:
        return pa.concat_tables([table for _, table in tables], promote_options="default").unify_dictionaries()
    except pa.ArrowException as error:
        names = ", ".join(path.name for path, _ in tables)
        raise DataError(
            f"the files of the item table do not go together ({names}): {error}.", "Give them one form."
        ) from error


def _plain(table: pa.Table) -> pa.Table:
    """Dictionary-encoded text -> text, and empty text -> null, in the three columns that have a meaning here."""
    for index, name in enumerate(COLUMNS):
        text = table[name].cast(pa.string())
        table = table.set_column(index, name, pc.if_else(pc.equal(text, ""), None, text))
    return table


def items_table(catalogue: Catalogue | None, used: pa.Array) -> pa.Table:
    """The items of the catalogue and those used, sorted by ``item_id``. Of the used ones it lacks there is only the id.

    ``used``: string array, unique and sorted.
    """
    if catalogue is None:
        nulls = pa.nulls(len(used), pa.string())
        return pa.table({"item_id": used, "title": nulls, "category": nulls})
    strangers = used.filter(pc.invert(is_known(used, catalogue)))
    if not len(strangers):
        return catalogue.table
    table = pa.concat_tables([catalogue.table, pa.table({"item_id": strangers})], promote_options="default")
    return table.sort_by("item_id")


def is_known(ids: pa.Array, catalogue: Catalogue) -> pa.Array:
    """Which of the ids the catalogue has."""
    return pc.is_in(ids, value_set=catalogue.table["item_id"])


def known_codes(item: Codes, catalogue: Catalogue) -> NDArray[np.bool_]:
    """For each distinct item of a log whether the catalogue has it; shape (distinct,)."""
    known: NDArray[np.bool_] = is_known(item.values, catalogue).to_numpy(zero_copy_only=False)
    return known
