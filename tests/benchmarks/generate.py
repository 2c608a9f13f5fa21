"""Makes the reference log: `python tests/benchmarks/generate.py --scale 1 --output FOLDER [--string-ids] [--seed N]`.

At scale 1 it has the shape of MovieLens-20M: 138,000 people, 27,000 items, 20 million events. A person has at least 20
events, in the median 68, on average 144, at most 9,000; the popularity of items follows a Zipf-Mandelbrot law with a
long tail. Smaller scales have so many fewer people and events, and items by the square root, so that a person still
knows only a small part of the catalogue. They begin at 0.002.

Everybody has a taste: three of 25 groups of items take three quarters of a person's events, what is popular anyway
takes the rest, so a model that learns has something to find. 0.5 % of the rows are duplicates (the same event again
within seconds), and another 0.5 % come from a few machines, of which every second one works in bursts. Rows are sorted
by time.

`events.parquet` and `events.csv` hold the same rows: user_id, item_id, event (view, click, purchase) and time, whole
seconds, as timestamp[us] in Parquet and as seconds since 1970 in CSV. Same code, same seed, same rows.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

SEED = 20261122
PEOPLE, ITEMS, EVENTS = 138_000, 27_000, 20_000_000
FEWEST, MEDIAN, MOST = 20, 68, 9_000
"""Events of a person (MovieLens-20M; the mean follows from the number of events)."""
GROUPS = 25
SHARES = (0.40, 0.22, 0.13)
"""Share of a person's events in the three groups of their taste; the rest is general."""
EVENT_NAMES = ("view", "click", "purchase")
EVENT_SHARES = (0.80, 0.15, 0.05)
DUPLICATES = 0.005
MACHINES = 0.005
SESSION = 15
"""Events of one visit."""
START, DAYS = 1_735_689_600, 365
"""From 2025-01-01 on, in seconds since 1970."""
ROWS = 1 << 20
"""Rows that are written at once."""


@dataclass(frozen=True)
class Log:
    """Columns of equal length: codes of users and items from 0 (int32), of events (int8), seconds since 1970."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    events: NDArray[np.int8]
    seconds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """All four, in the order of the fields."""
        return self.users, self.items, self.events, self.seconds


@dataclass(frozen=True)
class Size:
    """How much of everything there is."""

    people: int
    items: int
    events: int
    machines: int
    machine_events: int
    duplicates: int

    @classmethod
    def at(cls, scale: float) -> "Size":
        """People and events in proportion, items by the square root."""
        events = round(EVENTS * scale)
        machines = max(2, round(20 * scale))
        return cls(
            people=round(PEOPLE * scale),
            items=round(ITEMS * scale**0.5),
            events=events,
            machines=machines,
            machine_events=round(events * MACHINES / machines),
            duplicates=round(events * DUPLICATES),
        )

    @property
    def of_people(self) -> int:
        """Events that people mean."""
        return self.events - self.duplicates - self.machines * self.machine_events


def make(scale: float, seed: int = SEED) -> Log:
    """The whole log in memory: 17 bytes a row, and up to four times as much on the way."""
    rng = np.random.default_rng(seed)
    size = Size.at(scale)
    counts = activity(rng, size)
    users = np.repeat(np.arange(size.people, dtype=np.int32), counts)
    items = tastes(rng, counts, size.items)
    kinds = np.searchsorted(np.cumsum(EVENT_SHARES)[:-1], rng.random(len(users)), side="right").astype(np.int8)
    people = Log(users, items, kinds, visits(rng, counts))
    parts = (people, repeated(rng, people, size.duplicates), machines(rng, size))
    return _by_time(Log(*(np.concatenate(column) for column in zip(*(part.columns for part in parts), strict=True))))


def activity(rng: np.random.Generator, size: Size) -> NDArray[np.int64]:
    """Events of each person: FEWEST and a log-normal excess, as wide as the total of all wants; the median stays."""
    normal = rng.standard_normal(size.people)
    most = min(MOST, max(size.items // 3, 2 * MEDIAN))

    def counts(width: float) -> NDArray[np.int64]:
        excess = (MEDIAN - FEWEST) * np.exp(width * normal)
        return np.minimum(FEWEST + excess.astype(np.int64), most)

    low, high = 0.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if counts(middle).sum() <= size.of_people else (low, middle)
    found = counts(low)
    missing = size.of_people - int(found.sum())
    if not 0 <= missing < size.people // 2:
        raise ValueError(f"No activity of {size.people} people makes {size.of_people} events; use a larger scale.")
    found[rng.choice(np.flatnonzero(found < most), missing, replace=False)] += 1
    return found


def popularity(items: int) -> NDArray[np.float64]:
    """Chance of each item, the most popular one first: Zipf-Mandelbrot, fitted to the ratings of MovieLens-20M.

    A small catalogue has a flatter head than its share, or people would see nothing but its favourites.
    """
    weight: NDArray[np.float64] = (np.arange(items) + 0.0155 * (items * ITEMS) ** 0.5) ** -2.1
    weight /= weight.sum()
    return weight


def group_starts(items: int) -> NDArray[np.int64]:
    """Where the items of each group begin, and where the last group ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(np.arange(items) % GROUPS, minlength=GROUPS))])


def tastes(rng: np.random.Generator, counts: NDArray[np.int64], items: int) -> NDArray[np.int32]:
    """The item of each event, person after person.

    The items of a group lie side by side, the popular ones anywhere in it, so a group is a range of the cumulated
    popularity, and everything is the whole range. An item that the person had already is drawn again, up to three
    times: few people watch only the favourites.
    """
    order = rng.permutation(items)
    order = order[np.argsort(order % GROUPS, kind="stable")]
    bounds = np.concatenate([[0.0], np.cumsum(popularity(items)[order])])
    edges = bounds[group_starts(items)]
    low, high = np.append(edges[:-1], 0.0), np.append(edges[1:], bounds[-1])
    liked = np.argsort(rng.random((len(counts), GROUPS)), axis=1)[:, : len(SHARES)].astype(np.int8)
    liked = np.hstack([liked, np.full((len(counts), 1), GROUPS, np.int8)])  # the last of the four: all items

    def draw(people: NDArray[np.int32]) -> NDArray[np.int32]:
        chosen = np.searchsorted(np.cumsum(SHARES), rng.random(len(people)), side="right")
        group = liked[people, chosen]
        at = low[group] + rng.random(len(people)) * (high[group] - low[group])
        place: NDArray[np.intp] = np.searchsorted(bounds, at, side="right") - 1
        return place.clip(0, items - 1).astype(np.int32)

    found = [_few_twice(draw, people, items) for people in _blocks(counts)]
    return np.concatenate(found)


def _blocks(counts: NDArray[np.int64]) -> Iterator[NDArray[np.int32]]:
    """The person of each event, about a million events at a time."""
    block = np.cumsum(counts) // ROWS
    for people in np.split(np.arange(len(counts), dtype=np.int32), np.flatnonzero(np.diff(block)) + 1):
        yield np.repeat(people, counts[people])


def _few_twice(
    draw: Callable[[NDArray[np.int32]], NDArray[np.int32]], people: NDArray[np.int32], items: int
) -> NDArray[np.int32]:
    """One item for each entry of `people`, which is sorted; repeats are drawn anew three times and then left."""
    found = draw(people)
    for _ in range(3):
        key = (people.astype(np.int64) * items + found) * len(people) + np.arange(len(people))
        key.sort()
        pair, place = np.divmod(key, len(people))
        again = place[1:][pair[1:] == pair[:-1]]
        found[again] = draw(people[again])
    return found


def visits(rng: np.random.Generator, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The second of each event: visits of up to SESSION events, 20 to 60 seconds apart, at any time of the year."""
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    first = within % SESSION == 0
    start = rng.integers(0, DAYS * 86_400 - SESSION * 60, int(first.sum()))
    pause = rng.integers(20, 61, len(within)) * ~first
    since = np.cumsum(pause)
    visit = np.cumsum(first) - 1
    seconds: NDArray[np.int64] = START + start[visit] + since - since[first][visit]
    return seconds


def repeated(rng: np.random.Generator, people: Log, count: int) -> Log:
    """The same events again, 0 to 3 seconds later."""
    chosen = rng.choice(len(people), count, replace=False)
    later = rng.integers(0, 4, count)
    users, items, events, seconds = (column[chosen] for column in people.columns)
    return Log(users, items, events, seconds + later)


def machines(rng: np.random.Generator, size: Size) -> Log:
    """Users after the last person, each at work once: every second second, or ten times in each."""
    count = size.machine_events
    start = START + rng.integers(0, (DAYS - 30) * 86_400, size.machines)
    step = np.arange(count)
    seconds = [start[number] + (step // 10 if number % 2 else 2 * step) for number in range(size.machines)]
    return Log(
        np.repeat(np.arange(size.people, size.people + size.machines, dtype=np.int32), count),
        rng.integers(0, size.items, size.machines * count).astype(np.int32),
        np.zeros(size.machines * count, np.int8),
        np.concatenate(seconds).astype(np.int64),
    )


def _by_time(log: Log) -> Log:
    """Sorted; rows of one second stay as they were. The row's number is in the key, so any sort gives the same."""
    bits = len(log).bit_length()
    key = (log.seconds - START << bits) | np.arange(len(log))
    key.sort()
    order = key & ((1 << bits) - 1)
    return Log(*(column[order] for column in log.columns))


def tables(log: Log, scale: float, *, string_ids: bool, seed: int = SEED) -> Iterator[pa.Table]:
    """The log as tables of ROWS rows. Ids say nothing about who is active or what is popular."""
    rng = np.random.default_rng([seed, 1])
    size = Size.at(scale)
    users = _ids(rng, size.people + size.machines, "u{:06d}", string_ids)
    items = _ids(rng, size.items, "i{:05d}", string_ids)
    names = pa.array(EVENT_NAMES)
    for start in range(0, len(log), ROWS):
        rows = slice(start, start + ROWS)
        yield pa.table(
            {
                "user_id": users.take(pa.array(log.users[rows])),
                "item_id": items.take(pa.array(log.items[rows])),
                "event": names.take(pa.array(log.events[rows])),
                "time": pa.array(log.seconds[rows] * 1_000_000, pa.timestamp("us")),
            }
        )


def _ids(rng: np.random.Generator, count: int, pattern: str, text: bool) -> pa.Array:
    """The id of each code: numbers from 1 on, in a random order."""
    numbers = rng.permutation(count) + 1
    return pa.array([pattern.format(number) for number in numbers.tolist()] if text else numbers)


def write(folder: Path, scale: float, *, string_ids: bool = False, seed: int = SEED) -> int:
    """Write `events.parquet` and `events.csv` into the folder, a part at a time; return the number of rows."""
    log = make(scale, seed)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        parquet = text = None
        for table in tables(log, scale, string_ids=string_ids, seed=seed):
            place = table.schema.get_field_index("time")
            plain = table.set_column(place, "time", table["time"].cast(pa.timestamp("s")).cast(pa.int64()))
            if parquet is None or text is None:
                parquet = stack.enter_context(pq.ParquetWriter(folder / "events.parquet", table.schema))
                sink = stack.enter_context((folder / "events.csv").open("wb"))
                sink.write((",".join(plain.column_names) + "\n").encode())
                unquoted = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
                text = stack.enter_context(pyarrow.csv.CSVWriter(sink, plain.schema, write_options=unquoted))
            parquet.write_table(table)
            text.write_table(plain)
    return len(log)


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1 for 20 million events, 0.01 for 200,000")
    parser.add_argument("--output", type=Path, required=True, help="folder, made if it is not there")
    parser.add_argument("--string-ids", action="store_true", help="ids like u000123 and i00042 instead of numbers")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    rows = write(given.output, given.scale, string_ids=given.string_ids, seed=given.seed)
    sys.stdout.write(f"{given.output}: {rows:,} events\n")


if __name__ == "__main__":
    main()
