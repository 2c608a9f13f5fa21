"""``clean`` as plainly as it can be said, row by row: what the kernels are compared with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from machiya_preprocess.settings import Rules
from machiya_preprocess.times import NAT


@dataclass(frozen=True)
class Event:
    """A row of a log. ``user``, ``item`` and ``kind`` are None where they are missing; so is ``micros`` of no time, and
    it is ``NAT`` of a time that cannot be read.
    """

    user: str | None
    item: str | None
    kind: str | None
    micros: int | None


@dataclass(frozen=True)
class Expected:
    """The reason of each row that is left out; (weight, events, time) of each pair; and two of the metrics."""

    reasons: Mapping[int, str]
    pairs: Mapping[tuple[str, str], tuple[float, int, int]]
    machines: int
    rounds: int


@dataclass
class _Rows:
    events: Sequence[Event]
    reasons: dict[int, str] = field(default_factory=dict)

    def kept(self) -> list[int]:
        return [row for row in range(len(self.events)) if row not in self.reasons]

    def reject(self, reason: str, broken: Callable[[Event], bool]) -> None:
        self.reasons.update({row: reason for row in self.kept() if broken(self.events[row])})


def clean(events: Sequence[Event], known: set[str] | None, rules: Rules) -> Expected | None:
    """All rules in their order; None where nothing is left."""
    rows = _Rows(events)
    rows.reject("missing-value", lambda event: None in (event.user, event.item, event.kind, event.micros))
    rows.reject("bad-time", lambda event: event.micros == NAT)
    rows.reject("ignored-event", lambda event: rules.weights[str(event.kind)] == 0)
    if not rows.kept():
        return None
    first, last = rules.window.bounds(max(_micros(events[row]) for row in rows.kept()))
    rows.reject("outside-window", lambda event: not first <= _micros(event) <= last)
    machines = {event.user for event in events if _is_machine([events[row] for row in rows.kept()], event.user, rules)}
    rows.reject("machine-traffic", lambda event: event.user in machines)
    rows.reasons.update(dict.fromkeys(_repeats(rows, rules.repeat_span), "duplicate"))
    rows.reject("unknown-item", lambda event: known is not None and event.item not in known)
    rounds = _reject_below_minimum(rows, rules)
    return Expected(rows.reasons, _pairs(rows, rules, last), len(machines), rounds) if rows.kept() else None


def _micros(event: Event) -> int:
    assert event.micros is not None
    return event.micros


def _is_machine(events: Sequence[Event], user: str | None, rules: Rules) -> bool:
    times = [_micros(event) for event in events if event.user == user]
    return any(
        sum(start <= time < start + rule.span for time in times) > rule.most
        for rule in rules.traffic
        for start in times
    )


def _repeats(rows: _Rows, span: int) -> list[int]:
    """Rows at most ``span`` after another of the same user, item and kind, or at its time and later in the log."""
    found = []
    for row in rows.kept():
        event = rows.events[row]
        for other in rows.kept():
            same = (event.user, event.item, event.kind) == (
                (before := rows.events[other]).user,
                before.item,
                before.kind,
            )
            later = (_micros(event), row) > (_micros(before), other)
            if same and later and _micros(event) - _micros(before) <= span:
                found.append(row)
                break
    return found


def _reject_below_minimum(rows: _Rows, rules: Rules) -> int:
    for rounds in range(len(rows.events) + 1):
        pairs = {(rows.events[row].user, rows.events[row].item) for row in rows.kept()}
        items_of, users_of = Counter(user for user, _ in pairs), Counter(item for _, item in pairs)
        before = len(rows.reasons)
        weak_users = {user for user, count in items_of.items() if count < rules.min_user_items}
        weak_items = {item for item, count in users_of.items() if count < rules.min_item_users}
        rows.reasons.update(
            {
                row: "below-minimum"
                for row in rows.kept()
                if rows.events[row].user in weak_users or rows.events[row].item in weak_items
            }
        )
        if len(rows.reasons) == before:
            return rounds
    raise AssertionError("each round takes something away")


def _pairs(rows: _Rows, rules: Rules, last: int) -> dict[tuple[str, str], tuple[float, int, int]]:
    gathered: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for row in rows.kept():
        event = rows.events[row]
        gathered[str(event.user), str(event.item)].append(event)

    def weight(event: Event) -> float:
        age = (_micros(event) - last) / rules.half_life if rules.half_life else 0.0
        return rules.weights[str(event.kind)] * float(2.0**age)

    return {
        pair: (sum(map(weight, events)), len(events), max(map(_micros, events)))
        for pair, events in sorted(gathered.items(), key=lambda entry: tuple(name.encode() for name in entry[0]))
    }
