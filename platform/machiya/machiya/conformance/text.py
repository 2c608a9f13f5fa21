"""A failure as plain text."""

from collections.abc import Iterator

from machiya.conformance.verdict import Failure


def failure_text(failure: Failure) -> str:
    """What is wrong, what was run, expected and seen, and what to do; each on lines of its own, never wrapped."""
    return "\n".join(_lines(failure))


def _lines(failure: Failure) -> Iterator[str]:
    yield failure.message
    if failure.command:
        yield f"  run:      {failure.command}"
    if failure.expected:
        yield f"  expected: {failure.expected}"
    for index, line in enumerate(failure.seen):
        yield f"  {'seen:' if index == 0 else '':<9} {line}"
    yield f"  do:       {failure.remedy}"
