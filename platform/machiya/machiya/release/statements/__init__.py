"""What is stated of an image, beside it in the registry: in-toto statements, each bound to the image's digest."""

from machiya.release.statements.in_toto import MEDIA_TYPE, Statement
from machiya.release.statements.packages import Package, Packages
from machiya.release.statements.read import sbom_of, statements_of, verdict_of
from machiya.release.statements.sbom import SBOM_TYPE, sbom_statement
from machiya.release.statements.test_result import TEST_RESULT_TYPE, TestResult, test_result_statement

__all__ = [
    "MEDIA_TYPE",
    "SBOM_TYPE",
    "TEST_RESULT_TYPE",
    "Package",
    "Packages",
    "Statement",
    "TestResult",
    "sbom_of",
    "sbom_statement",
    "statements_of",
    "test_result_statement",
    "verdict_of",
]
