"""What a caller wants of ``clean``, as values that have been checked. The defaults are in component.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from machiya_component import ArgumentsError
from machiya_preprocess.files import CsvFormat
from machiya_preprocess.times import DAY, NAT, SECOND, is_zone, to_micros


@dataclass(frozen=True)
class LogLayout:
    """Where the event log keeps what. An empty ``event_column`` means that every row is a view."""

    user_column: str
    item_column: str
    event_column: str
    time_column: str
    time_format: str
    time_zone: str
    form: CsvFormat

    def __post_init__(self) -> None:
        names = [name for name in (self.user_column, self.item_column, self.event_column, self.time_column) if name]
        if len(set(names)) < len(names):
            raise ArgumentsError(
                f"user_column, item_column, event_column and time_column name one column twice: {', '.join(names)}.",
                "Give each its own column.",
            )
        if not is_zone(self.time_zone):
            raise ArgumentsError(
                f"time_zone {self.time_zone!r} is not known.",
                "Give a name such as Asia/Tokyo or an offset such as +09:00.",
            )
        check_encoding(self.form.encoding)


@dataclass(frozen=True)
class CatalogueLayout:
    """Where the item table keeps what. An empty ``title_column`` or ``category_column`` means that there is none."""

    id_column: str
    title_column: str
    category_column: str
    form: CsvFormat

    def __post_init__(self) -> None:
        names = [name for name in (self.id_column, self.title_column, self.category_column) if name]
        if len(set(names)) < len(names):
            raise ArgumentsError(
                f"item_id_column, title_column and category_column name one column twice: {', '.join(names)}.",
                "Give each its own column.",
            )
        check_encoding(self.form.encoding)


@dataclass(frozen=True)
class Window:
    """The times that count: from ``start`` to before ``end``, of these the ``last`` microseconds.

    ``NAT`` stands for an open side, and 0 for no such limit.
    """

    start: int
    end: int
    last: int

    def bounds(self, latest: int) -> tuple[int, int]:
        """(first, last) microsecond that counts, for a log whose latest event is at ``latest``."""
        final = latest if self.end == NAT else self.end - 1
        return max(self.start, final - self.last + 1 if self.last else NAT), final


@dataclass(frozen=True)
class TrafficRule:
    """More than ``most`` events of one user within less than ``span`` microseconds are not a person's."""

    most: int
    span: int


@dataclass(frozen=True)
class Rules:
    """What is kept of a log. Spans are in microseconds; ``repeat_span`` below 0 and ``half_life`` 0 are no rule."""

    weights: Mapping[str, float]
    window: Window
    traffic: Sequence[TrafficRule]
    repeat_span: int
    keep_unknown_items: bool
    min_user_items: int
    min_item_users: int
    half_life: int
    max_unreadable_share: float


def micros_of(seconds: float) -> int:
    """Seconds as whole microseconds; a span below 0 stays below 0."""
    return round(seconds * SECOND)


def check_encoding(encoding: str) -> None:
    """Raise ``ArgumentsError`` for an encoding that is not known."""
    try:
        "".encode(encoding)
    except LookupError:
        raise ArgumentsError(f"encoding {encoding!r} is not known.", "Examples: utf-8, cp932, euc-jp.") from None


def weights_of(event_weights: Mapping[str, float], allow_events: Sequence[str]) -> dict[str, float]:
    """The events that are known, and what one of each counts; an allowed event counts 1 unless it has a weight."""
    return dict.fromkeys(allow_events, 1.0) | {event: float(weight) for event, weight in event_weights.items()}


def window_of(window_from: str, window_to: str, window_days: float, zone: str) -> Window:
    """The three parameters of the window as one value."""
    start, end = _moment("window_from", window_from, zone), _moment("window_to", window_to, zone)
    if NAT not in (start, end) and start >= end:
        raise ArgumentsError(
            f"window_from {window_from!r} is not before window_to {window_to!r}.",
            "window_to is the first time left out.",
        )
    return Window(start, end, micros_of(window_days * 86_400))


def _moment(parameter: str, text: str, zone: str) -> int:
    if not text:
        return NAT
    micros = int(to_micros(pa.chunked_array([[text]]), "iso", zone)[0])
    if micros == NAT:
        raise ArgumentsError(
            f"{parameter} {text!r} is not a time.", "Example: 2026-11-01 or 2026-11-01T09:00:00+09:00."
        )
    return micros


def traffic_rules(per_hour: int, per_day: int, burst_events: int, burst_seconds: float) -> tuple[TrafficRule, ...]:
    """The rules whose number of events is not 0."""
    rules = (
        TrafficRule(per_hour, 3600 * SECOND),
        TrafficRule(per_day, DAY),
        TrafficRule(burst_events, micros_of(burst_seconds)),
    )
    return tuple(rule for rule in rules if rule.most)
