"""The reference log has the shape that it is said to have."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.benchmarks.generate import (
    EVENTS,
    FEWEST,
    GROUPS,
    ITEMS,
    MEDIAN,
    PEOPLE,
    Log,
    Size,
    group_starts,
    make,
    popularity,
    write,
)

SCALE = 0.01


@pytest.fixture(scope="module")
def log() -> Log:
    return make(SCALE)


def distinct_pairs(log: Log) -> int:
    return len(np.unique(log.users.astype(np.int64) * ITEMS + log.items))


def test_the_full_size_is_that_of_movielens() -> None:
    size = Size.at(1)
    assert (size.people, size.items, size.events) == (PEOPLE, ITEMS, EVENTS) == (138_000, 27_000, 20_000_000)
    assert size.of_people + size.duplicates + size.machines * size.machine_events == size.events


def test_a_scale_has_its_share_of_people_and_events(log: Log) -> None:
    size = Size.at(SCALE)
    assert len(log) == size.events == 200_000
    assert len(np.unique(log.users)) == size.people + size.machines
    assert len(np.unique(log.items)) > 0.95 * size.items


def test_rows_are_sorted_by_time(log: Log) -> None:
    assert (np.diff(log.seconds) >= 0).all()


def test_people_have_a_long_tail_of_activity(log: Log) -> None:
    size = Size.at(SCALE)
    counts = np.bincount(log.users)[: size.people]
    assert counts.min() == FEWEST
    assert abs(np.median(counts) - MEDIAN) < 6
    assert abs(counts.mean() - 144) < 2
    assert counts.max() > 6 * counts.mean()


def test_few_items_have_most_events_and_the_order_of_popularity_is_a_power_law(log: Log) -> None:
    counts = np.sort(np.bincount(log.items))[::-1]
    assert counts[: len(counts) // 10].sum() > 0.5 * counts.sum()
    rank = np.arange(len(counts)) + 0.0155 * (len(counts) * ITEMS) ** 0.5
    slope = np.polyfit(np.log(rank[:1000]), np.log(counts[:1000]), 1)[0]
    assert -2.4 < slope < -1.4


def test_half_a_percent_is_there_twice_within_seconds(log: Log) -> None:
    people = log.users < Size.at(SCALE).people
    order = np.lexsort((log.seconds, log.events, log.items, log.users))
    columns = np.stack([log.users, log.items, log.events, log.seconds])[:, order][:, people[order]]
    same = (np.diff(columns[:3]) == 0).all(axis=0) & (np.diff(columns[3]) <= 3)
    assert 0.005 <= same.sum() / len(log) < 0.0055


def test_half_a_percent_comes_from_machines_and_people_are_slower(log: Log) -> None:
    size = Size.at(SCALE)
    order = np.lexsort((log.seconds, log.users))
    users, seconds = log.users[order], log.seconds[order]
    busy = (users[300:] == users[:-300]) & (seconds[300:] - seconds[:-300] <= 3600)
    bursts = (users[20:] == users[:-20]) & (seconds[20:] - seconds[:-20] <= 5)
    machines = range(size.people, size.people + size.machines)
    assert set(users[300:][busy]) == set(machines)
    assert set(users[20:][bursts]) == set(machines[1::2])
    assert (log.users >= size.people).mean() == 0.005


def test_people_have_tastes_and_seldom_see_an_item_again(log: Log) -> None:
    size = Size.at(SCALE)
    people = log.users < size.people
    seen = np.zeros((size.people, GROUPS))
    groups = np.searchsorted(group_starts(size.items), log.items[people], side="right") - 1
    np.add.at(seen, (log.users[people], groups), 1)
    shares = np.sort(seen / seen.sum(axis=1, keepdims=True), axis=1)[:, ::-1]
    assert 0.6 < shares[:, :3].sum(axis=1).mean() < 0.9
    assert distinct_pairs(log) > 0.7 * len(log)


def test_the_seed_decides_everything() -> None:
    one, same, other = make(0.002, 1), make(0.002, 1), make(0.002, 2)
    assert all(np.array_equal(getattr(one, name), getattr(same, name)) for name in vars(one))
    assert not np.array_equal(one.items, other.items)


def test_popularity_falls_and_sums_to_one() -> None:
    chance = popularity(1000)
    assert (np.diff(chance) < 0).all()
    assert chance.sum() == pytest.approx(1)


def test_too_small_a_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="larger scale"):
        make(0.00001)


@pytest.mark.parametrize("string_ids", [False, True])
def test_both_files_hold_the_same_rows(tmp_path: Path, string_ids: bool) -> None:
    assert write(tmp_path, 0.002, string_ids=string_ids) == 40_000
    table = pq.read_table(tmp_path / "events.parquet")
    text = pyarrow.csv.read_csv(tmp_path / "events.csv")
    kind = pa.string() if string_ids else pa.int64()
    assert table.schema.types == [kind, kind, pa.string(), pa.timestamp("us")]
    seconds = pc.divide(table["time"].cast(pa.int64()), 1_000_000)
    assert table.set_column(3, "time", seconds).equals(text)


def test_ids_as_text_name_the_same_users_and_items(tmp_path: Path) -> None:
    for name in ("numbers", "texts"):
        write(tmp_path / name, 0.002, string_ids=name == "texts")
    numbers, texts = (pq.read_table(tmp_path / name / "events.parquet").to_pylist() for name in ("numbers", "texts"))
    assert [f"u{row['user_id']:06d}" for row in numbers] == [row["user_id"] for row in texts]
    assert [f"i{row['item_id']:05d}" for row in numbers] == [row["item_id"] for row in texts]
