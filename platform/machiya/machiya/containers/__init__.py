"""The seam to the container engine: all else speaks to `ContainerEngine`; only this package knows the docker library.

An engine removes its containers when its block ends::

    with connect() as engine:
        result = engine.run(RunRequest(image="machiya/recommender:1.0.0"), timeout=60)
"""

from machiya.containers.command import docker_command
from machiya.containers.credentials import Credentials, credentials_for
from machiya.containers.model import (
    Bind,
    BuildRequest,
    Consumption,
    Container,
    ContainerEngine,
    Ending,
    ImageInfo,
    RunRequest,
    RunResult,
)
from machiya.errors import EngineError

__all__ = [
    "Bind",
    "BuildRequest",
    "Consumption",
    "Container",
    "ContainerEngine",
    "Credentials",
    "Ending",
    "ImageInfo",
    "RunRequest",
    "RunResult",
    "connect",
    "credentials_for",
    "docker_command",
    "unavailable",
]


def connect() -> ContainerEngine:
    """The engine that DOCKER_HOST (or the default socket) names; EngineError with what to do when none answers."""
    from machiya.containers.docker_engine import DockerEngine

    return DockerEngine.connect()


def unavailable() -> str | None:
    """Why no container engine can be used, in one sentence; None when one answers."""
    try:
        with connect():
            return None
    except EngineError as error:
        return error.message
