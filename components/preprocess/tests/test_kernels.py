"""The compiled kernels against plain loops. What they do together is compared in test_clean_invariants.py."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.sigutils import normalize_signature
from numpy.typing import NDArray

from machiya_component.compiled import kernels
from machiya_preprocess.arrow import present, text_buffers
from machiya_preprocess.encoder import Encoder
from machiya_preprocess.kernels import pairs, rows, users
from machiya_preprocess.kernels.times import whole_numbers
from machiya_preprocess.times import to_micros
from machiya_preprocess.verdict import REASONS

PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


def test_kernels_number_the_reasons_as_the_verdict_does() -> None:
    numbers = {reason: getattr(rows, reason.name) for reason in REASONS}
    assert list(numbers.values()) == list(range(1, len(REASONS) + 1))


def crowded(times: Sequence[int], most: int, span: int) -> bool:
    found: bool = users.is_crowded(np.array(times, dtype=np.int64), most, span)
    return found


def test_a_window_slides_over_the_hour() -> None:
    times = [*range(1800, 1803), *range(3600, 3603), 10_000]
    assert crowded(times, most=5, span=3600)
    assert not crowded(times, most=6, span=3600)


def test_a_window_is_open_at_its_end() -> None:
    assert not crowded([0, 60], most=1, span=60)
    assert crowded([0, 60], most=1, span=61)


@given(st.lists(st.integers(0, 20), max_size=30).map(sorted), st.integers(1, 5), st.integers(1, 10))
def test_crowds_are_those_of_a_search_through_all_windows(times: list[int], most: int, span: int) -> None:
    wanted = any(sum(start <= time < start + span for time in times) > most for start in times)
    assert crowded(times, most, span) == wanted


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8), st.booleans()), max_size=40))
def test_rows_are_gathered_by_user_in_the_order_of_the_log_and_sorted_by_time(
    events: list[tuple[int, int, bool]],
) -> None:
    user = np.array([one for one, _, _ in events], dtype=np.int32)
    micros = np.array([time for _, time, _ in events], dtype=np.int64)
    verdict = np.array([rejected for _, _, rejected in events], dtype=np.uint8)
    kept = [row for row in range(len(events)) if not verdict[row]]
    starts = np.cumsum([0, *(sum(user[row] == one for row in kept) for one in range(4))])
    order = np.full(len(kept), -1, dtype=np.int32)
    for begin, end in ((0, 1), (1, 4)):
        users.order_by_user(user, verdict, begin, end, starts, order)
    assert order.tolist() == sorted(kept, key=lambda row: user[row])
    for one in range(4):
        own = order[starts[one] : starts[one + 1]]
        times = np.empty(len(own), dtype=np.int64)
        users.sort_by_time(own, micros, times)
        assert own.tolist() == sorted(own.tolist(), key=lambda row: (micros[row], row))
        assert times.tolist() == micros[own].tolist()


@given(st.sets(st.one_of(st.integers(0, 200), st.integers(0, 9999), st.sampled_from([63, 64, 4095, 4096, 9999]))))
def test_a_set_gives_its_numbers_back_in_order_and_is_empty_then(numbers: set[int]) -> None:
    bits, groups = np.zeros((10_000 >> 6) + 1, np.uint64), np.zeros((10_000 >> 12) + 1, np.uint64)
    for number in numbers:
        users.mark(number, bits, groups)
    found = np.empty(len(numbers), dtype=np.int32)
    assert users.marked(bits, groups, found) == len(numbers)
    assert found.tolist() == sorted(numbers)
    assert not bits.any()
    assert not groups.any()


def core(found: set[tuple[int, int]], least_items: int, least_users: int) -> tuple[set[tuple[int, int]], int]:
    """What is left of some pairs, and the rounds."""
    ordered = sorted(found)
    user, item = (np.array([pair[end] for pair in ordered], dtype=np.int32) for end in (0, 1))
    counts = np.bincount(user, minlength=8).astype(np.int64)
    left, items = np.empty(8, np.int64), np.empty(8, np.int64)
    starts: NDArray[np.int64] = np.cumsum(counts) - counts
    rounds = pairs.core(starts, counts, item, least_items, least_users, left, items)
    stays = {pair for pair in ordered if left[pair[0]] and items[pair[1]]}
    assert left.tolist() == [sum(user == one for user, _ in stays) for one in range(8)]
    assert items.tolist() == [sum(item == one for _, item in stays) for one in range(8)]
    return stays, rounds


def test_a_core_falls_like_dominoes() -> None:
    # Taking away the ends of the chain takes away the next ends.
    assert core({(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)}, 2, 2) == (set(), 3)


def test_a_core_keeps_what_holds_together() -> None:
    holds = {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert core(holds | {(2, 1)}, 2, 2) == (holds, 1)


def test_a_minimum_of_one_takes_nothing_away() -> None:
    assert core({(3, 0)}, 1, 1) == ({(3, 0)}, 0)


@given(PAIRS, st.integers(1, 4), st.integers(1, 4))
def test_the_core_is_the_one_that_taking_away_one_by_one_leaves(
    found: set[tuple[int, int]], least_items: int, least_users: int
) -> None:
    left = set(found)
    while True:
        items_of, users_of = Counter(user for user, _ in left), Counter(item for _, item in left)
        weak = [pair for pair in left if items_of[pair[0]] < least_items or users_of[pair[1]] < least_users]
        if not weak:
            break
        left.remove(weak[0])
    assert core(found, least_items, least_users)[0] == left


@pytest.mark.parametrize("room", [1, 2, 3, 100])
def test_a_core_is_copied_in_slices_over_gaps(room: int) -> None:
    starts, counts = np.array([0, 3, 3, 7], dtype=np.int64), np.array([2, 0, 3, 1], dtype=np.int64)
    item = np.array([0, 1, 9, 0, 1, 2, 9, 1], dtype=np.int32)  # 9: a place that is not used
    values = np.arange(8.0), np.arange(8, dtype=np.int32), np.arange(8)
    left, items = np.array([1, 0, 2, 0], dtype=np.int64), np.array([2, 0, 1], dtype=np.int64)
    copied: list[tuple[int, int]] = []
    user = pair = 0
    while True:
        users_, items_ = np.empty(room, np.int32), np.empty(room, np.int32)
        to = np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64)
        user, pair, filled = pairs.copy_core(
            user, pair, starts, counts, item, *values, left, items, users_, items_, *to
        )
        assert to[0][:filled].tolist() == to[1][:filled].tolist() == to[2][:filled].tolist()
        copied += zip(users_[:filled].tolist(), items_[:filled].tolist(), strict=True)
        if filled < room:
            break
    assert copied == [(0, 0), (2, 0), (2, 2)]


NUMBERS = ["0", "7", "-7", "007", "-0", "1.5", "", "-", "+7", "9" * 18, "9" * 19, "1e3", " 7", "٣", None]


@pytest.mark.parametrize("text", NUMBERS)
def test_whole_numbers_are_read_as_they_are_written(text: str | None) -> None:
    # A slice, so that offsets do not begin with 0.
    column = pa.array(["100", text, "-20"], pa.string()).slice(1, 1)
    numbers, read = np.empty(1, dtype=np.int64), np.empty(1, dtype=np.bool_)
    plain = whole_numbers(*text_buffers(column), present(column), numbers, read)
    digits = (text or "").removeprefix("-")
    assert read[0] == (digits.isascii() and digits.isdigit() and len(digits) <= 18)
    assert not read[0] or numbers[0] == int(text or "")
    assert plain == bool(read[0] and str(int(text or "")) == text)


def test_kernels_are_called_with_the_types_that_images_compile_them_for() -> None:
    """No sample calls these: with other types an image would compile them at every start."""
    for kind in (pa.int64(), pa.string()):
        Encoder().add(pa.chunked_array([pa.array(range(5000)).cast(kind)]))  # more than the first tables have room for
    for texts in (["7", "8"], ["7", None], []):
        to_micros(pa.chunked_array([pa.array(texts, pa.string())]), "s", "UTC")
    declared = [one for one in kernels() if one.signatures and one.name.startswith("machiya_preprocess.")]
    assert {one.name.rsplit(".", 1)[1] for one in declared} == {"place_integers", "place_text", "whole_numbers"}
    for one in declared:
        wanted = {normalize_signature(signature)[0] for signature in one.signatures}  # type: ignore[no-untyped-call]
        assert set(one.dispatcher.signatures) == wanted, one.name
