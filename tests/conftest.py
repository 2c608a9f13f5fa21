"""What the tests that cross parts share: the container engine, and what to do where there is none."""

import os
from functools import cache

import pytest

REQUIRED = "MACHIYA_REQUIRE_ENGINE"


@cache
def _engine_problem() -> str:
    """Why no container engine can be used; empty if one answers."""
    import docker

    try:
        client = docker.from_env(timeout=10)
    except docker.errors.DockerException as error:
        return f"no container engine answers: {error}"
    try:
        client.ping()
    except (docker.errors.DockerException, OSError) as error:
        return f"no container engine answers: {error}"
    finally:
        client.close()
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `engine` where no engine answers, or fail it where one is required."""
    if item.get_closest_marker("engine") is None or not (problem := _engine_problem()):
        return
    if os.environ.get(REQUIRED):
        pytest.fail(f"{problem} ({REQUIRED} is set)", pytrace=False)
    pytest.skip(problem)
