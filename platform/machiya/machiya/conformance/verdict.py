"""What the suite says of an image: values that can be printed, stored and compared. Printing is somebody else's job."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["pass", "fail", "skip", "info"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Failure(_Value):
    """One way in which an image breaks a check.

    ``remedy`` says what to do; ``command`` is the line that shows the same in a shell, ``expected`` what should have
    come of it and ``seen`` what came. The last three are empty where nothing was run.
    """

    message: str
    remedy: str
    command: str = ""
    expected: str = ""
    seen: tuple[str, ...] = ()


class CheckResult(_Value):
    """The outcome of one check. ``reason`` says why it was skipped, or holds what it reports.

    ``seconds`` is the time until the outcome was known; checks share runs and overlap, so they do not add up.
    """

    id: str
    title: str
    outcome: Outcome
    reason: str = ""
    failures: tuple[Failure, ...] = ()
    seconds: float


class CheckedImage(_Value):
    """What the verdict belongs to: the image's id (a digest of its configuration) and its digests in registries."""

    reference: str
    id: str
    digests: tuple[str, ...] = ()


class Verdict(_Value):
    """All outcomes for one image. ``component`` and ``version`` are None for an image without a valid contract."""

    apiVersion: Literal["machiya/v1"] = "machiya/v1"  # noqa: N815 - the name in every document of the project
    kind: Literal["Verdict"] = "Verdict"
    image: CheckedImage
    component: str | None
    version: str | None
    started: datetime
    seconds: float
    passed: bool
    checks: tuple[CheckResult, ...]

    def with_outcome(self, outcome: Outcome) -> list[CheckResult]:
        """The results of one outcome, in the order of the catalogue."""
        return [result for result in self.checks if result.outcome == outcome]
