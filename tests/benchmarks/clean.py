"""`preprocess.clean` against DuckDB, polars and pandas that do the same, and against only reading the columns.

The same are: the rules of machine traffic and duplicates, the weights, and the minimums, at their defaults; the result
is a row for each user and item with weight, number of events and last time, in the order of the ids. Ours does more: it
makes ids text, says of each row that it leaves out why, and would notice rows that cannot be read and unknown events.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tests.benchmarks.harness import (
    SMALL,
    Case,
    Measurement,
    Row,
    Scale,
    at_most,
    installed,
    measure,
    not_measured,
    same_values,
)

WEIGHTS = {"view": 1.0, "click": 2.0, "purchase": 5.0}
TRAFFIC = ((300, 3600), (1000, 86_400), (20, 5))
"""More than so many events of a user within so many seconds."""
REPEATS, FEWEST = 30, 2
COLUMNS = ["user_id", "item_id", "event", "time"]
PEAK_GB = 1.8
"""At 20 million events."""


def read_only(log: Path) -> int:
    """The columns as Arrow reads them."""
    import pyarrow.parquet as pq

    return int(pq.read_table(log, columns=COLUMNS, read_dictionary=["event"]).num_rows)


def ours(log: Path, full: bool = False) -> Any:
    """What the operation does between its parameters and its outputs."""
    from machiya_preprocess import cleaning, settings
    from machiya_preprocess.files import CsvFormat
    from machiya_preprocess.log import read_log

    form = "s" if log.suffix == ".csv" else "iso"
    layout = settings.LogLayout("user_id", "item_id", "event", "time", form, "UTC", CsvFormat("utf-8"))
    rules = settings.Rules(
        weights=WEIGHTS,
        window=settings.window_of("", "", 0, "UTC"),
        traffic=tuple(settings.TrafficRule(most, seconds * 1_000_000) for most, seconds in TRAFFIC),
        repeat_span=REPEATS * 1_000_000,
        keep_unknown_items=False,
        min_user_items=FEWEST,
        min_item_users=FEWEST,
        half_life=0,
        max_unreadable_share=0.01,
    )
    cleaned = cleaning.clean(read_log([log], layout), None, rules)
    rejected = sum(table.num_rows for table in cleaned.rejected_slices())
    assert rejected == cleaned.metrics["rejected"]
    if full:
        return checksum(cleaned.interactions)
    return added_up(added(table) for table in cleaned.interaction_slices())


def duckdb(log: Path, full: bool = False) -> Any:
    """In SQL, on all CPUs."""
    import duckdb as library

    crowded = " OR ".join(f"time - lag(time, {most}) OVER w < INTERVAL {seconds} SECONDS" for most, seconds in TRAFFIC)
    weight = " ".join(f"WHEN '{event}' THEN {number}" for event, number in WEIGHTS.items())
    time = "make_timestamp(time * 1000000)" if log.suffix == ".csv" else "time"
    database = library.connect()
    database.execute(f"CREATE TEMP TABLE log AS SELECT user_id, item_id, event, {time} AS time FROM '{log}'")
    database.execute(
        f"""CREATE TEMP TABLE pairs AS
        WITH machines AS (
            SELECT DISTINCT user_id FROM (
                SELECT user_id, {crowded} AS crowded FROM log WINDOW w AS (PARTITION BY user_id ORDER BY time)
            ) WHERE crowded
        ), spaced AS (
            SELECT *, time - lag(time) OVER (PARTITION BY user_id, item_id, event ORDER BY time) AS since
            FROM log WHERE user_id NOT IN (SELECT user_id FROM machines)
        )
        SELECT user_id, item_id, sum(CASE event {weight} END) AS weight, count(*) AS events, max(time) AS time
        FROM spaced WHERE since IS NULL OR since > INTERVAL {REPEATS} SECONDS
        GROUP BY user_id, item_id"""
    )
    while True:
        few = [f"SELECT {one} FROM pairs GROUP BY {one} HAVING count(*) < {FEWEST}" for one in ("user_id", "item_id")]
        deleted = database.execute(f"DELETE FROM pairs WHERE user_id IN ({few[0]}) OR item_id IN ({few[1]})")
        if deleted.fetchall() == [(0,)]:
            break
    table = database.sql("SELECT * FROM pairs ORDER BY user_id, item_id").to_arrow_table()
    return checksum(table) if full else added(table)


def polars(log: Path, full: bool = False) -> Any:
    """As lazy frames, on all CPUs."""
    import polars as pl

    rows = pl.scan_csv(log) if log.suffix == ".csv" else pl.scan_parquet(log)
    if log.suffix == ".csv":
        rows = rows.with_columns(pl.from_epoch("time", "s").cast(pl.Datetime("us")))
    rows = rows.select(COLUMNS).sort("user_id", "time", maintain_order=True)
    apart = [
        (pl.col("time") - pl.col("time").shift(most) < pl.duration(seconds=seconds))
        & (pl.col("user_id") == pl.col("user_id").shift(most))
        for most, seconds in TRAFFIC
    ]
    machines = rows.filter(pl.any_horizontal(apart)).select("user_id").unique()
    rows = rows.join(machines, on="user_id", how="anti", maintain_order="left")
    same = ["user_id", "item_id", "event"]
    rows = rows.sort(*same, "time")
    again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in same) & (
        pl.col("time") - pl.col("time").shift(1) <= pl.duration(seconds=REPEATS)
    )
    pairs = (
        rows.filter(~again.fill_null(False))
        .with_columns(weight=pl.col("event").replace_strict(WEIGHTS, return_dtype=pl.Float64))
        .group_by("user_id", "item_id")
        .agg(pl.col("weight").sum(), events=pl.len().cast(pl.Int64), time=pl.col("time").max())
        .collect()
    )
    while True:
        left = pairs.filter(pl.len().over("user_id") >= FEWEST, pl.len().over("item_id") >= FEWEST)
        if len(left) == len(pairs):
            break
        pairs = left
    table = pairs.sort("user_id", "item_id").to_arrow()
    return checksum(table) if full else added(table)


def pandas(log: Path, full: bool = False) -> Any:
    """As data frames."""
    import pandas as pd
    import pyarrow as pa

    rows = pd.read_csv(log, engine="pyarrow") if log.suffix == ".csv" else pd.read_parquet(log, columns=COLUMNS)
    if log.suffix == ".csv":
        rows["time"] = pd.to_datetime(rows["time"], unit="s")
    rows["event"] = rows["event"].astype("category")
    rows = rows.sort_values(["user_id", "time"], kind="stable")
    machines: set[Any] = set()
    for most, seconds in TRAFFIC:
        near = rows["time"] - rows["time"].shift(most) < pd.Timedelta(seconds=seconds)
        machines |= set(rows["user_id"][near & (rows["user_id"] == rows["user_id"].shift(most))])
    rows = rows[~rows["user_id"].isin(machines)]
    same = ["user_id", "item_id", "event"]
    rows = rows.sort_values([*same, "time"], kind="stable")
    again = rows["time"] - rows["time"].shift(1) <= pd.Timedelta(seconds=REPEATS)
    for name in same:
        again &= rows[name] == rows[name].shift(1)
    rows = rows[~again]
    rows["weight"] = rows["event"].map(WEIGHTS).astype("float64")
    grouped = rows.groupby(["user_id", "item_id"], sort=True)
    pairs = grouped.agg(weight=("weight", "sum"), events=("weight", "size"), time=("time", "max")).reset_index()
    while True:
        enough = [pairs.groupby(one)[one].transform("size") >= FEWEST for one in ("user_id", "item_id")]
        if (enough[0] & enough[1]).all():
            break
        pairs = pairs[enough[0] & enough[1]]
    table = pa.Table.from_pandas(pairs, preserve_index=False)
    return checksum(table) if full else added(table)


def added(table: Any) -> tuple[int, float, int, int]:
    """Rows, and the sums of their columns but the ids."""
    import pyarrow as pa
    import pyarrow.compute as pc

    seconds = pc.divide(table["time"].cast(pa.timestamp("us")).cast(pa.int64()), 1_000_000)
    sums = [pc.sum(column).as_py() or 0 for column in (table["weight"], table["events"], seconds)]
    return table.num_rows, float(sums[0]), int(sums[1]), int(sums[2])


def added_up(parts: Iterable[tuple[int, float, int, int]]) -> tuple[int, float, int, int]:
    """The sums of some tables."""
    counts, weights, events, seconds = zip(*parts, strict=True)
    return sum(counts), sum(weights), sum(events), sum(seconds)


def checksum(table: Any) -> str:
    """A digest of all that a table of pairs holds, whatever the type of the ids and the order of the rows."""
    import hashlib

    import pyarrow as pa

    digest = hashlib.sha256()
    ranks = []
    for name in ("user_id", "item_id"):
        coded = table[name].cast(pa.string()).combine_chunks().dictionary_encode()
        values = np.array(coded.dictionary.to_pylist())
        order = np.argsort(values)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        ranks.append(rank[coded.indices.to_numpy()])
        digest.update("\n".join(values[order]).encode())
    order = np.lexsort(ranks[::-1])
    kinds = {"weight": pa.float64(), "events": pa.int64(), "time": pa.timestamp("us")}
    rest = [table[name].cast(kind).combine_chunks().to_numpy() for name, kind in kinds.items()]
    for column in (*ranks, *rest):
        digest.update(column[order].tobytes())
    return digest.hexdigest()


OTHERS = {"duckdb": duckdb, "polars": polars, "pandas": pandas}


def warmed(run: Callable[[Path], object], small: Path, log: Path) -> Path:
    """The log, after ``run`` did the same with a small one: what libraries load and compile first does not count."""
    run(small)
    return log


def rows(scale: Scale) -> list[Row]:
    """Parquet, CSV, and Parquet with text as ids."""
    return [
        *_rows_of(scale, "parquet", strings=False),
        *_rows_of(scale, "csv", strings=False),
        *_rows_of(scale, "parquet", strings=True),
    ]


def _rows_of(scale: Scale, kind: Literal["parquet", "csv"], strings: bool) -> list[Row]:
    name = "text ids" if strings else kind
    log, small = (size.events(kind, string_ids=strings) for size in (scale, SMALL))
    runs = {"ours": ours, **{one: run for one, run in OTHERS.items() if installed(one)}}
    # Once with a digest of all that the results hold, which takes longer than making them; then with sums of them.
    same_values(measure({one: Case(run, (log, True)) for one, run in runs.items()}, 1))
    cases = {one: Case(run, (), partial(warmed, run, small, log)) for one, run in runs.items()}
    measured = measure({one: case for one, case in cases.items() if one != "pandas"}, scale.repeat)
    if "pandas" in cases:  # far slower than the others, so once is enough
        measured |= measure({"pandas": cases["pandas"]}, 1)
    same_values({one: Measurement(found.runs[-1:]) for one, found in measured.items()})
    stage, limit = f"clean, {name}", 0.5 if kind == "csv" else 0.4
    lines = [_against(stage, one, measured, limit) for one in OTHERS]
    if name == "parquet":
        reading = Case(read_only, (), partial(warmed, read_only, small, log))
        beside = measure({"ours": cases["ours"], "read": reading}, scale.repeat)
        one, two = beside["ours"], beside["read"]
        note = f"{one.wall:.2f} s to {two.wall:.2f} s, CPU {one.ratio(two, 'cpu'):.2f} x"
        lines.append(at_most(stage, "only reading the columns, wall", one.ratio(two, "wall"), 4, note=note))
    return [*lines, at_most(stage, "peak memory", measured["ours"].peak / 1e9, PEAK_GB, unit="GB")]


def _against(stage: str, other: str, measured: dict[str, Measurement], limit: float) -> Row:
    against = f"{other}, wall"
    if other not in measured:
        return not_measured(stage, against, f"<= {limit:g} x", f"{other} is not installed")
    one, two = measured["ours"], measured[other]
    if len(one.runs) == len(two.runs):
        ratio, cpu = one.ratio(two, "wall"), one.ratio(two, "cpu")
    else:
        ratio, cpu = one.wall / two.wall, one.cpu / two.cpu
    note = (
        f"{one.wall:.1f} s to {two.wall:.1f} s, CPU {cpu:.2f} x, peak {one.peak / 1e9:.1f} to {two.peak / 1e9:.1f} GB"
    )
    return at_most(stage, against, ratio, limit, note=note)
