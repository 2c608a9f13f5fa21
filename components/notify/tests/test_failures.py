"""Failures as Argo and the local engine give them: read whatever their form, and reduced to what went wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machiya_notify.failures import TEXT_LIMIT, Failure, Failures, causes, read_failures


def node(name: str, message: str = "", template: str = "") -> dict[str, str]:
    return {
        "displayName": name,
        "message": message,
        "templateName": template or name.partition("(")[0],
        "phase": "Failed",
        "podName": f"run-{name}-123",
        "finishedAt": "2026-11-22T01:50:38Z",
    }


def quoted(text: str) -> str:
    """Go's strconv.Quote, for text of JSON: backslashes and quotes; what is not printed as \\x, \\u or \\U."""
    plain = {'"': '\\"', "\\": "\\\\", "\x7f": "\\x7f", "\u200b": "\\u200b", "\U000e0001": "\\U000e0001"}
    return '"' + "".join(plain.get(letter, letter) for letter in text) + '"'


TWO = [node("train", "Error (exit code 75)"), node("split", 'said "no" \\ in C:\\tmp')]


@pytest.mark.parametrize("form", [str, quoted])
def test_a_list_is_read_plain_and_quoted(form: Any) -> None:
    assert read_failures(form(json.dumps(TWO))) == Failures(
        (Failure("train", "train", "Error (exit code 75)"), Failure("split", "split", 'said "no" \\ in C:\\tmp')),
    )


@pytest.mark.parametrize("text", ["", "[]", "null", '"null"', '"[]"', " [ ] "])
def test_none_is_none(text: str) -> None:
    assert read_failures(text) == Failures()


def test_what_is_no_list_is_told_as_it_is() -> None:
    assert read_failures("everything  broke") == Failures((Failure("a step", message="everything broke"),), cut=True)


letters = st.characters(codec="utf-8") | st.sampled_from('"\\\x7f\u200b\U000e0001{[,')


@settings(deadline=None)
@given(st.lists(st.text(letters, max_size=20), max_size=6), st.booleans(), st.integers(0, 2000))
def test_a_list_that_was_cut_off_is_read_as_far_as_it_goes(messages: list[str], quote: bool, length: int) -> None:
    text = json.dumps([node(f"s{number}", message) for number, message in enumerate(messages)], ensure_ascii=False)
    whole = quoted(text) if quote else text

    full, part = read_failures(whole), read_failures(whole[:length])

    assert [failure.message for failure in full.listed] == [" ".join(one.split()) for one in messages]
    assert not full.cut
    if whole[:length].startswith(("[", '"[')):
        assert part.listed == full.listed[: len(part.listed)]
        assert part.cut or part == full


def test_a_long_message_is_shortened() -> None:
    (failure,) = read_failures(json.dumps([node("train", "x" * 10_000)])).listed

    assert failure.message == "x" * (TEXT_LIMIT - 3) + "..."


def told(*nodes: dict[str, str]) -> list[tuple[str, str, int]]:
    return [
        (", ".join(one.names), one.message, one.attempts) for one in causes(read_failures(json.dumps(nodes)).listed)
    ]


def test_attempts_are_told_as_one_step_by_the_last() -> None:
    attempts = [node(f"train({number})", f"Error (exit code 7{number})") for number in (0, 2, 1)]

    assert told(node("train", "No more retries left"), *attempts) == [("train", "Error (exit code 72)", 3)]


def test_what_only_holds_a_failed_step_is_left_out() -> None:
    assert told(
        node("run-1", "", "main"), node("run-1[0]", "child 'run-1-22' failed"), node("predict"), node("train", "boom")
    ) == [("train", "boom", 1)]


def test_where_nothing_else_is_known_the_run_itself_is_told() -> None:
    assert told(node("run-1", "", "main")) == [("run-1", "", 1)]


def test_shards_with_one_message_are_told_together() -> None:
    shards = [
        node(f"predict({number}:{number:05d})({attempt})", "Error (exit code 65)")
        for number in (1, 0)
        for attempt in (0, 1)
    ]

    assert told(*shards) == [("predict(0:00000), predict(1:00001)", "Error (exit code 65)", 2)]
