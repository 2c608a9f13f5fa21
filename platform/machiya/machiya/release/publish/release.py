"""The release of one version: check, build, test, push, state. Each step looks first at what is there already.

::

    folder + registry ── candidate ──> findings ┐
    folder ── build ──> image ── test ──────────┴─> push ──> verify ──> verdict, SBOM beside the image
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from machiya import images
from machiya.conformance import CHECKS, Check, CheckResult
from machiya.containers import ContainerEngine
from machiya.errors import BuildError, CheckError, RegistryError
from machiya.release.publish.candidate import Candidate, candidate_of
from machiya.release.publish.checks import conformance_findings, findings_of
from machiya.release.publish.report import Report
from machiya.release.publish.testing import conformance_of
from machiya.release.registry import Attachment, Image, Registry
from machiya.release.statements import (
    MEDIA_TYPE,
    Statement,
    TestResult,
    sbom_of,
    sbom_statement,
    test_result_statement,
    verdict_of,
)
from machiya.release.statements.in_toto import PREDICATE_ANNOTATION
from machiya.release.statements.packages import packages_of
from machiya.release.statements.test_result import read_test_result
from machiya_component.findings import Finding


@dataclass(frozen=True)
class _Tested:
    """An image of this machine, and what the suite says of it; ``statement`` is made once it has a digest."""

    reference: str
    result: TestResult | None
    statement: Callable[[str], Statement] | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Releaser:
    """Releases components to one registry. ``note`` hears what happens, in words, and ``on_finding`` each finding."""

    registry: Registry
    engine: ContainerEngine
    base: str | None = None
    checks: Sequence[Check] = CHECKS
    note: Callable[[str], None] = lambda _text: None
    on_finding: Callable[[Finding], None] = lambda _finding: None
    on_result: Callable[[CheckResult], None] = lambda _result: None

    def release(self, folder: Path, *, dry_run: bool = False) -> Report:
        """Release the version that a folder holds.

        With findings nothing is pushed. Of a version that was pushed before, from the same commit, only what is missing
        is done: it is not built again, nor tested again where there is a verdict.
        """
        candidate = candidate_of(folder, self.registry)
        self.note(_introduction(candidate))
        found = tuple(findings_of(candidate))
        for finding in found:
            self.on_finding(finding)
        tested = self._tested(candidate)
        report = Report(
            component=candidate.contract.name,
            version=str(candidate.version),
            image=candidate.name,
            base=str(candidate.base) if candidate.base else None,
            differences=candidate.differences or (),
            findings=(*found, *tested.findings),
            image_id=self.engine.inspect(tested.reference).id if tested.reference else "",
            verdict=tested.result,
            dry_run=dry_run,
        )
        return report if report.findings else self._publish(candidate, tested, report)

    def _tested(self, candidate: Candidate) -> _Tested:
        """The image, built or (of a release that goes on) fetched, with its verdict."""
        if candidate.tagged is not None and candidate.continues:
            known = verdict_of(candidate.repository, candidate.tagged.digest)
            reference = self._fetched(candidate, candidate.tagged)
            if known is not None and known.passed:
                self.note(f"the image is there already, with its verdict: {known.text}")
                return _Tested(reference, known, None, ())
            self.note("the image is there already, from this commit; a verdict is missing")
            return self._test(candidate, reference)
        self.note(f"building {candidate.folder}")
        try:
            built = images.build(candidate.folder, self.engine, base=self.base)
        except BuildError as error:
            finding = Finding("release.build", error.message, error.remedy, file=str(candidate.folder))
            self.on_finding(finding)
            return _Tested("", None, None, (finding,))
        for text in built.notes:
            self.note(text)
        return self._test(candidate, built.id)

    def _fetched(self, candidate: Candidate, tagged: Image) -> str:
        name = f"{candidate.repository.name}@{tagged.digest}"
        if self.engine.exists(tagged.config_digest):
            return tagged.config_digest
        self.note(f"fetching {name}")
        self.engine.pull(name)
        return name

    def _test(self, candidate: Candidate, reference: str) -> _Tested:
        self.note(f"testing {reference}")
        verdict = conformance_of(self.engine, reference, candidate.folder, checks=self.checks, on_result=self.on_result)
        found = tuple(conformance_findings(verdict))
        for finding in found:
            self.on_finding(finding)

        def statement(digest: str) -> Statement:
            return test_result_statement(verdict, candidate.repository.name, digest)

        return _Tested(reference, read_test_result(statement("sha256:")), statement, found)

    def _publish(self, candidate: Candidate, tested: _Tested, report: Report) -> Report:
        image, did = candidate.tagged, list[str]()
        if image is None:
            if report.dry_run:
                wanted = (
                    f"push {candidate.name}",
                    "state the verdict of the conformance suite",
                    "state the packages (SBOM)",
                )
                return replace(report, did=wanted)
            image, did = self._pushed(candidate, report.image_id), [f"pushed {candidate.name}"]
        return self._stated(candidate, tested, replace(report, digest=image.digest), image, did)

    def _pushed(self, candidate: Candidate, image_id: str) -> Image:
        """Push, and look whether the registry has what was pushed."""
        repository, tag = candidate.repository, str(candidate.version)
        taken = repository.digest(tag)
        if taken is not None:
            raise _moved(candidate, taken, "somebody else released it while this was being tested")
        self.note(f"pushing {candidate.name}")
        self.engine.tag(image_id, candidate.name)
        pushed = self.engine.push(candidate.name, lambda _line: None)
        image = repository.image(tag)
        if image.digest != pushed or image.config_digest != image_id:
            raise _moved(candidate, image.digest, f"{pushed} was pushed, which is something else")
        return image

    def _stated(self, candidate: Candidate, tested: _Tested, report: Report, image: Image, did: list[str]) -> Report:
        """Put beside the image what is not there yet."""
        repository = candidate.repository
        known = sbom_of(repository, image.digest)
        if report.dry_run:
            wanted = (["state the verdict of the conformance suite"] if tested.statement else []) + (
                ["state the packages (SBOM)"] if known is None else []
            )
            return replace(report, did=(*did, *wanted), packages=len(known.found) if known else None)
        if tested.statement is not None:
            self.note("stating the verdict")
            self._attach(candidate, image, tested.statement(image.digest))
            did.append("stated the verdict of the conformance suite")
        if known is None:
            self.note("stating the packages")
            known = packages_of(self.engine, tested.reference)
            statement = sbom_statement(known, repository.name, str(candidate.version), image.digest)
            self._attach(candidate, image, statement)
            did.append(f"stated the packages (SBOM, {len(known.found)})")
        if did and (verdict_of(repository, image.digest) is None or sbom_of(repository, image.digest) is None):
            raise RegistryError(
                f"the registry does not list what was put beside {candidate.name}: somebody else wrote there just now.",
                "Run it again.",
            )
        return replace(report, packages=len(known.found), did=tuple(did))

    def _attach(self, candidate: Candidate, image: Image, statement: Statement) -> None:
        annotations = {PREDICATE_ANNOTATION: statement.predicate_type}
        candidate.repository.attach(image.descriptor, Attachment(MEDIA_TYPE, statement.to_bytes(), annotations))


def _introduction(candidate: Candidate) -> str:
    if candidate.base is None:
        return f"{candidate.name}: the first release"
    if candidate.differences is None:
        return f"{candidate.name}: {candidate.base} carries no contract, so that the version step is not checked"
    count = len(candidate.differences)
    word = "difference" if count == 1 else "differences"
    return f"{candidate.name}: {count} {word} from the contract of {candidate.base}"


def _moved(candidate: Candidate, digest: str, why: str) -> CheckError:
    return CheckError(
        f"{candidate.name} is {digest} in the registry, and {why}.",
        "A version never changes its digest. Raise the version in component.yaml and release that; "
        f"`machiya releases {candidate.contract.name}` shows what is there.",
    )
