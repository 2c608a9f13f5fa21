"""Images of the Docker engine on their way to a registry, and what is in them."""

import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, cast

import docker

from machiya.containers.docker_container import engine_errors
from machiya.errors import AccessError, EngineError, MachiyaError, RegistryError

_REFUSALS = ("unauthorized", "denied", "no basic auth credentials", "authentication required", "forbidden")


def push(client: docker.DockerClient, repository: str, tag: str | None, on_line: Callable[[str], None]) -> str:
    """Push a tag; the digest that the registry gave it."""
    host = repository.partition("/")[0]
    digest = ""
    with engine_errors(f"push {repository}:{tag}"):
        for event in client.images.push(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise push_error(str(event["error"]).strip(), host, f"{repository}:{tag}")
            digest = (event.get("aux") or {}).get("Digest", digest)
            if text := _line(event):
                on_line(text)
    if not digest:
        raise EngineError(f"the container engine did not say under which digest it pushed {repository}:{tag}.", "")
    return digest


def _line(event: dict[str, Any]) -> str:
    """What is worth a line: not every step of a progress bar."""
    if event.get("progressDetail"):
        return ""
    return ": ".join(str(event[key]) for key in ("id", "status") if event.get(key))


def push_error(message: str, host: str, image: str) -> MachiyaError:
    """The error for what the engine says of a push that failed."""
    if any(word in message.lower() for word in _REFUSALS):
        return AccessError(
            f"{host} does not let you push {image}: {message}",
            f"docker login {host}    (or ask for the right to write there)",
        )
    return RegistryError(
        f"{image} could not be pushed: {message}",
        f"Look whether {host} can be reached from the container engine, then try again: what was pushed is kept.",
    )


class _Stream:
    """Chunks as the file that tarfile wants."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        parts, missing = [], size
        while missing > 0:
            self._left = self._left or next(self._chunks, b"")
            if not self._left:
                break
            parts.append(self._left[:missing])
            self._left = self._left[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)


def regular_files(chunks: Iterable[bytes], wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of the regular files of a tar archive that are wanted; read once, from front to back."""
    with tarfile.open(fileobj=cast(IO[bytes], _Stream(chunks)), mode="r|") as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            content = tar.extractfile(member) if member.isreg() and wanted(path) else None
            if content is not None:
                yield path, content.read()
