"""Attempts: how many, when, and why no more."""

from collections.abc import Callable

import pytest

from machiya.engines.local.argo.simulation import Result, exits, simulate

Make = Callable[..., str]


RETRY = """
  - name: main
    retryStrategy: %s
    container: {image: busybox, command: [work, "{{retries}}"]}
"""


def test_attempts_are_nodes_of_their_own(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 3}"), exits(1, 1, 0))
    assert run.phase == "Succeeded"
    assert run.phases == {"(0)": "Failed", "(1)": "Failed", "(2)": "Succeeded"}
    assert run.nodes[""].type == "Retry"
    assert run.words == ["0", "1", "2"]


def test_the_limit_counts_retries_not_attempts(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 1}"), exits(1, 1, 0))
    assert (run.phase, len(run.started)) == ("Failed", 2)
    assert run.nodes[""].message.startswith("No more retries left")


@pytest.mark.parametrize(
    ("strategy", "attempts"),
    [
        ('{limit: 5, expression: "asInt(lastRetry.exitCode) in [75, 143]"}', 2),
        ("{limit: 5, expression: \"lastRetry.status == 'Failed' && asInt(retries) < 2\"}", 3),
        ("{limit: 5, retryPolicy: OnError}", 1),
    ],
)
def test_expression_and_policy_decide_about_another_attempt(workflow: Make, strategy: str, attempts: int) -> None:
    run = simulate(workflow(RETRY % strategy), exits(75, 64, 64, 64, 64, 64))
    assert (run.phase, len(run.started)) == ("Failed", attempts)


def test_backoff_grows_by_its_factor(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 2, backoff: {duration: 10s, factor: 3}}"), exits(1, 1, 0))
    assert [run.nodes[f"({n})"].started for n in range(3)] == [0, 11, 42]


def test_backoff_ends_with_its_longest_duration(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 9, backoff: {duration: 10s, maxDuration: 15s}}"), exits(*[1] * 9))
    assert (len(run.started), run.nodes[""].message) == (2, "Backoff would exceed max duration limit")


@pytest.mark.parametrize(
    ("policy", "error", "attempts"),
    [
        ("OnFailure", False, 3),
        ("OnFailure", True, 1),
        ("OnError", True, 3),
        ("OnError", False, 1),
        ("Always", True, 3),
        ("Always", False, 3),
        ("OnTransientError", True, 1),
        ("OnTransientError", False, 1),
    ],
)
def test_a_policy_says_after_which_ends_there_is_another_attempt(
    workflow: Make, policy: str, error: bool, attempts: int
) -> None:
    end = Result(error="the node was lost") if error else Result(code=1)
    run = simulate(workflow(RETRY % f"{{limit: 2, retryPolicy: {policy}}}"), lambda _: end)
    assert (run.phase, len(run.started)) == ("Error" if error else "Failed", attempts)


def test_an_attempt_knows_how_the_last_one_ended(workflow: Make) -> None:
    work = '"{{lastRetry.exitCode}} {{lastRetry.status}} {{lastRetry.duration}} {{lastRetry.message}}"'
    run = simulate(workflow(RETRY.replace('"{{retries}}"', work) % "{limit: 1}"), exits(7, 0))
    assert run.words == ["0  0 ", "7 Failed 1 Error (exit code 7)"]


def test_a_backoff_without_duration_is_an_error(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 1, backoff: {factor: 2}}"), exits(1, 0))
    assert (run.phase, run.nodes[""].message) == ("Error", "retryStrategy: the backoff has no duration")


def test_a_dag_that_fails_is_tried_again_as_a_whole(workflow: Make) -> None:
    run = simulate(
        workflow("""
  - name: main
    retryStrategy: {limit: 1}
    dag:
      tasks:
      - {name: a, template: work}
      - {name: b, template: work, depends: a}
"""),
        exits(0, 1, 0, 0),
    )
    assert (run.phase, run.names) == ("Succeeded", ["wf(0).a", "wf(0).b", "wf(1).a", "wf(1).b"])


def test_a_run_that_is_stopped_during_a_backoff_makes_no_other_attempt(workflow: Make) -> None:
    run = simulate(workflow(RETRY % "{limit: 5, backoff: {duration: 1h}}"), exits(1), stop_at=100)
    assert (run.phase, run.now, len(run.started)) == ("Failed", 100, 1)
