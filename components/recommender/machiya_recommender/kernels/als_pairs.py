"""What alternating least squares does with the stored pairs of one row: the passes in which it spends its time.

y: (pairs, K) float32, the fixed factors of the row's pairs, gathered from all over the other side into one place.
extra: (pairs,) float32, how much the confidence of each pair is above 1, that of a pair that is not stored.
All arrays are C-contiguous. The loops over K are those that become vector registers; eight pairs share one, so
that what they have in common is loaded once. (Indices that do not begin at 0 are unsigned: with a sign, Numba asks of
each whether it counts from the end, and nothing becomes a vector.)

Everything here is inlined by force into the kernel that calls it. Else a process that has just compiled a kernel, and
one that loads it, may call different copies of a function, compiled in different surroundings: other last bits.
"""

import numpy as np
from machiya_component.compiled import kernel
from numpy.typing import NDArray

SUMS = {"reassoc", "contract", "nsz", "arcp"}
"""How sums may be reordered to use vector registers. Infinity and NaN keep their meaning: they tell of divergence."""
TURNED = 272
"""How many pairs are turned into columns at a time. No multiple of 1024 numbers, which would all fall on one another in
the cache; 68 KiB at 64 factors."""


@kernel(forceinline=True)
def eights(size: int) -> int:
    """The next multiple of 8."""
    return (size + 7) // 8 * 8


@kernel(forceinline=True)
def aligned(size: int) -> NDArray[np.float32]:
    """(size,) float32, uninitialized, from the start of a cache line: vectors across two lines take twice as long."""
    memory = np.empty(size + 16, np.float32)
    skipped = (-memory.ctypes.data % 64) // 4
    return memory[skipped : skipped + size]


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def gather(
    fixed: NDArray[np.float32],
    indices: NDArray[np.integer],
    confidences: NDArray[np.float32],
    begin: int,
    size: int,
    y: NDArray[np.float32],
    extra: NDArray[np.float32],
) -> None:
    """Fill ``y`` and ``extra`` for ``size`` pairs from position ``begin`` on, and with zeros up to eights.

    fixed: (columns, K). indices, confidences: those of a CSR matrix.
    """
    factors = fixed.shape[1]
    for j in range(size):
        column = np.uint64(indices[begin + j])
        for f in range(factors):
            y[j, f] = fixed[column, f]
        extra[j] = confidences[begin + j] - np.float32(1)
    for j in range(size, eights(size)):
        y[j, :] = 0
        extra[j] = 0


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def add_pairs(
    y: NDArray[np.float32],
    size: int,
    extra: NDArray[np.float32],
    preference: np.float32,
    x: NDArray[np.float32],
    scores: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """scores_j = x.y_j, and out += sum_j (preference + extra_j (preference - x.y_j)) y_j; x, out: (K,)."""
    factors = len(x)
    for j in range(np.uint64(0), np.uint64(size), np.uint64(8)):
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0)
        for f in range(factors):
            s0 += y[j, f] * x[f]
            s1 += y[j + 1, f] * x[f]
            s2 += y[j + 2, f] * x[f]
            s3 += y[j + 3, f] * x[f]
            s4 += y[j + 4, f] * x[f]
            s5 += y[j + 5, f] * x[f]
            s6 += y[j + 6, f] * x[f]
            s7 += y[j + 7, f] * x[f]
        scores[j], scores[j + 1], scores[j + 2], scores[j + 3] = s0, s1, s2, s3
        scores[j + 4], scores[j + 5], scores[j + 6], scores[j + 7] = s4, s5, s6, s7
        s0 = preference + extra[j] * (preference - s0)
        s1 = preference + extra[j + 1] * (preference - s1)
        s2 = preference + extra[j + 2] * (preference - s2)
        s3 = preference + extra[j + 3] * (preference - s3)
        s4 = preference + extra[j + 4] * (preference - s4)
        s5 = preference + extra[j + 5] * (preference - s5)
        s6 = preference + extra[j + 6] * (preference - s6)
        s7 = preference + extra[j + 7] * (preference - s7)
        for f in range(factors):
            one = s0 * y[j, f] + s1 * y[j + 1, f] + s2 * y[j + 2, f] + s3 * y[j + 3, f]
            two = s4 * y[j + 4, f] + s5 * y[j + 5, f] + s6 * y[j + 6, f] + s7 * y[j + 7, f]
            out[f] += one + two


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def add_outer_products(
    y: NDArray[np.float32],
    size: int,
    extra: NDArray[np.float32],
    turned: NDArray[np.float32],
    weighted: NDArray[np.float32],
    out: NDArray[np.float32],
    right: NDArray[np.float32],
) -> None:
    """out += sum_j extra_j y_j y_j' (its upper triangle), and right += sum_j (1 + extra_j) y_j.

    turned, weighted: (eights of K, TURNED), room for pairs as columns. So each number of ``out`` is a sum along memory,
    and eight of them, 4 x 2, share what is loaded. Rows from K on must be 0.
    out: (eights of K, that or more). right: (K,).
    """
    factors = np.uint64(len(right))
    for start in range(0, size, TURNED):
        count = eights(min(TURNED, size - start))
        for j in range(count):
            for f in range(factors):
                turned[f, j] = y[start + j, f]
        for f in range(factors):
            for j in range(count):
                weighted[f, j] = extra[start + j] * turned[f, j]
            right[f] += _sum(weighted[f], count) + _sum(turned[f], count)
        for g in range(np.uint64(0), factors, np.uint64(4)):
            w0, w1, w2, w3 = weighted[g], weighted[g + 1], weighted[g + 2], weighted[g + 3]
            for f in range(g, factors, np.uint64(2)):
                one, two = turned[f], turned[f + 1]
                s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = np.float32(0)
                for j in range(count):
                    s0 += w0[j] * one[j]
                    s1 += w1[j] * one[j]
                    s2 += w2[j] * one[j]
                    s3 += w3[j] * one[j]
                    t0 += w0[j] * two[j]
                    t1 += w1[j] * two[j]
                    t2 += w2[j] * two[j]
                    t3 += w3[j] * two[j]
                out[g, f], out[g, f + 1] = out[g, f] + s0, out[g, f + 1] + t0
                out[g + 1, f], out[g + 1, f + 1] = out[g + 1, f] + s1, out[g + 1, f + 1] + t1
                out[g + 2, f], out[g + 2, f + 1] = out[g + 2, f] + s2, out[g + 2, f + 1] + t2
                out[g + 3, f], out[g + 3, f + 1] = out[g + 3, f] + s3, out[g + 3, f + 1] + t3


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def _sum(values: NDArray[np.float32], count: int) -> np.float32:
    total = np.float32(0)
    for j in range(count):
        total += values[j]
    return total


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> np.float32:
    """a.b of two vectors."""
    total = np.float32(0)
    for f in range(len(a)):
        total += a[f] * b[f]
    return total


@kernel(fastmath=SUMS, error_model="numpy", forceinline=True)
def error_of_pairs(extra: NDArray[np.float32], scores: NDArray[np.float32], size: int) -> float:
    """sum_j c_j (1 - s_j)^2 - s_j^2 with c_j = 1 + extra_j, in float64: what stored pairs add to sum_j s_j^2 of all."""
    total = 0.0
    for j in range(size):
        score, missing = np.float64(scores[j]), np.float64(np.float32(1) - scores[j])
        total += (1.0 + extra[j]) * missing * missing - score * score
    return total
