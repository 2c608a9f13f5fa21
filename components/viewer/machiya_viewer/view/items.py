"""Questions about items: labels, search, and who gets one."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from machiya_viewer.records import Item, ItemRow
from machiya_viewer.view.files import Files
from machiya_viewer.view.folding import fold, sound
from machiya_viewer.view.lru import Lru
from machiya_viewer.view.model import ITEMS
from machiya_viewer.view.sorted_file import SortedFile

LABELS = ("item_id", "title", "category", "known", "url", "lang")
KEPT_GROUPS = 64
"""Row groups of labels (some megabytes together) that are kept: the same items are on many pages."""


@dataclass(frozen=True)
class _Labels:
    """A row group of labels: the ids, sorted, as texts that are compared fast; and the rows."""

    ids: list[str]
    rows: pa.Table

    def place(self, item_id: str) -> int | None:
        """The row of an item; None where it is not here."""
        place = bisect_left(self.ids, item_id)
        return place if place < len(self.ids) and self.ids[place] == item_id else None

    def item(self, place: int) -> Item:
        """The item of a row."""
        return Item(**{name: self.rows[name][place].as_py() for name in LABELS})


class Items:
    """``items.parquet`` of one view with so many versions."""

    def __init__(self, files: Files, versions: int) -> None:
        columns = dict.fromkeys(("item_id", "title", "category", "url", "lang", "folded"), "text")
        columns |= {"known": "flag", "audience": "integer", "similar": "list"}
        for index in range(versions):
            columns |= {f"exposure_{index}": "integer", f"ranks_{index}": "list", f"receivers_{index}": "list"}
        self._versions = versions
        self.file = SortedFile(files, ITEMS, "item_id", columns)
        self._labels: Lru[_Labels] = Lru(KEPT_GROUPS)

    def labels(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Each of these items; an id that the view lacks is marked as not known."""
        found = {item_id: Item(item_id, known=False) for item_id in ids}
        for group, wanted in self.file.places_of(found).items():
            labels = self._group(group)
            for item_id in wanted:
                place = labels.place(item_id)
                if place is not None:
                    found[item_id] = labels.item(place)
        return found

    def row(self, item_id: str) -> ItemRow | None:
        """One item and who gets it."""
        columns = ["audience", "similar"]
        for index in range(self._versions):
            columns += [f"exposure_{index}", f"ranks_{index}", f"receivers_{index}"]
        for group in self.file.groups_with(item_id):
            labels = self._group(group)
            place = labels.place(item_id)
            if place is not None:
                return self._row(labels.item(place), self.file.read([group], columns), place)
        return None

    def matching(self, text: str, limit: int) -> list[Item]:
        """Items whose id is the text, then those whose folded title holds it, by exposure in the last version."""
        exact = [item for item in self.labels([text]).values() if self._has(item.item_id)]
        holds = pc.indices_nonzero(pc.match_substring(self.file.column("folded"), fold(sound(text)))).to_numpy()
        exposure = self.file.column(f"exposure_{self._versions - 1}").to_numpy()
        best = holds[np.argsort(-exposure[holds], kind="stable")][: limit + 1]
        titled = [item for item in self._at(best) if item.item_id != text]
        return [*exact, *titled][:limit]

    def most_exposed(self, limit: int, version: int) -> list[ItemRow]:
        """The items that most users get in a version, without receivers, ranks, and similar ones."""
        columns = [self.file.column(f"exposure_{index}").to_numpy() for index in range(self._versions)]
        own = columns[version]
        best = _largest(own, limit)
        audience = self.file.column("audience").to_numpy()
        return [
            ItemRow(item, int(audience[place]), tuple(int(one[place]) for one in columns), (), ())
            for item, place in zip(self._at(best), best, strict=True)
        ]

    def _has(self, item_id: str) -> bool:
        return any(self._group(group).place(item_id) is not None for group in self.file.groups_with(item_id))

    def _at(self, rows: "np.ndarray[Any, np.dtype[np.int64]]") -> list[Item]:
        found = []
        for row in rows.tolist():
            group = self.file.group_of(row)
            found.append(self._group(group).item(row - self.file.starts[group]))
        return found

    def _group(self, group: int) -> _Labels:
        def read() -> _Labels:
            rows = self.file.read([group], LABELS).combine_chunks()
            return _Labels(rows["item_id"].to_pylist(), rows)

        return self._labels.get(group, read)

    def _row(self, item: Item, table: pa.Table, place: int) -> ItemRow:
        row: dict[str, Any] = {name: table[name][place].as_py() for name in table.column_names}
        versions = range(self._versions)
        return ItemRow(
            item=item,
            audience=row["audience"],
            exposure=tuple(row[f"exposure_{index}"] for index in versions),
            ranks=tuple(tuple(row[f"ranks_{index}"]) for index in versions),
            receivers=tuple(
                tuple((one["user_id"], one["rank"]) for one in row[f"receivers_{index}"]) for index in versions
            ),
            similar=tuple(row["similar"]),
        )


def _largest(values: "np.ndarray[Any, np.dtype[np.int64]]", limit: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The places of the largest values above 0, the largest first, ties in their order."""
    if len(values) > limit:
        places = np.flatnonzero(values >= np.partition(values, len(values) - limit)[len(values) - limit])
    else:
        places = np.arange(len(values))
    places = places[values[places] > 0]
    return places[np.argsort(-values[places], kind="stable")][:limit]
