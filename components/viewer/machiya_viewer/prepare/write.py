"""Writes a view: one pass over all tables in spans of users, then what is known only at the end."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from machiya_viewer.prepare.codes import ItemCodes
from machiya_viewer.prepare.facts import facts_of, head_of
from machiya_viewer.prepare.history import History, history_of, latest_first
from machiya_viewer.prepare.items import ItemRows, catalogue_of
from machiya_viewer.prepare.lists import in_order, lists_of
from machiya_viewer.prepare.orders import orders_of
from machiya_viewer.prepare.parquet import GroupWriter
from machiya_viewer.prepare.people import Span, people_of
from machiya_viewer.prepare.pseudonyms import renaming
from machiya_viewer.prepare.quality import Faults
from machiya_viewer.prepare.sources import Options, Sources
from machiya_viewer.prepare.spans import Spans
from machiya_viewer.prepare.tables import CHANGES, INTERACTIONS, LISTS
from machiya_viewer.prepare.totals import Totals
from machiya_viewer.view import model
from machiya_viewer.view.texts import dump

ROWS, USER_ROWS, ITEM_ROWS, ORDER_ROWS = 20_000, 2_000, 2_000, 50_000
"""Rows of a row group: of lists and histories, of users, of items, of orders. A page decodes one group of each."""


def write_view(sources: Sources, options: Options, folder: Path, scratch: Path) -> None:
    """Fill ``folder`` (it exists) with a view. ``scratch`` is an empty folder for tables that come in no order.

    Memory holds one span of users, and a few numbers per user and per item. The same sources and options give the same
    bytes.
    """
    catalogue = catalogue_of(sources.items)
    codes = ItemCodes(catalogue["item_id"])
    faults = [Faults(index, table.has("score")) for index, table in enumerate(sources.lists)]
    totals = Totals(codes, faults, _rows(sources.interactions.files))
    with ExitStack() as stack:
        outputs = _Outputs(stack, folder, len(sources.lists))
        for span, history, people in _spans(sources, options, codes, scratch):
            outputs.write(span, history, people)
            totals.add(span, history, people)
    _write_items(folder, codes, catalogue, totals)
    orders = orders_of(totals.keys())
    with GroupWriter(folder / model.ORDERS, ORDER_ROWS, different=orders.columns) as writer:
        writer.write(orders)
    (folder / model.FACTS).write_bytes(dump(facts_of(sources, totals, codes.ids, catalogue)))
    (folder / model.HEAD).write_bytes(dump(head_of(sources, options, totals)))


class _Outputs:
    """The files that grow span by span."""

    def __init__(self, stack: ExitStack, folder: Path, versions: int) -> None:
        def opened(name: str, rows: int, different: Sequence[str] = ()) -> GroupWriter:
            return stack.enter_context(GroupWriter(folder / name, rows, "user_id", different))

        self._lists = [opened(model.recommendations_file(index), ROWS) for index in range(versions)]
        self._history, self._users = opened(model.HISTORY, ROWS), opened(model.USERS, USER_ROWS, ["user_id"])

    def write(self, span: Span, history: History, people: pl.DataFrame) -> None:
        """Append a span."""
        for writer, lists in zip(self._lists, span.lists, strict=True):
            writer.write(lists.frame)
        self._history.write(history.kept())
        self._users.write(people.drop("shuffle"))


def _spans(
    sources: Sources, options: Options, codes: ItemCodes, scratch: Path
) -> Iterator[tuple[Span, History, pl.DataFrame]]:
    """Every span of users: its lists, its history, and its rows of users.parquet."""
    tables = [*((table, LISTS) for table in sources.lists), (sources.interactions, INTERACTIONS)]
    if sources.user_changes is not None:
        tables.append((sources.user_changes, CHANGES))
    rename = renaming(options.pseudonym_key) if options.pseudonym_key else None
    told = tuple(table.has("source") for table in sources.lists)
    versions = len(sources.lists)
    for frames in Spans(tables, scratch, rename):
        lists, past = [in_order(frame) for frame in frames[:versions]], latest_first(frames[versions])
        span, history = _numbered(lists, past, codes)
        changes = frames[versions + 1] if sources.user_changes is not None else None
        yield span, history, people_of(span, told, changes, len(codes), options.k)


def _numbered(lists: Sequence[pl.DataFrame], past: pl.DataFrame, codes: ItemCodes) -> tuple[Span, History]:
    users = pl.concat([frame["user_id"].unique() for frame in (*lists, past)]).unique().sort()
    # New items get their numbers first: pairs of user and item are told apart by how many items there are.
    for frame in (*lists, past):
        codes.encode(frame["item_id"].unique())
    history = history_of(past, users, codes)
    listed = tuple(lists_of(frame, users, codes) for frame in lists)
    return Span(users, listed, history.lengths(len(users))), history


def _write_items(folder: Path, codes: ItemCodes, catalogue: pl.DataFrame, totals: Totals) -> None:
    rows = ItemRows(codes, catalogue, totals.audience(), totals.exposures, totals.ids(), totals.baskets)
    with GroupWriter(folder / model.ITEMS, ITEM_ROWS, "item_id", ["item_id", "title", "url", "folded"]) as writer:
        for chunk in rows.chunks():
            writer.write(chunk)


def _rows(files: Sequence[Path]) -> int:
    return sum(pq.read_metadata(file).num_rows for file in files)
