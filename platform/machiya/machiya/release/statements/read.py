"""Statements of an image, as a registry has them."""

from pydantic import ValidationError

from machiya.errors import NotFoundError
from machiya.release.registry import Repository
from machiya.release.statements.in_toto import MEDIA_TYPE, PREDICATE_ANNOTATION, Statement
from machiya.release.statements.packages import Packages
from machiya.release.statements.sbom import SBOM_TYPE, read_sbom
from machiya.release.statements.test_result import TEST_RESULT_TYPE, TestResult, read_test_result


def statements_of(repository: Repository, digest: str, predicate_type: str) -> list[Statement]:
    """The statements of one kind about an image, the oldest first. What is about another image counts as none."""
    found = []
    for attached in repository.attached(digest, MEDIA_TYPE):
        if attached.annotations.get(PREDICATE_ANNOTATION, predicate_type) != predicate_type:
            continue
        try:
            statement = Statement.model_validate_json(repository.content(attached))
        except (ValidationError, NotFoundError):
            continue
        if statement.predicate_type == predicate_type and statement.is_about(digest):
            found.append(statement)
    return found


def verdict_of(repository: Repository, digest: str) -> TestResult | None:
    """What the conformance suite said of an image; None where nobody stated anything. Of several the last counts."""
    for statement in reversed(statements_of(repository, digest, TEST_RESULT_TYPE)):
        try:
            return read_test_result(statement)
        except (ValueError, TypeError, AttributeError):
            continue
    return None


def sbom_of(repository: Repository, digest: str) -> Packages | None:
    """The packages of an image; None where nobody stated them."""
    statements = statements_of(repository, digest, SBOM_TYPE)
    return read_sbom(statements[-1]) if statements else None
