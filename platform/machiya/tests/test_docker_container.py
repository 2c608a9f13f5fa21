"""What the engine says of a container that ends while something is done to it. The rest is tried on a real engine."""

from typing import Any

import pytest
from docker.errors import APIError

from machiya.containers.docker_container import DockerContainer
from machiya.errors import EngineError

ENDED = "Cannot update container 1f: runc did not terminate successfully: exit status 1: container not running: unknown"


class Handle:
    """Of the docker library: the engine refuses each change, and takes the container for running."""

    def __init__(self, explanation: str) -> None:
        self.explanation = explanation
        self.id = "1f"
        self.attrs = {"State": {"Running": True}}

    def update(self, **_: Any) -> None:
        raise APIError("500 Server Error", explanation=self.explanation)

    kill = update

    def reload(self) -> None:
        pass


def test_a_container_that_the_runtime_knows_to_have_ended_needs_no_limit() -> None:
    DockerContainer(Handle(ENDED), None).limit_cpus(0.5)  # type: ignore[arg-type]


def test_another_refusal_is_an_error() -> None:
    with pytest.raises(EngineError, match="refused to limit a container: no such controller"):
        DockerContainer(Handle("no such controller"), None).limit_cpus(0.5)  # type: ignore[arg-type]
