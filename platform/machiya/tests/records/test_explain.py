"""Why a step was computed, or not."""

import pytest

from machiya.errors import NotFoundError
from machiya.records.explain import Explanation, explain

from .conftest import DEMO, Home


def parts(found: Explanation) -> list[str]:
    return [one.part for one in found.differences]


def test_a_hit_names_the_run_that_computed_it(home: Home) -> None:
    first, second = home.run(), home.run()
    found = explain(second, "clean")
    assert (found.verdict, found.run) == ("hit", first.name)


def test_the_first_computation_is_the_first(home: Home) -> None:
    found = explain(home.run(), "clean")
    assert (found.verdict, found.reason) == ("first", "no earlier run that is recorded computed toy clean")


def test_another_parameter_is_named_with_both_values(home: Home) -> None:
    first = home.run()
    found = explain(home.run(word="two"), "clean")
    (one,) = found.differences
    assert (found.verdict, found.run) == ("differs", first.name)
    assert (one.part, one.before, one.now) == ("parameter text", "one", "two")


def test_the_nearest_earlier_run_counts_and_not_the_last(home: Home) -> None:
    near = home.run(word="two", toy_code="sha256:new")
    home.run(word="one", toy_code="sha256:old")
    found = explain(home.run(word="three", toy_code="sha256:new"), "clean")
    assert (found.run, parts(found)) == (near.name, ["parameter text"])


def test_other_contents_of_an_input_are_followed_to_the_step_that_made_them(home: Home) -> None:
    home.run()
    record = home.run(word="two")
    (one,) = explain(record, "join").differences
    assert one.part == "input data"
    assert one.why == f"shard put out another data; it was computed: machiya cache explain {record.name} shard"


def test_other_contents_from_outside_are_followed_to_where_they_came_from(home: Home) -> None:
    home.run()
    (one,) = explain(home.run(log="new"), "clean").differences
    assert (one.part, one.why) == ("input log", "log comes from outside: new.csv holds something else than before")


def test_other_code_is_named(home: Home) -> None:
    home.run()
    (one,) = explain(home.run(toy_code="sha256:new"), "clean").differences
    assert (one.part, one.why) == ("code", "version 1.0.0, with other code")


def test_of_a_loop_the_first_turn_that_was_computed_is_explained(home: Home) -> None:
    home.run(turns="1")
    found = explain(home.run(turns="2"), "shard")
    assert (found.step, parts(found)) == ("shard(1:00001)", ["parameter text"])


def test_digests_that_are_not_known_are_named(home: Home) -> None:
    home.run()
    found = explain(home.run(known=False, toy_code=""), "clean")
    assert found.verdict == "unknown"
    assert "the digest of code is not known" in found.reason
    assert "the digest of input log is not known" in found.reason


def test_a_step_without_memoize_is_not_cacheable(home: Home) -> None:
    assert explain(home.run(), "check").verdict == "not cacheable"


def test_a_result_that_is_too_old_has_expired(home: Home) -> None:
    manifest = DEMO.replace("maxAge: 480h", "maxAge: 0s")
    first = home.run(manifest=manifest)
    found = explain(home.run(manifest=manifest), "clean")
    assert (found.verdict, found.run, found.reason) == ("expired", first.name, "results are forgotten after 0s")


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("cache", "was gone or altered when it was looked for"),
        ("store/keys/runs", "what it put out is not in the store any more: data"),
    ],
)
def test_a_result_that_could_not_be_used_is_gone(home: Home, lost: str, reason: str) -> None:
    first = home.run()
    for path in (path for path in (home.path / lost).rglob("*.json") if "join" not in path.parts):
        path.unlink()
    found = explain(home.run(), "clean")
    assert (found.verdict, found.run) == ("gone", first.name)
    assert reason in found.reason


def test_a_failure_is_no_earlier_computation(home: Home) -> None:
    manifest = DEMO.replace("args: [run, clean, '{{inputs.parameters.text}}']", "args: [run, check, '65']")
    assert home.run(manifest=manifest).phase == "Failed"
    assert explain(home.run(), "clean").verdict == "first"


def test_a_step_that_did_not_run_has_nothing_to_explain(home: Home) -> None:
    manifest = DEMO.replace("args: [run, clean, '{{inputs.parameters.text}}']", "args: [run, check, '65']")
    with pytest.raises(NotFoundError, match="the step join did not run"):
        explain(home.run(manifest=manifest), "join")
