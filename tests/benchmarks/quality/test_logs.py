"""Every format gives the same log, wherever the file is; what cannot be read is refused with a reason."""

import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.benchmarks.quality.logs import DataError, read_log

ROWS = [(3, 2**40, 4.5, 1_000_000_000), (1, 7, 0.5, 1_500_000_000), (3, 7, 4.0, 999_999_999)]


def joined(delimiter: str) -> str:
    return "".join(delimiter.join(str(value) for value in row) + "\n" for row in ROWS)


RATINGS = {
    "ratings.csv": "userId,movieId,rating,timestamp\n" + joined(","),
    "ratings.dat": joined("::"),
    "u.data": joined("\t"),
    "ml.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + joined("\t"),
}


@pytest.mark.parametrize("name", RATINGS)
@pytest.mark.parametrize("place", ["file", "folder", "zip"])
def test_all_formats_of_ratings_say_the_same(name: str, place: str, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "ml"
    folder.mkdir(parents=True)
    (folder / name).write_text(RATINGS[name])
    (folder / "README.txt").write_text("other files do not matter")
    if place == "zip":
        with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
            for file in folder.iterdir():
                archive.write(file, f"ml/{file.name}")
    path = {"file": folder / name, "folder": tmp_path / "data", "zip": tmp_path / "ml.zip"}[place]
    log = read_log(path)
    assert log.ratings is not None
    rows = zip(log.users.tolist(), log.items.tolist(), log.ratings.tolist(), log.times.tolist(), strict=True)
    assert list(rows) == ROWS


def test_the_complete_journey_has_no_ratings(tmp_path: Path) -> None:
    columns = {
        "household_id": pa.array([900, 1228]),
        "basket_id": pa.array([1, 2]),
        "product_id": pa.array([1095275, 7]),
        "transaction_timestamp": pa.array([1_483_271_606_000_000_000, 1], pa.timestamp("ns")),
    }
    pq.write_table(pa.table(columns), tmp_path / "transactions.parquet")
    log = read_log(tmp_path)
    assert log.ratings is None
    assert log.users.tolist() == [900, 1228]
    assert log.items.tolist() == [1095275, 7]
    assert log.times.tolist() == [1_483_271_606, 0]


def test_ids_may_be_words(tmp_path: Path) -> None:
    text = "user_id:token\titem_id:token\trating:float\ttimestamp:float\nzoë\t東京\t5\t1.0\nal\tx y\t4\t2.0\n"
    (tmp_path / "a.inter").write_text(text, encoding="utf-8")
    log = read_log(tmp_path / "a.inter")
    assert list(log.users) == ["zoë", "al"]
    assert list(log.items) == ["東京", "x y"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"films.csv": "a,b\n1,2\n"}, "found: none"),
        ({"u.data": joined("\t"), "ratings.dat": joined("::")}, "found: ratings.dat, u.data"),
        ({"ratings.csv": "user,item\n1,2\n"}, "ratings.csv in .* is not in the format"),
        ({"ratings.csv": "userId,movieId,rating,timestamp\n1,2,,3\n"}, "misses values"),
        ({"ratings.csv": "userId,movieId,rating,timestamp\n1,2,good,3\n"}, "not in the format"),
        ({"ratings.csv": "userId,movieId,rating,timestamp\n"}, "empty"),
        ({"u.data": ""}, "not in the format"),
        ({"u.data": "1 2 3 4\n"}, "not in the format"),
    ],
)
def test_what_cannot_be_read_is_refused(files: dict[str, str], message: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_log(tmp_path)


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.csv is not there"):
        read_log(tmp_path / "ratings.csv")


def test_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text(f"{2**53 + 1}\t{2**62 + 1}\t5\t1\n")
    assert np.array_equal(read_log(tmp_path).items, [2**62 + 1])
