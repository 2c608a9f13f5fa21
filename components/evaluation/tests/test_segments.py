"""Division of users, by a table and by the length of their history."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from machiya_evaluation.errors import InputError
from machiya_evaluation.segments import segments_by_history, segments_of_table

USERS = pa.array(["u1", "u2", "u3"], pa.large_string())


def table(**segments: str) -> pa.Table:
    return pa.table({"user_id": list(segments), "segment": list(segments.values())})


@pytest.mark.parametrize(
    ("edges", "names"),
    [
        ([1, 5, 20], ("history-0", "history-1-4", "history-5-19", "history-20+")),
        ([1, 2], ("history-0", "history-1", "history-2+")),
        ([8], ("history-0-7", "history-8+")),
        ([], ("all",)),
    ],
)
def test_names_say_the_range(edges: Sequence[int], names: tuple[str, ...]) -> None:
    assert segments_by_history(np.array([0]), edges).names == names


def test_an_edge_is_the_shortest_history_of_its_segment() -> None:
    lengths = np.array([0, 1, 4, 5, 19, 20, 900])
    assert segments_by_history(lengths, [1, 5, 20]).code.tolist() == [0, 1, 1, 2, 2, 3, 3]


def test_a_table_names_segments_in_any_order_of_rows() -> None:
    segments = segments_of_table(table(u3="heavy", u1="light", u2="heavy", other="new"), USERS)
    assert segments.names == ("heavy", "light", "new")
    assert segments.code.tolist() == [1, 0, 0]


def test_users_that_the_table_lacks_are_unassigned() -> None:
    segments = segments_of_table(table(u2="heavy"), USERS)
    assert segments.names == ("heavy", "unassigned")
    assert segments.code.tolist() == [1, 0, 1]


@pytest.mark.parametrize("name", ["all", "unassigned"])
def test_the_names_of_the_results_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' cannot be the name"):
        segments_of_table(table(u1=name), USERS)


def test_a_table_of_other_users_is_refused() -> None:
    with pytest.raises(InputError, match="no user"):
        segments_of_table(table(u9="heavy"), USERS)
