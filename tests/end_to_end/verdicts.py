"""What a verdict says, for the message of a test that fails."""

from machiya.conformance import Verdict


def failures(verdict: Verdict) -> str:
    """Everything about the checks that failed; empty if none did."""
    return "\n".join(result.model_dump_json(indent=2) for result in verdict.with_outcome("fail"))
