"""A table of interactions that is divided: ids as codes and times in memory, about 20 bytes a row; its other columns
stay in the files, and are read again when its rows are written.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from machiya_preprocess.columns import MISSING, Codes
from machiya_preprocess.encoder import Encoder
from machiya_preprocess.times import Micros, to_micros
from machiya_preprocess.verdict import SLICE

USER, ITEM, TIME = "user_id", "item_id", "time"
_TEXTS = (pa.string(), pa.large_string())


@dataclass(frozen=True)
class Interactions:
    """Rows by user, then item.

    ``user``, ``item``: their codes; ``micros``, int64, shape (rows,). ``order``: the rows of the files in this order,
    int64, shape (rows,); None if they are stored in it.
    """

    files: Sequence[Path]
    user: Codes
    item: Codes
    micros: Micros
    order: NDArray[np.int64] | None

    @cached_property
    def schema(self) -> pa.Schema:
        """All columns, in the order of the files."""
        stored = pq.read_schema(self.files[0])
        fields = [pa.field(one.name, one.type.value_type) if _is_coded_id(one) else one for one in stored]
        return pa.schema(fields, stored.metadata)

    @cached_property
    def _keeps_types(self) -> bool:
        """Whether Parquet's own types tell those of all columns. Beside dictionaries of ids there is nothing else."""
        file, schema = io.BytesIO(), self.schema.remove_metadata()
        pq.write_metadata(schema, file, store_schema=False)
        return bool(pq.read_schema(file).equals(schema))

    def coded(self) -> Iterator[pa.Table]:
        """All columns of all rows, with codes in place of ids, in tables of at most ``SLICE`` rows."""
        begin, names = 0, self.schema.names
        for batch in self._others([name for name in names if name not in (USER, ITEM)]):
            rows = slice(begin, begin + len(batch))
            ids = {USER: pa.array(self.user.codes[rows]), ITEM: pa.array(self.item.codes[rows])}
            yield pa.table([ids[name] if name in ids else batch.column(name) for name in names], names)
            begin += len(batch)

    def _others(self, names: list[str]) -> Iterator[pa.RecordBatch | pa.Table]:
        if self.order is None:
            yield from _batches(self.files, names)
            return
        table = pa.Table.from_batches(_batches(self.files, names)).combine_chunks()
        for begin in range(0, len(table), SLICE):
            yield table.take(pa.array(self.order[begin : begin + SLICE])).combine_chunks()

    def named(self, coded: pa.Table) -> pa.Table:
        """Some rows of ``coded`` with their ids: as dictionaries, unless columns would lose their types by it."""
        for name, column in ((USER, self.user), (ITEM, self.item)):
            place = self.schema.get_field_index(name)
            ids = column.named(coded[name].combine_chunks().to_numpy())
            coded = coded.set_column(place, name, ids if self._keeps_types else ids.cast(self.schema.field(name).type))
        return coded


def _is_coded_id(field: pa.Field) -> bool:
    return field.name in (USER, ITEM) and pa.types.is_dictionary(field.type)


def read_interactions(files: Sequence[Path]) -> Interactions:
    """Codes and times of a table's Parquet parts, with the columns ``user_id``, ``item_id``, ``time``."""
    count = sum(pq.read_metadata(path).num_rows for path in files)
    users, items = Encoder(), Encoder()
    user, item, micros = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int64)
    begin = 0
    for batch in _batches(files, [USER, ITEM, TIME]):
        rows = slice(begin, begin + len(batch))
        user[rows] = users.add(pa.chunked_array([batch.column(USER)]))
        item[rows] = items.add(pa.chunked_array([batch.column(ITEM)]))
        micros[rows] = to_micros(pa.chunked_array([batch.column(TIME)]), "iso", "UTC")
        begin += len(batch)
    return _sorted(Interactions(files, _with_empty(users.finish(user)), _with_empty(items.finish(item)), micros, None))


def _with_empty(column: Codes) -> Codes:
    """Empty text is an id here: the first, as it sorts."""
    if not (column.codes == MISSING).any():
        return column
    return Codes(column.codes + np.int32(1), pa.concat_arrays([pa.array([""]), column.values]))


def _sorted(found: Interactions) -> Interactions:
    user, item = found.user.codes, found.item.codes
    same = user[1:] == user[:-1]
    if not ((user[1:] < user[:-1]) | (same & (item[1:] < item[:-1]))).any():
        return found
    order = np.lexsort((item, user))
    users, items = (Codes(column.codes[order], column.values) for column in (found.user, found.item))
    return Interactions(found.files, users, items, found.micros[order], order)


def _batches(files: Sequence[Path], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of all parts; texts among the ids as dictionaries, as they are stored."""
    for path in files:
        schema = pq.read_schema(path)
        texts = [name for name in columns if name in (USER, ITEM) and schema.field(name).type in _TEXTS]
        with pq.ParquetFile(path, read_dictionary=texts, memory_map=True) as part:
            yield from part.iter_batches(SLICE, columns=columns)
