"""Durations and names, as Argo reads them."""

import pytest

from machiya.manifest.grammar.durations import argo_duration, go_duration
from machiya.manifest.grammar.names import is_field_name, is_object_name, is_parameter_name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("1.5h", 5400), (".5s", 0.5), ("500ms", 0.5), ("2µs", 2e-6), ("0", 0), ("-1m", -60)],
)
def test_durations_of_go(text: str, seconds: float) -> None:
    assert go_duration(text) == pytest.approx(seconds)
    assert argo_duration(text) == pytest.approx(seconds)


def test_a_whole_number_means_seconds_to_argo_alone() -> None:
    assert (argo_duration("90"), go_duration("90")) == (90, None)


@pytest.mark.parametrize("text", ["", "s", "2d", "1h 5m", "1.5", "5x", "1h30", "ms5"])
def test_what_is_no_duration(text: str) -> None:
    assert argo_duration(text) is None


def test_names() -> None:
    assert [is_field_name(text) for text in ("A-1", "-a", "a_b", "")] == [True, False, False, False]
    assert [is_parameter_name(text) for text in ("a_b", "-a", "a.b", "")] == [True, True, False, False]
    assert [is_object_name(text) for text in ("a.b-1", "A", "a-", ".a")] == [True, False, False, False]
