"""What the tests that cross parts share: what happens to tests that need a container engine where there is none."""

import os
from functools import cache

import pytest

REQUIRED = "MACHIYA_REQUIRE_ENGINE"


@cache
def _engine_problem() -> str | None:
    """Why no container engine can be used; None if one answers."""
    from machiya.containers import unavailable

    return unavailable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `engine` where no engine answers, or fail it where one is required."""
    if item.get_closest_marker("engine") is None or not (problem := _engine_problem()):
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{problem} ({REQUIRED} is set)", pytrace=False)
    pytest.skip(problem)
