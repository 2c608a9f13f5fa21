"""The operation `allocate`, with every check of the contract."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machiya_component import ArgumentsError, DataError
from machiya_component.testing import Result
from machiya_experiment.allocation import Observed, Settings, propose

SAMPLE = Path(__file__).parents[1] / "sample"
Run = Callable[..., Result]
HALVES = {"control": 0.5, "candidate": 0.5}


def counts(**variants: tuple[int, int | None]) -> pa.Table:
    """(users, converted) of each variant."""
    users, converted = zip(*variants.values(), strict=True)
    columns = {"variant": list(variants), "users": list(users), "converted": pa.array(converted, pa.int64())}
    return pa.table(columns)


def decision(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((result.path("decision") / "decision.json").read_text())
    return found


def shares(result: Result) -> dict[str, float]:
    return {row["variant"]: row["share"] for row in result.table("allocation").to_pylist()}


def test_shares_move_to_the_better_one(run: Run) -> None:
    variants = counts(control=(1000, 100), candidate=(1000, 125))
    result = run("allocate", {"variants": variants}, shares=HALVES)
    rows = {row["variant"]: row for row in result.table("allocation").to_pylist()}
    assert list(rows) == ["control", "candidate"]
    assert rows["candidate"]["probability_best"] > 0.9
    assert rows["candidate"]["share"] == 0.7  # not further than maximum_step
    assert rows["candidate"]["current_share"] == 0.5
    assert rows["candidate"]["expected_loss"] < rows["control"]["expected_loss"]
    assert decision(result)["decision"] == "continue"
    assert decision(result)["shares"] == shares(result) == {"control": 0.3, "candidate": 0.7}


def test_shares_are_the_probabilities_to_be_the_best(run: Run) -> None:
    """Where neither minimum nor step limits them."""
    variants = counts(a=(500, 30), b=(500, 35), c=(500, 25))
    parameters = {"control": "a", "shares": {"a": 0.4, "b": 0.3, "c": 0.3}, "minimum_share": 0, "maximum_step": 1}
    rows = run("allocate", {"variants": variants}, **parameters).table("allocation").to_pylist()
    assert [row["share"] for row in rows] == pytest.approx([row["probability_best"] for row in rows], abs=1e-4)


@pytest.mark.parametrize(
    ("better", "expected"),
    [("candidate", ("promote", "candidate")), ("control", ("stop", "control"))],
)
def test_a_clear_difference_ends_the_experiment(run: Run, better: str, expected: tuple[str, str]) -> None:
    variants = counts(**{name: (5000, 400 if name == better else 250) for name in HALVES})
    result = run("allocate", {"variants": variants}, shares=HALVES)
    assert (decision(result)["decision"], decision(result)["variant"]) == expected
    metrics = result.metrics()
    assert metrics[f"decision_{expected[0]}"] == 1
    assert sum(metrics[f"decision_{name}"] for name in ("wait", "continue", "promote", "stop")) == 1
    assert metrics["relative_loss"] < 0.01
    assert metrics["p_value"] < 0.05


def test_what_may_be_noise_does_not_end_it(run: Run) -> None:
    """Little is lost by choosing the candidate, and yet equal variants would look so too often."""
    result = run("allocate", {"variants": counts(control=(1000, 100), candidate=(1000, 135))}, shares=HALVES)
    assert result.metrics()["relative_loss"] < 0.01
    assert decision(result)["decision"] == "continue"
    assert "may be noise" in decision(result)["reason"]


def test_the_best_must_beat_every_other(run: Run) -> None:
    """`b` is far better than the control, and `c` as good as `b`; whatever may be lost by choosing it."""
    variants = counts(a=(5000, 250), b=(5000, 400), c=(5000, 398))
    parameters = {"control": "a", "shares": {"a": 0.4, "b": 0.3, "c": 0.3}, "loss_threshold": 1.0}
    result = run("allocate", {"variants": variants}, **parameters)
    assert decision(result)["decision"] == "continue"
    assert "may be noise" in decision(result)["reason"]


def test_with_more_variants_there_are_more_ways_to_be_wrong(run: Run) -> None:
    """Beside a third variant that is clearly worse, the p-value of the same two is twice as large."""
    two, three = counts(a=(5000, 250), b=(5000, 330)), counts(a=(5000, 250), b=(5000, 330), c=(5000, 50))
    alone = run("allocate", {"variants": two}, control="a", shares={"a": 0.5, "b": 0.5}).metrics()["p_value"]
    thirds = {"a": 0.4, "b": 0.3, "c": 0.3}
    beside = run("allocate", {"variants": three}, control="a", shares=thirds).metrics()["p_value"]
    assert beside == pytest.approx(2 * alone)
    assert 0 < alone < 0.5


@pytest.mark.parametrize(
    ("variants", "analysis", "reason"),
    [
        (counts(control=(1000, 10), candidate=(99, 30)), None, "candidate has 99 users"),
        (counts(control=(1000, 10)), None, "candidate has 0 users"),
        (counts(control=(1000, None), candidate=(1000, None)), None, "Nothing is known"),
        (counts(control=(9000, 90), candidate=(1000, 300)), {"srm_mismatch": 1.0}, "sample ratio mismatch"),
    ],
)
def test_shares_stay_while_too_little_is_known(
    run: Run, variants: pa.Table, analysis: Mapping[str, float] | None, reason: str
) -> None:
    now = {"control": 0.912345, "candidate": 0.087655}
    result = run("allocate", {"variants": variants, "analysis": analysis}, shares=now)
    assert shares(result) == now
    assert decision(result)["decision"] == "wait"
    assert reason in decision(result)["reason"]


def test_what_is_unknown_is_null(run: Run) -> None:
    result = run("allocate", {"variants": counts(control=(1000, None), candidate=(1000, None))}, shares=HALVES)
    assert {row["probability_best"] for row in result.table("allocation").to_pylist()} == {None}
    assert decision(result)["variant"] is None
    assert "relative_loss" not in result.metrics()


def test_it_goes_on_from_what_analyze_wrote(run: Run) -> None:
    inputs = {"assignment": SAMPLE / "assignment", "events": SAMPLE / "events"}
    analysis = run("analyze", inputs, conversion_events=["apply"], window_from="2026-11-01", shares=HALVES)
    ports = {"variants": analysis.path("variants"), "analysis": analysis.path("metrics")}
    result = run("allocate", ports, shares=HALVES)
    assert decision(result)["decision"] == "promote"
    assert result.metrics()["probability_best/candidate"] == analysis.metrics()["probability_best/candidate"]


def test_the_same_input_gives_the_same_bytes(run: Run) -> None:
    ports = {"variants": SAMPLE / "variants-three"}
    parameters = {"control": "a", "shares": {"a": 0.4, "b": 0.3, "c": 0.3}}
    digests = {run("allocate", ports, **parameters).sidecar("allocation").digest for _ in range(2)}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shares": {"control": 0.5, "other": 0.5}}, "candidate has none"),
        ({"shares": {"control": 0.5, "candidate": 0.4}}, "add up to 0.9"),
        ({"shares": HALVES, "control": "base"}, "'base' has no share"),
        ({"shares": {"control": 0.4, "candidate": 0.3, "c": 0.3}, "minimum_share": 0.4}, "cannot all have 0.4"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(run: Run, parameters: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        run("allocate", {"variants": counts(control=(1000, 10), candidate=(1000, 10))}, **parameters)


def test_more_converted_users_than_users_are_refused(run: Run) -> None:
    with pytest.raises(DataError, match="candidate has 11 converted users of 10"):
        run("allocate", {"variants": counts(control=(10, 1), candidate=(10, 11))}, shares=HALVES)


COUNTS = st.tuples(st.integers(0, 20_000), st.floats(0, 1)).map(lambda pair: (pair[0], int(pair[0] * pair[1])))


@given(st.lists(st.tuples(COUNTS, st.floats(0.05, 1)), min_size=2, max_size=4), st.floats(0.01, 0.5))
def test_proposals_keep_to_the_rules(seen: list[tuple[tuple[int, int], float]], most: float) -> None:
    users, converted = np.array([pair for pair, _ in seen]).T
    current = np.array([share for _, share in seen])
    current = current / current.sum()
    least = 0.5 / len(seen)
    settings = Settings(minimum_share=least, maximum_step=most)
    names = tuple("abcd"[: len(seen)])
    proposal = propose(Observed(names, current, users, converted), settings)
    digits = 1e-4 + 1e-9
    assert proposal.shares.sum() == pytest.approx(1)
    assert np.abs(proposal.shares - current).max() <= most + digits
    assert (proposal.shares >= np.minimum(current, least) - digits).all()
