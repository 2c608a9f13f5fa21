"""Arrow arrays as the NumPy arrays that kernels take. Nothing is copied where Arrow stores it the same way."""

from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

_ALL = np.empty(0, dtype=np.bool_)


def text_buffers(text: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Offsets, int32, shape (rows + 1,), and the bytes of all texts: row r is ``bytes[offsets[r]:offsets[r + 1]]``."""
    _, offsets, data = text.buffers()
    if not len(text):
        return _read_only(np.zeros(1, dtype=np.int32)), _read_only(np.empty(0, dtype=np.uint8))
    places = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    letters = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, dtype=np.uint8)
    return _read_only(places), _read_only(letters)


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Some of Arrow's arrays may be written to and some not: kernels are compiled for one kind."""
    array.flags.writeable = False
    return array


def present(array: pa.Array) -> NDArray[np.bool_]:
    """Which rows are not null, shape (rows,); shape (0,) if all are."""
    if not array.null_count:
        return _ALL
    mask: NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return mask
