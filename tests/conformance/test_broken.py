"""A component that breaks a promise is caught by the check of that promise, with words that help."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from machiya.conformance import CHECKS, failure_text

if TYPE_CHECKING:
    from tests.conformance.conftest import Broken, Laboratory


@pytest.mark.engine
def test_the_check_catches_the_broken_component(case: "Broken", laboratory: "Laboratory", tmp_path: Path) -> None:
    if case.folder:
        folder = laboratory.edited(case, tmp_path)
        verdict = laboratory.check(laboratory.good(case.of), tmp_path, case.check, folder=folder)
    else:
        with laboratory.broken(case, tmp_path) as image:
            verdict = laboratory.check(image, tmp_path, case.check, timeout=case.timeout)
    [result] = verdict.checks
    told = "\n".join(failure_text(failure) for failure in result.failures)
    assert result.outcome == "fail", case.why
    assert not verdict.passed
    assert [words for words in case.says if words not in told] == [], told


def test_every_check_that_can_fail_has_a_broken_component(cases: "list[Broken]") -> None:
    assert {check.id for check in CHECKS if not check.reports} - {case.check for case in cases} == set()


def test_every_broken_component_is_for_a_check_that_is_there(cases: "list[Broken]") -> None:
    assert {case.check for case in cases} - {check.id for check in CHECKS} == set()


def test_a_broken_component_is_named_after_its_check(cases: "list[Broken]") -> None:
    assert [case.name for case in cases if case.name != case.check and not case.name.startswith(f"{case.check}.")] == []


def test_ids_are_unique() -> None:
    assert [name for name, times in Counter(check.id for check in CHECKS).items() if times > 1] == []


@pytest.mark.engine
def test_only_the_check_of_the_broken_promise_fails(
    cases: "list[Broken]", laboratory: "Laboratory", tmp_path: Path
) -> None:
    [case] = [case for case in cases if case.name == "arguments.range"]
    with laboratory.broken(case, tmp_path) as image:
        verdict = laboratory.check(image, tmp_path, "bare", "contract", "samples", "arguments", "data")
    assert [result.id for result in verdict.with_outcome("fail")] == ["arguments.range"]
