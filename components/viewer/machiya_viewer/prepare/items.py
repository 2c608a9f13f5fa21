"""The catalogue as it is written: one row an item, with who gets it and what is similar."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from machiya_viewer.prepare.codes import ItemCodes
from machiya_viewer.prepare.exposure import Exposure
from machiya_viewer.prepare.similar import Baskets
from machiya_viewer.prepare.tables import ITEMS, Table
from machiya_viewer.view.folding import fold

CHUNK = 100_000

Ints = npt.NDArray[np.int64]


def catalogue_of(table: Table) -> pl.DataFrame:
    """The item table by item_id, each id once (the first row counts)."""
    rows = table.read(ITEMS).drop_nulls("item_id")
    return rows.unique("item_id", keep="first", maintain_order=True).sort("item_id")


class ItemRows:
    """All items by id; each array has one entry per number of ``codes``."""

    def __init__(
        self,
        codes: ItemCodes,
        catalogue: pl.DataFrame,
        audience: npt.NDArray[np.uint32],
        exposures: list[Exposure],
        users: pl.Series,
        baskets: Baskets,
    ) -> None:
        self._codes, self._catalogue, self._audience = codes, catalogue, audience
        self._exposures, self._users = exposures, users
        self._order = codes.ids.arg_sort().to_numpy().astype(np.int64)
        places = np.empty_like(self._order)
        places[self._order] = np.arange(len(self._order))
        self._similar = baskets.similar(places)

    def chunks(self) -> Iterator[pa.Table]:
        """The rows in the order of ids; at least one chunk."""
        for first in range(0, max(1, len(self._order)), CHUNK):
            yield self._chunk(first, self._order[first : first + CHUNK])

    def _chunk(self, first: int, codes: Ints) -> pa.Table:
        ids = self._codes.ids.gather(codes)
        labels = pl.DataFrame({"item_id": ids}).join(self._catalogue, on="item_id", how="left", maintain_order="left")
        folded = [fold(title) if title is not None else None for title in labels["title"]]
        columns = {name: labels[name].to_arrow() for name in ITEMS}
        columns["known"] = pa.array(codes < self._codes.known)
        columns["folded"] = pa.array(folded, pa.large_string())
        columns["audience"] = pa.array(self._audience[codes].astype(np.int64))
        for index, exposure in enumerate(self._exposures):
            ranks = exposure.ranks()[codes]
            columns[f"exposure_{index}"] = pa.array(ranks.sum(axis=1, dtype=np.int64))
            columns[f"ranks_{index}"] = _lists(
                np.arange(len(codes) + 1) * ranks.shape[1], pa.array(ranks.ravel().astype(np.int32))
            )
            columns[f"receivers_{index}"] = self._receivers(exposure, codes)
        columns["similar"] = self._similar_to(np.arange(first, first + len(codes)))
        return pa.table(columns)

    def _receivers(self, exposure: Exposure, codes: Ints) -> pa.ListArray:
        best = exposure.receivers()
        starts = np.searchsorted(best[0], np.arange(len(self._codes) + 1, dtype=np.uint32))
        offsets, places = _gathered(starts, codes)
        users = self._users.gather(best[2][places]).to_arrow()
        ranks = pa.array(best[1][places].astype(np.int32))
        return _lists(offsets, pa.StructArray.from_arrays([users.cast(pa.large_string()), ranks], ["user_id", "rank"]))

    def _similar_to(self, rows: Ints) -> pa.ListArray:
        starts, items = self._similar
        offsets, places = _gathered(starts, rows)
        return _lists(offsets, self._codes.ids.gather(self._order[items[places]]).to_arrow())


def _gathered(starts: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """Where the entries of these items are (places), and where each begins among them (offsets)."""
    lengths = starts[codes + 1] - starts[codes]
    offsets = np.r_[0, np.cumsum(lengths)]
    return offsets, np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(starts[codes], lengths)


def _lists(offsets: Ints, values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)
