"""The types of arrays used here, and sums over groups."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]


def count(codes: Integers, size: int) -> Integers:
    """How often each of 0 ... size-1 is in `codes`: int64, shape (size,)."""
    return np.bincount(codes, minlength=size).astype(np.int64, copy=False)


def total(codes: Integers, values: Floats, size: int) -> Floats:
    """Sum of the values of each of 0 ... size-1: float64, shape (size,); 0 where there are none."""
    return np.bincount(codes, values, size).astype(np.float64, copy=False)


def divide(numerator: Floats | Integers, denominator: Floats | Integers) -> Floats:
    """Element by element, shape of both: float64; NaN where the denominator is not above 0."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
