"""Histograms of numbers whose bins are the same for all data, so that any two can be compared and added up.

The bins are those of OpenTelemetry's exponential histograms (opentelemetry.io/docs/specs/otel/metrics/data-model):
the bin ``i`` of the scale ``s`` holds magnitudes from ``2**(i / 2**s)`` up to ``2**((i + 1) / 2**s)``, here with the
lower end in it; negative numbers have bins of their own, zero too. The scale is the finest with at most ``BINS`` bins a
side. Two bins of a scale are one of the next coarser scale, so histograms of different scales are brought together
exactly.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BINS = 64
FINEST, COARSEST = 20, -10
CLOSE_TOGETHER = 1 << 16
"""Whole numbers below this are counted one by one."""
_LARGEST = 1023.999
"""The logarithm of the greatest number there is, a little less."""


class Side(BaseModel):
    """The bins of the numbers of one sign: ``counts[0]`` belongs to the bin ``first``.

    As JSON the counts are one text, ``"12 0 5"``: a sidecar is indented, and would have a line for each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int
    counts: tuple[int, ...]

    @field_validator("counts", mode="before")
    @classmethod
    def _read(cls, counts: Any) -> Any:
        return tuple(map(int, counts.split())) if isinstance(counts, str) else counts

    @field_serializer("counts", when_used="json")
    def _write(self, counts: tuple[int, ...]) -> str:
        return " ".join(map(str, counts))

    def coarser(self, steps: int) -> "Side":
        """The same numbers in bins of a scale that is coarser by so many steps."""
        first = self.first >> steps
        counts = [0] * (((self.first + len(self.counts) - 1) >> steps) - first + 1)
        for place, count in enumerate(self.counts, self.first):
            counts[(place >> steps) - first] += count
        return Side(first=first, counts=tuple(counts))


class Histogram(BaseModel):
    """Counts of finite numbers by bin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: int
    zero: int = 0
    negative: Side | None = None
    positive: Side | None = None

    def coarser(self, scale: int) -> "Histogram":
        """The same numbers at a scale that is at most this one's."""
        steps = self.scale - scale
        negative = self.negative and self.negative.coarser(steps)
        return Histogram(
            scale=scale, zero=self.zero, negative=negative, positive=self.positive and self.positive.coarser(steps)
        )

    def bins(self) -> dict[tuple[int, int], int]:
        """Counts by (sign, bin) in the order of the numbers; the bins of negative numbers are counted backwards."""
        found: dict[tuple[int, int], int] = {}
        if self.negative:
            numbered = list(enumerate(self.negative.counts, self.negative.first))
            found |= {(-1, -place): count for place, count in reversed(numbered) if count}
        if self.zero:
            found[0, 0] = self.zero
        if self.positive:
            found |= {
                (1, place): count for place, count in enumerate(self.positive.counts, self.positive.first) if count
            }
        return found

    def edges(self, key: tuple[int, int]) -> tuple[float, float]:
        """The numbers between which a bin of `bins()` lies."""
        sign, place = key
        if sign == 0:
            return 0.0, 0.0
        first = place if sign > 0 else -place
        low, high = (2.0 ** min(one / 2.0**self.scale, _LARGEST) for one in (first, first + 1))
        return (low, high) if sign > 0 else (-high, -low)


def histogram_of(chunks: "Iterable[npt.NDArray[np.number]]") -> Histogram:
    """The histogram of finite numbers, in chunks of shape (rows,). How they are cut makes no difference."""
    return merged([_of_chunk(chunk) for chunk in chunks])


def _of_chunk(values: "npt.NDArray[np.number]") -> Histogram:
    import numpy as np

    different, counts = _grouped(values)
    floats = different.astype(np.float64, copy=False)
    sides = [_logs(floats, counts, sign) for sign in (-1, 1)]
    zero = len(values) - sum(len(logs) if weights is None else int(weights.sum()) for logs, weights in sides)
    scale = min((_scale(float(logs.min()), float(logs.max())) for logs, _ in sides if len(logs)), default=FINEST)
    negative, positive = (_side(logs, weights, scale) if len(logs) else None for logs, weights in sides)
    return Histogram(scale=scale, zero=zero, negative=negative, positive=positive)


def _grouped(values: "npt.NDArray[np.number]") -> "tuple[npt.NDArray[np.number], npt.NDArray[np.int64] | None]":
    """Different values and how often each stands there, if they are whole numbers close together; else (values, None).

    Most numbers of a log are counts, and logarithms of twenty different ones are faster than of as many million.
    """
    import numpy as np

    if not len(values):
        return values, None
    least, most = values.min().item(), values.max().item()
    if most - least >= CLOSE_TOGETHER or max(-least, most) >= CLOSE_TOGETHER:
        return values, None
    whole = values.astype(np.int64)
    if values.dtype.kind == "f" and not np.array_equal(whole, values):
        return values, None
    counts = np.bincount(whole - int(least))
    places = np.flatnonzero(counts)
    return places + int(least), counts[places]


def _logs(
    values: "npt.NDArray[np.float64]", counts: "npt.NDArray[np.int64] | None", sign: int
) -> "tuple[npt.NDArray[np.float64], npt.NDArray[np.int64] | None]":
    """Logarithms of the magnitudes of the numbers of one sign, and how often each stands there."""
    import numpy as np

    of_sign = values < 0 if sign < 0 else values > 0
    return np.log2(np.abs(values[of_sign])), None if counts is None else counts[of_sign]


def _scale(low: float, high: float) -> int:
    """The finest scale at which magnitudes between these logarithms take at most ``BINS`` bins."""
    for scale in range(FINEST, COARSEST, -1):
        if (high * 2.0**scale) // 1 - (low * 2.0**scale) // 1 < BINS:
            return scale
    return COARSEST


def _side(logs: "npt.NDArray[np.float64]", weights: "npt.NDArray[np.int64] | None", scale: int) -> Side:
    import numpy as np

    places = np.floor(logs * 2.0**scale).astype(np.int64)
    first = int(places.min())
    counts = np.bincount(places - first, weights)
    return Side(first=first, counts=tuple(counts.astype(np.int64).tolist()))


def merged(histograms: Sequence[Histogram]) -> Histogram:
    """The histogram of all their numbers together: at the coarsest of their scales, or coarser where they are many."""
    scale = min((one.scale for one in histograms), default=FINEST)
    level = [one.coarser(scale) for one in histograms]
    sides = [[one.negative for one in level if one.negative], [one.positive for one in level if one.positive]]
    # Before they are added: bins of a fine scale that are far apart have very many between them.
    steps = max(map(_steps, sides))
    negative, positive = (_added([one.coarser(steps) for one in side]) for side in sides)
    zero = sum(one.zero for one in histograms)
    return Histogram(scale=scale - steps, zero=zero, negative=negative, positive=positive)


def _steps(sides: Sequence[Side]) -> int:
    """By how many steps these must become coarser to take at most ``BINS`` bins together."""
    if not sides:
        return 0
    first = min(side.first for side in sides)
    last = max(side.first + len(side.counts) - 1 for side in sides)
    steps = 0
    while (last >> steps) - (first >> steps) >= BINS:
        steps += 1
    return steps


def _added(sides: list[Side]) -> Side | None:
    if not sides:
        return None
    first = min(side.first for side in sides)
    counts = [0] * (max(side.first + len(side.counts) for side in sides) - first)
    for side in sides:
        for place, count in enumerate(side.counts, side.first - first):
            counts[place] += count
    return Side(first=first, counts=tuple(counts))
