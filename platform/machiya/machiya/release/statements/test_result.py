"""The verdict of the conformance suite as an in-toto test result.

Source: https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md.
"""

from dataclasses import dataclass
from datetime import datetime

from machiya import __version__
from machiya.conformance import Verdict
from machiya.release.statements.in_toto import Statement

TEST_RESULT_TYPE = "https://in-toto.io/attestation/test-result/v0.1"


@dataclass(frozen=True)
class TestResult:
    """What a statement says of the conformance of an image."""

    __test__ = False  # for pytest

    passed: bool
    passed_tests: tuple[str, ...]
    failed_tests: tuple[str, ...]
    suite: str = ""
    started: datetime | None = None

    @property
    def text(self) -> str:
        """``passed (31 checks)`` or ``failed: output.digest``."""
        if self.passed:
            return f"passed ({len(self.passed_tests)} checks)"
        return f"failed: {', '.join(self.failed_tests) or 'it does not say what'}"


def test_result_statement(verdict: Verdict, image: str, digest: str) -> Statement:
    """The statement for a verdict on the image ``name@digest``."""
    names = {outcome: [one.id for one in verdict.with_outcome(outcome)] for outcome in ("pass", "fail", "skip")}
    suite = {
        "name": "machiya conformance suite",
        "uri": f"pkg:pypi/machiya@{__version__}",
        "annotations": {
            "started": verdict.started.isoformat(timespec="seconds"),
            "seconds": verdict.seconds,
            "imageId": verdict.image.id,
            "skippedTests": names["skip"],
        },
    }
    predicate = {
        "result": "PASSED" if verdict.passed else "FAILED",
        "configuration": [suite],
        "passedTests": names["pass"],
        "warnedTests": [],
        "failedTests": names["fail"],
    }
    return Statement.about(image, digest, TEST_RESULT_TYPE, predicate)


test_result_statement.__test__ = False  # type: ignore[attr-defined]


def read_test_result(statement: Statement) -> TestResult:
    """What a statement of this kind says; ValueError where it is not as the specification says."""
    predicate = statement.predicate
    if predicate.get("result") not in ("PASSED", "WARNED", "FAILED"):
        raise ValueError(f"{predicate.get('result')!r} is no result")
    suite = (predicate.get("configuration") or [{}])[0]
    started = (suite.get("annotations") or {}).get("started")
    return TestResult(
        predicate["result"] == "PASSED",
        tuple(predicate.get("passedTests") or ()),
        tuple(predicate.get("failedTests") or ()),
        str(suite.get("uri", "")),
        datetime.fromisoformat(started) if started else None,
    )
