"""What came of a release: a value, for people and programs alike."""

from dataclasses import dataclass
from typing import Any

from machiya.release.contracts import Difference
from machiya.release.statements import TestResult
from machiya_component.findings import Finding


@dataclass(frozen=True)
class Report:
    """A release that was made, would be made (``dry_run``), or was refused (``findings``).

    ``digest`` is empty where nothing was pushed; ``did`` is what was done (or would be), step by step, and is empty
    when all was there already. ``packages`` is the number of packages in the SBOM, None where it was not looked at.
    """

    component: str
    version: str
    image: str
    base: str | None
    differences: tuple[Difference, ...]
    findings: tuple[Finding, ...] = ()
    digest: str = ""
    image_id: str = ""
    verdict: TestResult | None = None
    packages: int | None = None
    did: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def pin(self) -> str:
        """The line for pins.yaml."""
        return f"{self.component}: {self.version}@{self.digest}"

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {
            "component": self.component,
            "version": self.version,
            "image": self.image,
            "digest": self.digest or None,
            "imageId": self.image_id or None,
            "pin": self.pin if self.digest else None,
            "base": self.base,
            "differences": [one.to_json() for one in self.differences],
            "findings": [one.to_json() for one in self.findings],
            "conformance": None if self.verdict is None else ("passed" if self.verdict.passed else "failed"),
            "packages": self.packages,
            "did": list(self.did),
            "dryRun": self.dry_run,
        }
