"""Numbers for texts that come again and again: the ids of items, and sources."""

import numpy as np
import pyarrow as pa
from machiya_component import DataError
from numpy.typing import NDArray

UNKNOWN = -1


class Vocabulary:
    """Numbers texts from 0, in the order in which rows name them, however the rows are divided or encoded."""

    def __init__(self, column: str, limit: int) -> None:
        """`column` is named where there are more than `limit` different texts."""
        self.texts: list[str] = []
        self._column, self._limit = column, limit
        self._numbers: dict[str, int] = {}
        self._dictionary: pa.Array | None = None
        self._known: NDArray[np.int64] = np.empty(0, np.int64)

    def numbers(self, column: pa.DictionaryArray) -> NDArray[np.uint32]:
        """The number of each row's text: (rows,). Row groups of one dictionary, as one writer makes them, are fast.

        Raises:
            DataError: there are more different texts than can be numbered.
        """
        if self._dictionary is None or not self._dictionary.equals(column.dictionary):
            texts = column.dictionary.to_pylist()
            self._known = np.array([self._numbers.get(text, UNKNOWN) for text in texts], np.int64)
            self._dictionary = column.dictionary
        place = np.asarray(column.indices)
        found = self._known[place]
        if found.min(initial=0) == UNKNOWN:
            self._add(place[found == UNKNOWN])
            found = self._known[place]
        numbers: NDArray[np.uint32] = found.astype(np.uint32)
        return numbers

    def _add(self, places: NDArray[np.integer]) -> None:
        """Number the texts at these places of the dictionary, in this order."""
        assert self._dictionary is not None
        different, first = np.unique(places, return_index=True)
        for place in different[np.argsort(first)].tolist():
            text = self._dictionary[place].as_py()
            self._known[place] = self._numbers.setdefault(text, len(self.texts))
            if self._known[place] == len(self.texts):
                self.texts.append(text)
        if len(self.texts) > self._limit:
            raise DataError(
                f"recommendations.{self._column} has more than {self._limit:,} different values.",
                "Look at the step that made the table.",
            )
