"""Each class of failure: what is tried again by itself, what RETRY runs, and that in the end nothing differs."""

from dataclasses import dataclass

import pytest

from machiya.records.diagnosis import Press
from tests.reruns.bench import Bench, attempts, differences
from tests.reruns.disturbed import Trouble

SHARDS = [f"predict({number}:{number:05})" for number in range(3)]
AFTER_TRAINING = ["predict(0:00000)", "predict(1:00001)", "predict(2:00002)", "publish", "score"]


@dataclass(frozen=True)
class Case:
    """A failure; how often it is tried, which rule of `machiya explain` knows it, and what that says to press."""

    trouble: Trouble
    tried: int
    rule: str
    press: Press


CASES = {
    "arguments": Case(Trouble(64), 1, "arguments", Press.RESUBMIT),
    "bad data": Case(Trouble(65), 1, "data", Press.RESUBMIT),
    "bug": Case(Trouble(70), 1, "bug", Press.RESUBMIT),
    "temporary": Case(Trouble(75), 4, "temporary", Press.RETRY),
    "preempted": Case(Trouble(143), 4, "terminated", Press.RETRY),
    "killed": Case(Trouble(137), 4, "terminated", Press.RETRY),
    "pod deleted": Case(Trouble(lost="pod deleted"), 4, "node-lost", Press.RETRY),
    "node lost": Case(
        Trouble(lost="Pod was terminated in response to imminent node shutdown."), 4, "node-lost", Press.RETRY
    ),
    "out of memory": Case(Trouble(137, out_of_memory=True), 2, "out-of-memory", Press.RESUBMIT),
    "timeout": Case(Trouble(), 1, "timeout", Press.RETRY),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_after_retry_a_run_that_failed_is_like_one_that_did_not(
    case: Case, bench: Bench, undisturbed: dict[str, str]
) -> None:
    bench.launcher.troubles["train"] = [case.trouble]
    failed = bench.run()
    assert failed.phase in ("Failed", "Error")
    assert attempts(failed) == {"read": 1, "train": case.tried}
    assert bench.kept() == {}, "nothing is published of a run that failed"
    (cause,) = bench.explained(failed.run).causes
    assert (cause.name, cause.verdict.rule, cause.verdict.press) == ("train", case.rule, case.press)

    mended = bench.press_retry(failed.run)
    assert mended.succeeded, mended.message
    assert bench.ran == [*AFTER_TRAINING, "train"], "what had succeeded does not run again"
    assert differences(bench.left(mended), undisturbed) == []


def test_what_passes_by_itself_needs_nobody(bench: Bench, undisturbed: dict[str, str]) -> None:
    bench.launcher.troubles |= {
        "read": [Trouble(75), None],
        "train": [Trouble(137, out_of_memory=True), None],
        SHARDS[1]: [Trouble(lost="pod deleted"), Trouble(143), None],
        "score": [Trouble(137), None],
        "publish": [Trouble(143), None],
    }
    result = bench.run()
    assert result.succeeded, result.message
    tries = {"read": 2, "train": 2, SHARDS[0]: 1, SHARDS[1]: 3, SHARDS[2]: 1, "score": 2, "publish": 2}
    assert attempts(result) == tries
    limits = [spec.memory_limit for spec in bench.launcher.started if spec.template == "train"]
    assert limits == [1 << 30, 2 << 30], "the contract's maxMemory, after it had run out of memory"
    assert differences(bench.left(result), undisturbed) == []


def test_without_more_memory_to_give_it_is_not_tried_again(bench: Bench) -> None:
    bench.launcher.troubles["read"] = [Trouble(137, out_of_memory=True)]
    assert attempts(bench.run()) == {"read": 1}


def test_of_a_fan_out_only_the_shard_that_failed_runs_again(bench: Bench, undisturbed: dict[str, str]) -> None:
    bench.launcher.troubles[SHARDS[1]] = [Trouble(70)]
    failed = bench.run()
    assert failed.phase == "Failed"
    assert attempts(failed) == {"read": 1, "train": 1, **dict.fromkeys(SHARDS, 1)}
    assert bench.kept() == {}

    mended = bench.press_retry(failed.run)
    assert mended.succeeded, mended.message
    assert bench.ran == [SHARDS[1], "publish", "score"]
    assert differences(bench.left(mended), undisturbed) == []


def test_a_run_that_fails_twice_in_two_places_is_whole_after_the_second_retry(
    bench: Bench, undisturbed: dict[str, str]
) -> None:
    bench.launcher.troubles["read"] = [Trouble(lost="pod deleted")]
    first = bench.run()
    assert attempts(first) == {"read": 4}
    bench.press_retry(first.run)  # begins anew with all attempts, and succeeds

    bench.launcher.troubles["publish"] = [Trouble(143)]
    before = bench.kept()
    second = bench.run()
    assert second.phase == "Failed"
    assert bench.kept() == before, "what an earlier run published stays, byte for byte"
    mended = bench.press_retry(second.run)
    assert mended.succeeded
    assert bench.ran == ["publish"]
    assert differences(bench.left(mended), undisturbed) == []


def test_retry_pressed_once_more_changes_nothing(bench: Bench) -> None:
    bench.launcher.troubles["score"] = [Trouble(75)]
    failed = bench.run()
    once = bench.press_retry(failed.run)
    left = bench.left(once)
    assert bench.press_retry(failed.run).succeeded
    assert bench.ran == []
    assert bench.left(once) == left


def test_a_published_run_whose_last_step_is_executed_again_publishes_the_same(bench: Bench) -> None:
    first = bench.run()
    before = bench.kept()
    assert bench.press_retry(first.run, step="publish").succeeded
    assert bench.ran == ["publish"]
    assert bench.kept() == before
