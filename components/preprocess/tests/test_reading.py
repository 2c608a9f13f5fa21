"""Logs as they come: formats, compressions, encodings, damage. A case is a file's content and what becomes of it."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result

from .conftest import Run

HEADER = "user_id,item_id,event,time\n"
LOG = HEADER + "u1,i1,view,2026-11-01T10:00:00Z\nu2,i2,apply,2026-11-01T11:00:00Z\n"
NOON = datetime(2026, 11, 1, 12)


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def pairs(result: Result) -> list[tuple[str, str]]:
    table = result.table("interactions")
    return list(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


def events(**columns: object) -> pa.Table:
    """A log of one row, some of its columns replaced."""
    whole = {"user_id": ["u1"], "item_id": ["i1"], "event": ["view"], "time": ["2026-11-01T10:00:00Z"], **columns}
    return pa.table({name: values for name, values in whole.items() if values is not None})


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd, bz2.compress])
@pytest.mark.parametrize("name", ["log.csv", "log"])
def test_csv_is_recognized_by_its_content(clean: Run, pack: Callable[[bytes], bytes], name: str) -> None:
    assert pairs(clean({name: pack(LOG.encode())})) == [("u1", "i1"), ("u2", "i2")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_parquet_is_recognized_by_its_content(clean: Run, pack: Callable[[bytes], bytes]) -> None:
    assert pairs(clean({"log.csv": pack(parquet(events()))})) == [("u1", "i1")]


def test_a_gzip_file_may_consist_of_several(clean: Run) -> None:
    whole = gzip.compress(LOG.encode()) + gzip.compress(b"u3,i3,view,2026-11-01T12:00:00Z\n")
    assert len(pairs(clean({"log.csv.gz": whole}))) == 3


def test_files_are_one_log_in_the_order_of_their_names(clean: Run) -> None:
    later = HEADER + "u9,i9,view,never\n"
    result = clean({"b.csv": later, "a.csv.gz": gzip.compress(LOG.encode())}, max_unreadable_share=0.5)
    assert len(pairs(result)) == 2
    assert result.table("rejected").to_pylist() == [
        {"row": 2, "user": "u9", "item": "i9", "event": "view", "time": "never", "reason": "bad-time"}
    ]


def test_files_may_store_one_column_in_different_types(clean: Run) -> None:
    numbers = events(user_id=[7], time=pa.array([NOON], pa.timestamp("us")))
    assert pairs(clean({"a.parquet": numbers, "b.csv": LOG, "c.csv": HEADER})) == [
        ("7", "i1"),
        ("u1", "i1"),
        ("u2", "i2"),
    ]


def test_leading_zeros_spaces_and_unicode_of_ids_stay(clean: Run) -> None:
    log = HEADER + '007,仕事-1,view,2026-11-01\n7,"a,""b""",view,2026-11-01\n" x",é,view,2026-11-01\n'
    assert pairs(clean(log)) == [(" x", "é"), ("007", "仕事-1"), ("7", 'a,"b"')]


def test_words_for_nothing_are_ids_like_others(clean: Run) -> None:
    assert pairs(clean(HEADER + "NA,null,view,2026-11-01\n")) == [("NA", "null")]


@pytest.mark.parametrize(
    "text",
    [
        LOG.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + LOG.encode(),
        LOG.replace("\n", "\n\n").encode(),
        LOG.rstrip("\n").encode(),
        LOG.replace("u1,i1,view", '"u1","i1","view"').encode(),
    ],
)
def test_csv_has_dialects(clean: Run, text: bytes) -> None:
    assert pairs(clean(text)) == [("u1", "i1"), ("u2", "i2")]


def test_columns_that_are_not_asked_for_may_hold_anything(clean: Run) -> None:
    log = 'time,note,event,item_id,user_id\n2026-11-01,"two\nlines, ""quoted""",view,i1,u1\n'
    assert pairs(clean(log)) == [("u1", "i1")]


def test_tabs_divide_the_columns_of_tsv_files(clean: Run) -> None:
    assert pairs(clean({"log.tsv.gz": gzip.compress(LOG.replace(",", "\t").encode())})) == [("u1", "i1"), ("u2", "i2")]


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_what_divides_the_columns_is_seen_in_the_first_line(clean: Run, mark: str) -> None:
    assert pairs(clean({"log.inter": LOG.replace(",", mark).encode()})) == [("u1", "i1"), ("u2", "i2")]


def test_each_file_may_have_its_own_delimiter(clean: Run) -> None:
    log = {"a.csv": HEADER + "u1,i1,view,2026-11-01\n", "b.txt": (HEADER + "u2,i2,view,2026-11-01\n").replace(",", ";")}
    assert pairs(clean(log)) == [("u1", "i1"), ("u2", "i2")]


def test_a_delimiter_can_be_named_where_the_first_line_misleads(clean: Run) -> None:
    log = "user_id;item_id;event;time;a,b,c,d,e\nu1;i1;view;2026-11-01;x\n"
    with pytest.raises(DataError, match=r"has no column 'user_id'.*--delimiter"):
        clean(log)
    assert pairs(clean(log, delimiter="semicolon")) == [("u1", "i1")]


def test_a_log_without_a_line_of_names_is_read_when_they_are_given(clean: Run) -> None:
    log = "196\t242\t3\t881250949\n186\t302\t4\t891717742\n"
    names = ["user_id", "item_id", "stars", "time"]
    with pytest.raises(DataError, match=r"its columns are: 196, 242, 3, 881250949.*--column_names"):
        clean(log)
    result = clean(log, column_names=names, event_column="", time_format="s")
    assert pairs(result) == [("186", "302"), ("196", "242")]
    with pytest.raises(DataError, match="cannot be read to its end"):
        clean(log, column_names=names[:3], event_column="", time_column="stars")


@pytest.mark.parametrize("as_csv", [True, False])
def test_ratings_are_events_with_weights(clean: Run, as_csv: bool) -> None:
    log = events(event=[3.5, 4.0, None], user_id=["u"] * 3, item_id=["a", "b", "c"], time=["2026-11-01"] * 3)
    text = HEADER + "u,a,3.5,2026-11-01\nu,b,4,2026-11-01\nu,c,,2026-11-01\n"
    result = clean(text if as_csv else log, event_weights={"3.5": 0.5, "4": 2}, max_unreadable_share=0.5)
    assert result.table("interactions")["weight"].to_pylist() == [0.5, 2.0]
    assert result.table("rejected")["reason"].to_pylist() == ["missing-value"]


def test_shift_jis_is_read_when_it_is_named(clean: Run) -> None:
    log = (HEADER + "佐藤,看護師,view,2026-11-01\n").encode("cp932")
    assert pairs(clean(log, encoding="cp932")) == [("佐藤", "看護師")]


def test_spreadsheets_write_utf_16(clean: Run) -> None:
    assert pairs(clean(LOG.encode("utf-16"), encoding="utf-16")) == [("u1", "i1"), ("u2", "i2")]


@pytest.mark.parametrize(
    "text", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_text_has_many_layouts_in_parquet(clean: Run, text: pa.DataType) -> None:
    log = events(time=["", "2026-11-01"], user_id=["u", "v"], item_id=["i", "j"], event=["view", "view"])
    arranged = pa.table({name: log[name].cast(text) for name in log.column_names})
    result = clean(arranged, max_unreadable_share=0.5)
    assert pairs(result) == [("v", "j")]
    assert result.table("rejected")["reason"].to_pylist() == ["missing-value"]


def test_a_column_of_nothing_is_missing_values(clean: Run) -> None:
    log = events(user_id=pa.array([None, None]), item_id=["i", "j"], event=["view"] * 2, time=["2026-11-01"] * 2)
    with pytest.raises(DataError, match="missing-value 2"):
        clean(log)


def test_columns_that_hold_structures_are_refused(clean: Run) -> None:
    with pytest.raises(DataError, match=r"column 'user_id' of log\.parquet is of type struct"):
        clean(events(user_id=[{"id": 1}]))


@pytest.mark.parametrize("encoding", ["utf-8", "euc-jp"])
def test_text_in_another_encoding_is_refused(clean: Run, encoding: str) -> None:
    log = (HEADER + "佐藤,看護師,view,2026-11-01\n").encode("cp932")
    with pytest.raises(DataError, match=r"log\.csv is not text in the encoding .*--encoding"):
        clean(log, encoding=encoding)


def test_integer_ids_and_timestamps_of_parquet(clean: Run) -> None:
    log = events(
        user_id=pa.array([2**53 + 1, 5], pa.int64()),
        item_id=pa.array(["b", "a"]).dictionary_encode(),
        event=["view", "view"],
        time=pa.array([NOON, NOON], pa.timestamp("ms", "UTC")),
    )
    result = clean(log)
    assert pairs(result) == [("5", "a"), ("9007199254740993", "b")]
    assert result.table("interactions")["time"].type == pa.timestamp("us", "UTC")


def test_times_as_numbers_in_a_csv_file(clean: Run) -> None:
    log = "u,i,t\na,x,1793527200000\n"
    result = clean(log, user_column="u", item_column="i", event_column="", time_column="t", time_format="ms")
    assert result.table("interactions")["time"].to_pylist()[0].isoformat() == "2026-11-01T10:00:00+00:00"


def test_seconds_that_are_taken_for_milliseconds_are_noticed(clean: Run) -> None:
    log = HEADER + "a,x,view,1793527200\nb,y,view,1793527300\n"
    with pytest.raises(DataError, match=r"latest time of the log is 1970-01-21 .*, read as ms.*--time_format"):
        clean(log, time_format="ms")
    assert clean(log, time_format="s").metrics()["kept"] == 2


def test_a_log_without_events_is_a_log_of_views(clean: Run) -> None:
    log = events(event=None)
    weight = clean(log, event_column="", event_weights={"view": 3}).table("interactions")["weight"]
    assert weight.to_pylist() == [3.0]


def test_views_need_a_weight_in_a_log_without_events(clean: Run) -> None:
    with pytest.raises(DataError, match="'view'"):
        clean(events(event=None), event_column="", event_weights={"apply": 5})


@pytest.mark.parametrize("missing", ["user_id", "item_id", "event", "time"])
@pytest.mark.parametrize("as_csv", [True, False])
def test_a_missing_column_is_named_with_those_there_are(clean: Run, missing: str, as_csv: bool) -> None:
    log = LOG.replace(missing, "other") if as_csv else events(**{missing: None, "other": ["?"]})
    with pytest.raises(DataError, match=f"has no column '{missing}'; its columns are: .*other.*_column"):
        clean(log)


def test_a_column_that_is_there_twice_is_refused(clean: Run) -> None:
    with pytest.raises(DataError, match="more than one column 'time'"):
        clean("user_id,item_id,event,time,time\nu,i,view,2026-11-01,2026-11-02\n")


@pytest.mark.parametrize("log", ["", "\ufeff", HEADER, events().slice(0, 0)])
def test_an_empty_log_is_refused(clean: Run, log: str | pa.Table) -> None:
    with pytest.raises(DataError, match=r"is empty|has no rows|has no column"):
        clean(log)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_compressed_file_that_is_cut_off_is_refused(clean: Run, pack: Callable[[bytes], bytes]) -> None:
    rows = "".join(f"u{number},i{number * 7919 % 1000},view,2026-11-01\n" for number in range(50_000))
    whole = pack((HEADER + rows).encode())
    with pytest.raises(DataError, match=r"log\.bin cannot be read to its end.*cut off"):
        clean({"log.bin": whole[: len(whole) * 2 // 3]})


def test_a_parquet_file_that_is_cut_off_is_refused(clean: Run) -> None:
    whole = parquet(events())
    with pytest.raises(DataError, match=r"log\.parquet cannot be read to its end"):
        clean({"log.parquet": whole[:-20]})


def test_a_row_with_another_number_of_columns_is_shown(clean: Run) -> None:
    with pytest.raises(DataError, match="Expected 4 columns, got 2: u3,i3"):
        clean(LOG + "u3,i3\n")


def test_a_quote_without_an_end_is_refused(clean: Run) -> None:
    with pytest.raises(DataError, match="cannot be read to its end"):
        clean(LOG + 'u3,"i3,view,2026-11-01\nu4,i4,view,2026-11-01\n')


def test_archives_are_refused_with_what_to_do(clean: Run) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("log.csv", LOG)
    with pytest.raises(DataError, match=r"log\.zip is a zip archive.*Unpack it"):
        clean({"log.zip": buffer.getvalue()})


def test_json_is_refused_with_what_to_do(clean: Run) -> None:
    with pytest.raises(DataError, match=r"log\.jsonl is JSON.*CSV or Parquet"):
        clean({"log.jsonl": b'{"user_id": "u1"}\n'})


def test_spaces_in_names_of_columns_can_be_seen(clean: Run) -> None:
    with pytest.raises(DataError, match="has no column 'item_id'; its columns are: user_id, ' item_id', event, time"):
        clean(LOG.replace(",item_id", ", item_id"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"user_id": [1.5]}, "column 'user_id' of log.parquet is of type double with values that are not whole"),
        ({"item_id": [True]}, "column 'item_id' of log.parquet is of type bool, not text"),
        ({"time": [1793527200]}, "column 'time' of log.parquet is of type int64.*--time_format"),
    ],
)
def test_columns_of_other_types_are_refused(clean: Run, columns: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        clean(events(**columns))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"time_zone": "Tokyo"}, "time_zone 'Tokyo' is not known"),
        ({"encoding": "utf-9"}, "encoding 'utf-9' is not known"),
        ({"encoding": "zlib"}, "encoding 'zlib' is not known"),
        ({"window_days": 1e300}, "window_days"),
        ({"user_column": "item_id"}, "name one column twice"),
        ({"title_column": "item_id"}, "name one column twice"),
        ({"window_from": "yesterday"}, "window_from 'yesterday' is not a time"),
        ({"window_from": "2026-11-02", "window_to": "2026-11-02"}, "is not before window_to"),
        ({"event_weights": {"view": -1}}, "event_weights"),
        ({"allow_events": [1]}, "allow_events"),
        ({"time_format": "ns"}, "time_format"),
        ({"delimiter": ","}, "delimiter"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(clean: Run, parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        clean(LOG, **parameters)
