"""Makes the sample data of this component: a job board with a planted structure. ``python sample/generate.py [FOLDER]``

Every user favours two of the eight categories and looks at their postings far more often than at others, so a model
that learns from the interactions has something to find. Into the log go the nuisances of a real one: double clicks,
two machines, rows without a user, times that are none, and postings that are gone. Same code, same data.
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261122
JST = timezone(timedelta(hours=9))
START = datetime(2026, 8, 24, tzinfo=JST)
DAYS = 90
WEIGHTS = {"view": 1.0, "save": 2.0, "apply": 5.0}
ITEMS_PER_CATEGORY = 15

ROLES = {
    "engineering": (
        "Backend Engineer",
        "バックエンドエンジニア",
        "Data Engineer",
        "機械学習エンジニア",
        "Site Reliability Engineer",
    ),
    "design": ("Product Designer", "UIデザイナー", "Brand Designer", "グラフィックデザイナー", "UX Researcher"),
    "sales": ("Account Executive", "Sales Development Rep", "Key Account Manager", "Partner Manager", "Inside Sales"),
    "nursing": ("Registered Nurse", "看護師", "訪問看護師", "Night Shift Nurse", "助産師"),
    "logistics": ("Warehouse Lead", "倉庫スタッフ", "Forklift Operator", "配送ドライバー", "Route Planner"),
    "営業": ("法人営業", "ルート営業", "不動産営業", "海外営業", "営業企画"),
    "事務": ("一般事務", "経理事務", "営業事務", "医療事務", "人事・労務"),
    "飲食": ("ホールスタッフ", "調理師", "店長候補", "バリスタ", "和菓子職人"),
}
PLACES = ("京都", "Kyoto", "大阪", "Osaka", "東京", "Tokyo", "福岡", "remote")
AWKWARD = (
    'Barista "Kissa, Third Wave" & Co.',
    "<b>急募</b> 週3日〜OK!",
    "ﾎｰﾙｽﾀｯﾌ(夕方から)",
    "Café-Führung – saison d'été",
    "調理師\n寮あり",
    "=SUM(A1) Office Clerk",
    "看護師 🏥 夜勤なし",
)


@dataclass(frozen=True)
class Event:
    """One row of a log."""

    user: int
    item: int
    kind: str
    time: datetime


@dataclass(frozen=True)
class Posting:
    """One row of the item table."""

    number: int
    title: str
    category: str
    wage: int


def postings(rng: np.random.Generator) -> list[Posting]:
    """The catalogue: the same number of postings in each category, a few with awkward titles."""
    made: list[Posting] = []
    for category, roles in ROLES.items():
        for place in range(ITEMS_PER_CATEGORY):
            title = f"{roles[place % len(roles)]} ({PLACES[int(rng.integers(len(PLACES)))]})"
            made.append(Posting(len(made) + 1, title, category, int(rng.integers(1000, 2500))))
    for position, title in zip(rng.choice(len(made), len(AWKWARD), replace=False), AWKWARD, strict=True):
        made[position] = Posting(made[position].number, title, made[position].category, made[position].wage)
    return made


def people(rng: np.random.Generator, users: int, catalogue: Sequence[Posting]) -> list[Event]:
    """What people do: 70 % of their interest is in one category, 25 % in a second, the rest in all others."""
    categories = list(ROLES)
    within = 1.0 / np.sqrt(np.arange(1, ITEMS_PER_CATEGORY + 1))  # some postings of a category are seen more often
    events: list[Event] = []
    for user in range(1, users + 1):
        interest = np.full(len(categories), 0.05 / (len(categories) - 2))
        interest[rng.choice(len(categories), 2, replace=False)] = (0.70, 0.25)
        chance = np.outer(interest, within).ravel()
        items = rng.choice(len(catalogue), size=4 + rng.poisson(10), replace=False, p=chance / chance.sum())
        for item in items:
            events += _visit(rng, user, int(item) + 1)
    return events


def _visit(rng: np.random.Generator, user: int, item: int) -> list[Event]:
    """A view, now and then a double click, and what may follow: another view, a save, an application."""
    day = timedelta(days=int(rng.integers(DAYS)), hours=int(rng.choice((7, 8, 12, 18, 19, 20, 21, 22))))
    time = START + day + timedelta(seconds=int(rng.integers(3600)))
    events = [Event(user, item, "view", time)]
    if rng.random() < 0.05:
        events.append(Event(user, item, "view", time + timedelta(seconds=int(rng.integers(3)))))
    for kind, chance in (("view", 0.25), ("save", 0.25), ("apply", 0.12)):
        time += timedelta(seconds=int(rng.integers(60, 1200)))
        if rng.random() < chance:
            events.append(Event(user, item, kind, time))
    return events


def machines(rng: np.random.Generator, first_user: int, items: int) -> list[Event]:
    """A scraper that takes 40 postings in 4 seconds, twice, and a crawler that comes every 9 seconds for an hour."""
    morning = START + timedelta(days=40, hours=4)
    scraper = [
        Event(
            first_user, int(rng.integers(items)) + 1, "view", morning + timedelta(days=again, milliseconds=100 * step)
        )
        for again in range(2)
        for step in range(40)
    ]
    crawler = [
        Event(first_user + 1, step % items + 1, "view", morning + timedelta(seconds=9 * step)) for step in range(400)
    ]
    return scraper + crawler


def passers_by(rng: np.random.Generator, first_user: int, count: int, items: int) -> list[Event]:
    """People who look at one posting and never come back."""
    return [
        event
        for user in range(first_user, first_user + count)
        for event in _visit(rng, user, int(rng.integers(items)) + 1)
    ]


def log_rows(rng: np.random.Generator, events: Iterable[Event]) -> list[list[str]]:
    """Rows of the CSV log, by time: ids as text with leading zeros, ISO times, and some rows that are no good."""
    rows = [
        [f"{event.user * 37:06d}", f"job-{event.item:03d}", event.kind, event.time.isoformat()]
        for event in sorted(events, key=lambda event: (event.time, event.user))
    ]
    spoiled = rng.choice(len(rows), 24, replace=False)
    for position in spoiled[:8]:
        rows[position][0] = ""
    for position in spoiled[8:14]:
        rows[position][3] = "0000-00-00 00:00:00"
    for position in spoiled[14:]:
        rows[position][1] = f"job-9{position % 100:02d}"
    return rows


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as the text of a CSV file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def interactions(events: Sequence[Event]) -> pa.Table:
    """One row for each user and item, as ``clean`` would make them from undisturbed events."""
    pairs: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        pairs.setdefault((f"{event.user * 37:06d}", f"job-{event.item:03d}"), []).append(event)
    ordered = sorted(pairs)
    return pa.table(
        {
            "user_id": [user for user, _ in ordered],
            "item_id": [item for _, item in ordered],
            "weight": [sum(WEIGHTS[event.kind] for event in pairs[pair]) for pair in ordered],
            "events": [len(pairs[pair]) for pair in ordered],
            "time": pa.array([max(event.time for event in pairs[pair]) for pair in ordered], pa.timestamp("us", "UTC")),
        }
    )


def parquet_log(events: Sequence[Event]) -> pa.Table:
    """Events as a warehouse would store them: 64-bit integers and timestamps with a zone."""
    return pa.table(
        {
            "user_id": pa.array([9_000_000_000 + event.user for event in events], pa.int64()),
            "job_id": pa.array([event.item for event in events], pa.int64()),
            "event": pa.array([event.kind for event in events]).dictionary_encode(),
            "time": pa.array([event.time for event in events], pa.timestamp("us", "Asia/Tokyo")),
        }
    )


def write(folder: Path) -> None:
    """Write all sample folders into ``folder``."""
    rng = np.random.default_rng(SEED)
    catalogue = postings(rng)
    events = people(rng, 220, catalogue)
    others = machines(rng, 221, len(catalogue)) + passers_by(rng, 223, 12, len(catalogue))
    rows = log_rows(rng, events + others)
    header = ("user_id", "item_id", "event", "time")
    half = len(rows) // 2
    jobs = [(f"job-{job.number:03d}", job.title, job.category, job.wage) for job in catalogue]
    few = sorted(people(rng, 70, catalogue), key=lambda event: event.time)
    shared = [*rows[:60], *([*row[:2], "share", row[3]] for row in rows[60:63])]
    views = [(f"m{event.user}", f"/jobs/{event.item}", event.time.strftime("%Y-%m-%d %H:%M:%S")) for event in few]
    texts = {
        "events/2026-autumn-1.csv": csv_text(header, rows[:half]),
        "events/2026-autumn-2.csv": csv_text(header, rows[half:]),
        "events-new/events.csv": csv_text(header, shared),
        "catalogue/items.csv": csv_text(("item_id", "title", "category", "hourly_wage"), jobs),
    }
    tables = {
        "interactions/part-00000.parquet": interactions(events),
        "events-parquet/part-00000.parquet": parquet_log(few[: len(few) // 2]),
        "events-parquet/part-00001.parquet": parquet_log(few[len(few) // 2 :]),
        "catalogue-parquet/part-00000.parquet": pa.table(
            {
                "job_id": pa.array([job.number for job in catalogue], pa.int64()),
                "name": [job.title for job in catalogue],
                "category": [job.category for job in catalogue],
            }
        ),
    }
    for name, text in texts.items():
        _in(folder, name).write_bytes(text.encode())
    for name, table in tables.items():
        pq.write_table(table, _in(folder, name), compression="zstd")
    zipped = gzip.compress(csv_text(("member", "page", "at"), views).encode(), mtime=0)
    _in(folder, "events-gzip/views.csv.gz").write_bytes(zipped)


def _in(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
