"""The types of arrays used here, and what is done with them everywhere."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]


def count(codes: Integers, size: int) -> Integers:
    """How often each of 0 ... size-1 is in `codes`: int64, shape (size,)."""
    return np.bincount(codes, minlength=size).astype(np.int64, copy=False)


def divide(numerator: Floats | Integers, denominator: Floats | Integers) -> Floats:
    """Element by element, shape of both: float64; NaN where the denominator is not above 0."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
