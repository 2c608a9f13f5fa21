"""The item table: titles and categories, items that are unknown, and what is refused."""

import pyarrow as pa
import pytest

from machiya_component import DataError

from .conftest import Run

LOG = "user_id,item_id,event,time\nu,i1,view,2026-11-01\nu,i2,view,2026-11-01\n"


def test_items_are_those_of_the_table_sorted_with_all_their_columns(clean: Run) -> None:
    table = 'item_id,title,category,wage\ni2,"看護師, ""夜勤""\n募集",nursing,01200\ni1,,営業,\ni0,Never seen,,1\n'
    items = clean(LOG, table).table("items")
    assert items.to_pylist() == [
        {"item_id": "i0", "title": "Never seen", "category": None, "wage": "1"},
        {"item_id": "i1", "title": None, "category": "営業", "wage": None},
        {"item_id": "i2", "title": '看護師, "夜勤"\n募集', "category": "nursing", "wage": "01200"},
    ]


def test_events_of_unknown_items_are_rejected(clean: Run) -> None:
    result = clean(LOG, "item_id,title,category\ni2,Nurse,nursing\n")
    assert result.table("rejected").select(["row", "item", "reason"]).to_pylist() == [
        {"row": 0, "item": "i1", "reason": "unknown-item"}
    ]


def test_unknown_items_can_be_kept_without_a_title(clean: Run) -> None:
    result = clean(LOG, "item_id,title,category,wage\ni2,Nurse,nursing,5\n", keep_unknown_items=True)
    assert result.metrics()["kept"] == 2
    assert result.table("items").to_pylist()[0] == {"item_id": "i1", "title": None, "category": None, "wage": None}


def test_without_a_table_the_items_are_those_of_the_interactions(clean: Run) -> None:
    result = clean(LOG)
    assert result.table("items").to_pylist() == [
        {"item_id": item, "title": None, "category": None} for item in ("i1", "i2")
    ]


def test_a_log_that_matches_no_item_says_so(clean: Run) -> None:
    with pytest.raises(DataError, match=r"2 unknown-item\. Check that log and item table write item ids alike"):
        clean(LOG, "item_id,title,category\n1,Nurse,nursing\n")


def test_integer_ids_of_the_table_meet_text_ids_of_the_log(clean: Run) -> None:
    table = pa.table({"job": pa.array([7, 8], pa.int64()), "name": ["Nurse", "店長"], "category": ["nursing", "飲食"]})
    result = clean(LOG.replace("i1", "7").replace("i2", "8"), table, item_id_column="job", title_column="name")
    assert result.table("items").to_pylist() == [
        {"item_id": "7", "title": "Nurse", "category": "nursing"},
        {"item_id": "8", "title": "店長", "category": "飲食"},
    ]


def test_of_several_rows_of_an_item_the_last_counts(clean: Run) -> None:
    tables = {
        "2.csv": "item_id,title,category\ni1,newer,営業\n,nobody,営業\n",
        "1.csv": "item_id,title,category\ni1,old,営業\ni2,other,営業\n",
    }
    result = clean(LOG, tables)
    assert result.table("items")["title"].to_pylist() == ["newer", "other"]
    metrics = result.metrics()
    assert (metrics["catalogue_rows_replaced"], metrics["catalogue_rows_without_id"]) == (1, 1)


def test_files_of_a_table_may_have_further_columns_of_their_own(clean: Run) -> None:
    tables = {"1.csv": "item_id,title,category,wage\ni1,a,営業,5\n", "2.csv": "item_id,title,category\ni2,b,営業\n"}
    assert clean(LOG, tables).table("items")["wage"].to_pylist() == ["5", None]


def test_files_of_a_table_that_do_not_go_together_are_refused(clean: Run) -> None:
    typed = pa.table({"item_id": ["i2"], "title": ["b"], "category": ["営業"], "wage": [5]})
    tables = {"1.csv": "item_id,title,category,wage\ni1,a,営業,5\n", "2.parquet": typed}
    with pytest.raises(DataError, match=r"do not go together \(1\.csv, 2\.parquet\)"):
        clean(LOG, tables)


def test_a_category_never_seen_before_stops_the_step(clean: Run) -> None:
    table = "item_id,title,category\ni1,a,介護\ni2,b,介護\ni3,c,営業\n"
    message = r"column 'category' of the item table holds a value never seen before: '介護' \(2 rows, first in row 0\)"
    with pytest.raises(DataError, match=message + r".*--allow_categories '\[\"介護\"\]'"):
        clean(LOG, table)
    assert clean(LOG, table, allow_categories=["介護"]).metrics()["kept"] == 2
    assert clean(LOG, table, known_categories=[]).metrics()["kept"] == 2
    with pytest.raises(DataError, match="'営業'"):
        clean(LOG, table, known_categories=["介護"])


def test_many_new_categories_are_not_listed_but_may_be_switched_off(clean: Run) -> None:
    table = "item_id,title,category\n" + "".join(f"i{number},a,genre {number}\n" for number in range(30))
    with pytest.raises(DataError, match=r"30 values .*, and 25 more\. .* with --known_categories '\[\]'"):
        clean(LOG, table)
    with pytest.raises(DataError, match=r"--allow_categories '\[\"it'\"'\"'s\"\]'"):
        clean(LOG, "item_id,title,category\ni1,a,it's\n")


@pytest.mark.parametrize("column", ["item_id", "title", "category"])
def test_a_missing_column_is_named(clean: Run, column: str) -> None:
    table = "item_id,title,category\ni1,a,営業\n".replace(column, "other")
    with pytest.raises(DataError, match=f"has no column '{column}'; its columns are: .*--title_column"):
        clean(LOG, table)


def test_a_table_may_have_ids_alone(clean: Run) -> None:
    result = clean(LOG, "item_id\ni1\ni2\n", title_column="", category_column="")
    assert result.table("items").column_names == ["item_id", "title", "category"]


def test_a_column_that_another_stands_in_for_is_left_out(clean: Run) -> None:
    table = "item_id,title,name,category\ni1,old,a,営業\ni2,old,b,営業\n"
    items = clean(LOG, table, title_column="name").table("items")
    assert items.column_names == ["item_id", "title", "category"]
    assert items["title"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize("table", ["item_id,title,category\n", "item_id,title,category\n,a,営業\n"])
def test_a_table_without_items_is_refused(clean: Run, table: str) -> None:
    with pytest.raises(DataError, match="names no item"):
        clean(LOG, table)


def test_titles_that_are_no_text_are_refused(clean: Run) -> None:
    table = pa.table({"item_id": ["i1"], "title": [True], "category": ["営業"]})
    with pytest.raises(DataError, match=r"column 'title' of log\.parquet is of type bool"):
        clean(LOG, table)
