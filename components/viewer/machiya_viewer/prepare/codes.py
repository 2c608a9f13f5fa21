"""Items as numbers, so that counting is array arithmetic."""

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int64]


class ItemCodes:
    """Numbers for item ids: first those of the item table (in the order of ids), then others as they are met."""

    def __init__(self, known: pl.Series) -> None:
        self.ids = known.drop_nulls().unique().sort()
        self.known = len(self.ids)
        self._kind = pl.Enum(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def encode(self, items: pl.Series) -> Codes:
        """The number of each item."""
        found = items.cast(self._kind, strict=False)
        if found.null_count():
            self._learn(items.filter(found.is_null()))
            found = items.cast(self._kind)
        return found.to_physical().to_numpy().astype(np.int64)

    def _learn(self, items: pl.Series) -> None:
        self.ids = pl.concat([self.ids, items.unique().sort()])
        self._kind = pl.Enum(self.ids)


def grown(array: npt.NDArray[np.uint32], size: int) -> npt.NDArray[np.uint32]:
    """The array with zeros behind it, at least this long; half as much again is added, so that growing is rare."""
    if len(array) >= size:
        return array
    return np.concatenate([array, np.zeros(max(size, len(array) * 3 // 2) - len(array), np.uint32)])
