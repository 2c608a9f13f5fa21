"""Times that are written as numbers."""

import numpy as np
from numpy.typing import NDArray

from machiya_component.compiled import kernel

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Micros = NDArray[np.int64]
Offsets = NDArray[np.int32]

MOST_DIGITS = 18
_ZERO, _NINE, _MINUS = 48, 57, 45


# ``text_buffers`` gives arrays that cannot be written to.
@kernel(signatures=["(Array(int32, 1, 'C', True), Array(uint8, 1, 'C', True), boolean[::1], int64[::1], boolean[::1])"])
def whole_numbers(offsets: Offsets, data: Bytes, present: Bools, numbers: Micros, read: Bools) -> bool:
    """Texts (as Arrow stores them, ``present`` empty: none is null) that are whole numbers of at most 18 digits, with a
    minus or without: fills ``numbers`` and ``read``, shape (n,); ``read`` is false for all other texts.

    Returns whether all texts are whole numbers, written as a computer would: without zeros before them.
    """
    plain = True
    for row in range(len(numbers)):
        begin, end = offsets[row], offsets[row + 1]
        negative = begin < end and data[begin] == _MINUS
        first = begin + 1 if negative else begin
        number, good = 0, 0 < end - first <= MOST_DIGITS and not (len(present) and not present[row])
        if good:
            for place in range(first, end):
                good = good and _ZERO <= data[place] <= _NINE
                number = number * 10 + (data[place] - _ZERO)
        numbers[row] = -number if negative else number
        read[row] = good
        plain = plain and good and (data[first] != _ZERO or (end - first == 1 and not negative))
    return plain
