"""What is said, and when two messages are the same."""

import json
from typing import Any

import pytest

from machiya_notify.components import behind, read_components
from machiya_notify.failures import read_failures
from machiya_notify.message import Run, details, filled_links, headline, spoken_duration
from machiya_notify.styles import lines, payload

COMPONENTS = read_components(
    [
        {
            "name": "shop",
            "version": "1.2.0",
            "digest": "sha256:0f3c",
            "owner": "team-shop",
            "runbook": "https://wiki/shop",
            "exitCodes": {"65": "The catalogue has a hole. Order it again"},
            "steps": ["step", "predict"],
        },
        {"name": "viewer", "version": "2.0.0", "steps": ["predict-later"]},
    ]
)


def run(*messages: str, status: str = "Failed", cut: bool = False, link: str = "", **more: Any) -> Run:
    nodes = [
        {"displayName": f"step-{number}", "templateName": "step", "message": message}
        for number, message in enumerate(messages)
    ]
    text = json.dumps(nodes)
    facts = {"workflow": "recommend", "stage": "production", "name": "r-1", "duration": 41.7, **more}
    return Run(
        **facts, status=status, failures=read_failures(text[:-1] if cut else text), links={"run": link} if link else {}
    )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Error (exit code 64)", "bad arguments. The last line of its log names the parameter"),
        ("Error (exit code 65)", "data breaks the contract. The last line of its log names the data"),
        ("main: Error (exit code 70)", "a bug. Show its log to the component's owner."),
        ("Error (exit code 75)", "temporary, try again. Retry the run later"),
        ("Error (exit code 143)", "stopped by SIGTERM. Retry the run."),
        ("Error (exit code 137)", "killed from outside. Retry the run."),
        ("OOMKilled (exit code 137)", "out of memory. Give the operation more memory"),
        ("wait: Error (exit code 64): failed to put file: Access Denied.", "Denied. It is Argo's own container"),
        ("wait: OOMKilled (exit code 137)", "(exit code 137). It is Argo's own container"),
        ("Error (exit code 3)", "Error (exit code 3). Look at its log."),
        ("Step exceeded its deadline", "Step exceeded its deadline. Look at its log."),
    ],
)
def test_a_failure_says_what_its_exit_code_means_and_what_to_do(message: str, said: str) -> None:
    (line,) = [line for line in details(run(message)) if line.startswith("Failed: step-0: ")]

    assert said in line


def test_a_run_that_succeeded_is_told_in_two_lines() -> None:
    assert lines(run(status="Succeeded")) == ["recommend (production) succeeded after 41.7 s", "Run: r-1"]


def test_a_failed_run_ends_with_how_to_retry_and_the_link() -> None:
    said = lines(run("boom", link="https://argo.example.com/r-1"))

    assert said[0] == "recommend (production) failed after 41.7 s"
    assert "machiya retry r-1" in said[-2]
    assert said[-1] == "Open the run: https://argo.example.com/r-1"


@pytest.mark.parametrize(
    "message", ["Error (exit code 64)", "Error (exit code 65)", "main: Error (exit code 70)", "OOMKilled"]
)
def test_nobody_is_told_to_retry_what_would_fail_again(message: str) -> None:
    told = lines(run("Error (exit code 75)", message))
    assert told[-1].startswith("A retry would fail again.")
    assert "machiya resubmit r-1" in told[-1]


def test_a_failure_names_the_version_and_whom_to_ask_and_the_component_explains_its_own_codes() -> None:
    said = lines(run("Error (exit code 65)", components=COMPONENTS))

    assert (
        "Failed: step-0 (shop 1.2.0): Error (exit code 65) - data breaks the contract. The catalogue has a hole. "
        in (said[2] + " ")
    )
    assert said[3] == "Ask: team-shop. Runbook: https://wiki/shop"
    assert said[4] == "Versions: shop 1.2.0, viewer 2.0.0"


def test_what_a_component_says_of_65_is_not_said_of_another_end() -> None:
    (line,) = [line for line in details(run("Error (exit code 70)", components=COMPONENTS)) if "Failed: " in line]

    assert "Show its log to the component's owner." in line


@pytest.mark.parametrize(
    ("template", "name"),
    [("predict", "shop"), ("predict-shard", "shop"), ("predict-later-2", "viewer"), ("predicted", None), ("", None)],
)
def test_the_component_behind_a_template(template: str, name: str | None) -> None:
    found = behind(template, COMPONENTS)

    assert (found.name if found else None) == name


@pytest.mark.parametrize("given", [None, {}, "text", [3, {}, {"name": ""}], [{"version": "1.0.0"}]])
def test_components_that_are_not_as_they_should_be_are_left_out(given: Any) -> None:
    assert read_components(given) == ()


def test_half_a_component_is_better_than_none() -> None:
    (one,) = read_components([{"name": "shop", "steps": 3, "exitCodes": {"x": 1, "65": 2}, "owner": None}])

    assert (one.steps, one.exit_codes, one.owner, str(one)) == ((), {65: "2"}, "", "shop")


def test_warnings_are_told_also_of_a_run_that_succeeded() -> None:
    said = lines(run(status="Succeeded", warnings=tuple(f"w{number}" for number in range(7))))

    assert said[2:] == [*(f"Warning: w{number}" for number in range(5)), "And 2 more warnings."]


def test_a_workflow_without_stage_has_no_brackets() -> None:
    assert headline(run(status="Error", stage="")) == "recommend ended with an error after 41.7 s"


def test_many_failures_are_counted() -> None:
    said = list(details(run(*(f"boom {number}" for number in range(9)), cut=True)))

    assert sum(line.startswith("Failed: ") for line in said) == 5
    assert "And 4 more." in said
    assert "The list of failures was too long to be told whole." in said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (41.66, "41.7 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (3599.6, "1 h 0 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert spoken_duration(seconds) == said


def test_names_cannot_change_where_a_link_leads() -> None:
    templates = {"run": "https://argo/{workflow}/{stage}/{run}?x={run}", "report": ""}

    assert filled_links(templates, run="../a b", workflow="w", stage="{run}") == {
        "run": "https://argo/w/%7Brun%7D/..%2Fa%20b?x=..%2Fa%20b"
    }


def test_the_same_end_is_the_same_message() -> None:
    assert run("boom").identity == run("boom", duration=99.0, link="https://elsewhere").identity
    assert run("boom", "bang").identity != run("boom").identity


@pytest.mark.parametrize(
    "other",
    [
        run("bang"),
        run("boom", status="Error"),
        run("boom", name="r-2"),
        run("boom", stage=""),
        run("boom", workflow="w"),
    ],
)
def test_another_end_is_another_message(other: Run) -> None:
    assert other.identity != run("boom").identity


def test_of_a_cut_list_another_part_is_the_same_message() -> None:
    part, other = [{"displayName": name, "templateName": "t", "message": "boom"} for name in ("s-1", "s-2")]
    texts = [json.dumps([one])[:-1] + ", {" for one in (part, other)]
    first, second = (run().__class__("w", "", "r", "Failed", 1.0, read_failures(text)) for text in texts)

    assert first.failures.cut
    assert first.identity == second.identity


def test_slack_takes_no_orders_from_a_step() -> None:
    text = payload(run("<!channel> & <http://evil|here>", link="https://argo/r?a=1&b=2"), "slack")["text"]

    assert "&lt;!channel&gt; &amp; &lt;http://evil|here&gt;" in text
    assert text.endswith("<https://argo/r?a=1&amp;b=2|Open the run>")
    assert text.startswith(":x: *recommend (production) failed")


def test_the_generic_style_has_every_fact() -> None:
    body = payload(run("Error (exit code 65)", link="https://argo/r-1"), "generic")

    assert (body["workflow"], body["stage"], body["run"], body["status"]) == (
        "recommend",
        "production",
        "r-1",
        "Failed",
    )
    assert (body["duration_seconds"], body["links"]["run"], body["failures_cut"]) == (41.7, "https://argo/r-1", False)
    (failure,) = body["failures"]
    assert (failure["steps"], failure["exit_code"], failure["meaning"]) == (["step-0"], 65, "data breaks the contract")
    assert body["text"].splitlines()[0] == "recommend (production) failed after 41.7 s"
    assert json.loads(json.dumps(body)) == body
