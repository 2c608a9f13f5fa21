"""A run as the `docker run` line that a person can paste into a shell to see the same."""

import shlex
from collections.abc import Collection, Iterator

from machiya.containers.model import RunRequest


def docker_command(request: RunRequest, variables: Collection[str] = ()) -> str:
    """The line for a request. Of the environment only `variables` are shown: the rest does not change what is seen."""
    return shlex.join(_words(request, variables))


def _words(request: RunRequest, variables: Collection[str]) -> Iterator[str]:
    yield from ("docker", "run", "--rm", "--network", request.network)
    if request.read_only:
        yield "--read-only"
    for path in request.tmpfs:
        yield from ("--tmpfs", path)
    if request.user is not None:
        yield from ("--user", request.user)
    if request.publish is not None:
        yield from ("-p", f"127.0.0.1::{request.publish}")
    for name, value in request.environment.items():
        if name in variables:
            yield from ("-e", f"{name}={value}")
    for bind in request.binds:
        yield from ("-v", f"{bind.source}:{bind.target}" + (":ro" if bind.read_only else ""))
    if request.entrypoint:
        yield from ("--entrypoint", request.entrypoint[0])
    yield request.image
    yield from (*(request.entrypoint or ())[1:], *request.command)
