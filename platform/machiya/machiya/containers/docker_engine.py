"""The Docker engine. This module and `docker_container` are the only ones that import the docker library."""

import os
import socket
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container as Handle
from docker.types import LogConfig, Mount

from machiya.containers.docker_container import CPU_PERIOD, DockerContainer, cpu_quota, engine_errors, parse_time
from machiya.containers.docker_images import push, regular_files
from machiya.containers.model import BuildRequest, ImageInfo, RunRequest, RunResult
from machiya.errors import BuildError, EngineError, NotFoundError

LABEL = "io.machiya.container"
"""Marks every container that Machiya makes, so that leftovers of a crash can be found: docker ps -af label=..."""

_ANSWER_SECONDS = 120
"""How long one call may take; starting a container on a busy machine takes its time."""


class DockerEngine:
    """Implements `machiya.containers.ContainerEngine`."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._held: dict[str, Handle] = {}

    @classmethod
    def connect(cls) -> Self:
        """The engine of the environment (DOCKER_HOST, or the default socket); EngineError when none answers."""
        try:
            _try_socket()
            client = docker.from_env(version="auto", timeout=_ANSWER_SECONDS)
        except (DockerException, requests.exceptions.RequestException, OSError) as error:
            raise EngineError(_why_silent(error), _REMEDY) from error
        return cls(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        self._client.close()

    def close(self) -> None:
        """Remove every container that is still there."""
        for identifier in list(self._held):
            handle = self._held.pop(identifier, None)
            if handle is not None:
                _remove(handle)

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> str:
        """Build and tag an image; its id. The legacy builder: every engine has it."""
        identifier = ""
        with engine_errors(f"build {request.tag}"):
            for event in self._client.api.build(
                path=str(request.folder),
                tag=request.tag,
                buildargs=dict(request.arguments),
                labels=dict(request.labels),
                network_mode=request.network,
                nocache=not request.cache,
                rm=True,
                forcerm=True,
                decode=True,
            ):
                for line in str(event.get("stream") or event.get("status") or "").strip().splitlines():
                    on_line(line)
                if "error" in event:
                    raise BuildError(str(event["error"]).strip())
                identifier = event.get("aux", {}).get("ID", identifier)
        return identifier or self.inspect(request.tag).id

    def inspect(self, image: str) -> ImageInfo:
        """What an image says of itself; NotFoundError when it is not on this machine."""
        try:
            with engine_errors(f"inspect {image}"):
                return _image_info(self._client.images.get(image).attrs)
        except EngineError as error:
            if isinstance(error.__cause__, ImageNotFound) or _is_bad_reference(error.__cause__):
                raise NotFoundError(
                    f"there is no image {image!r} on this machine.",
                    f"Build it (`machiya build FOLDER`) or fetch it (`docker pull {image}`). "
                    "`docker images` lists what is here.",
                ) from error
            raise

    def exists(self, image: str) -> bool:
        """Whether an image is on this machine."""
        try:
            self.inspect(image)
        except NotFoundError:
            return False
        return True

    @contextmanager
    def create(self, request: RunRequest) -> Iterator[DockerContainer]:
        """A container that is ready to start, and that is removed when the block ends."""
        with engine_errors(f"make a container of {request.image}"):
            handle = self._client.containers.create(**_settings(request))
        identifier = str(handle.id)
        self._held[identifier] = handle
        try:
            yield DockerContainer(handle, request.publish)
        finally:
            self._held.pop(identifier, None)
            _remove(handle)

    def run(self, request: RunRequest, timeout: float) -> RunResult:
        """Start a container, wait for its end (at most `timeout` seconds), and remove it."""
        with self.create(request) as container:
            container.start()
            container.wait(timeout)
            return container.result()

    def copy_from_image(self, image: str, path: str, folder: Path) -> bool:
        """Copy the regular files below `path` of an image into `folder`; False when the image has no such path.

        The image's program does not run, and links, devices and names that lead outside are left out.
        """
        with (
            self.create(RunRequest(image=image, command=("contract",))) as container,
            tempfile.TemporaryFile() as archive,
        ):
            try:
                with engine_errors(f"read {path} of {image}"):
                    for chunk in self._client.api.get_archive(container.id, path)[0]:
                        archive.write(chunk)
            except EngineError as error:
                if isinstance(error.__cause__, NotFound):
                    return False
                raise
            archive.seek(0)
            _unpack(archive, folder)
            return True

    def pull(self, image: str) -> None:
        """Fetch an image from its registry; NotFoundError when that has none, or cannot be reached."""
        repository, tag = split_tag(image)
        try:
            with engine_errors(f"fetch {image}"):
                self._client.images.pull(repository, tag=tag)
        except EngineError as error:
            raise NotFoundError(
                f"the image {image} is not on this machine, and cannot be fetched: {error.message}",
                "Look at its name, log in to its registry (`docker login`), or build it.",
            ) from error

    def tag(self, image: str, name: str) -> None:
        """Give an image a further name."""
        with engine_errors(f"tag {image}"):
            self._client.api.tag(image, *split_tag(name))

    def push(self, name: str, on_line: Callable[[str], None]) -> str:
        """Send a tag to its registry; the digest that it has there."""
        return push(self._client, *split_tag(name), on_line)

    def files(self, image: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
        """The regular files of an image whose path is wanted: a container is made, but not started."""
        with (
            self.create(RunRequest(image=image, command=("contract",))) as container,
            engine_errors(f"read the files of {image}"),
        ):
            yield from regular_files(self._client.api.export(container.id), wanted)

    def remove_labelled(self, label: str, value: str) -> int:
        """Remove the containers of any process that have this label; how many there were."""
        with engine_errors("look for containers"):
            found = self._client.containers.list(all=True, filters={"label": f"{label}={value}"}, ignore_removed=True)
        for handle in found:
            _remove(handle)
        return len(found)

    def remove_image(self, image: str) -> None:
        """Remove a tag, and the image with its last tag. An image that is not there is no error."""
        with engine_errors(f"remove {image}"), suppress(ImageNotFound):
            self._client.images.remove(image, force=True)


def _settings(request: RunRequest) -> dict[str, Any]:
    """The docker library's words for a request."""
    return {
        "image": request.image,
        "command": list(request.command) or None,
        "entrypoint": None if request.entrypoint is None else list(request.entrypoint),
        "environment": dict(request.environment),
        "mounts": [Mount(bind.target, str(bind.source), "bind", read_only=bind.read_only) for bind in request.binds],
        "network_mode": request.network,
        "ports": {} if request.publish is None else {f"{request.publish}/tcp": ("127.0.0.1", None)},
        "read_only": request.read_only,
        "tmpfs": dict.fromkeys(request.tmpfs, ""),
        "user": request.user,
        "mem_limit": request.memory,
        "labels": {LABEL: "machiya", **request.labels},
        "working_dir": request.working_dir,
        "init": request.init or None,
        "log_config": None if request.keeps_log else LogConfig(type="none"),
        "cpu_period": CPU_PERIOD,
        "cpu_quota": cpu_quota(request.cpus),
    }


def split_tag(image: str) -> tuple[str, str | None]:
    """The repository and tag of an image's name; a digest stays with the repository, where the engine looks for it."""
    if "@" in image:
        return image, None
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "latest")


def _remove(handle: Handle) -> None:
    """Kill and remove; one that is gone already is what was wanted."""
    with suppress(APIError, requests.exceptions.RequestException):
        handle.remove(force=True, v=True)


def _image_info(attributes: Mapping[str, Any]) -> ImageInfo:
    config = attributes.get("Config") or {}
    return ImageInfo(
        id=attributes["Id"],
        tags=tuple(attributes.get("RepoTags") or ()),
        digests=tuple(attributes.get("RepoDigests") or ()),
        labels=config.get("Labels") or {},
        user=config.get("User") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        size=int(attributes["Size"]),
        created=parse_time(attributes["Created"]),
    )


def _is_bad_reference(error: BaseException | None) -> bool:
    """Whether the engine refused a text that cannot be the name of an image."""
    return isinstance(error, APIError) and error.status_code == 400


def _unpack(archive: IO[bytes], folder: Path) -> None:
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            # The first part is the name of what was asked for; its contents go directly into `folder`.
            parts = PurePosixPath(member.name).parts[1:]
            content = tar.extractfile(member) if member.isfile() and ".." not in parts and parts else None
            if content is not None:
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


_DEFAULT_HOST = "unix:///var/run/docker.sock"
_REMEDY = (
    "Install and start Docker (https://docs.docker.com/engine/install/), or set DOCKER_HOST to an engine that runs. "
    "`docker info` must answer."
)


def _try_socket() -> None:
    """Connect to the engine's socket, where it is one; OSError says what keeps us from it.

    The docker library would wrap that error in others, and leave its own socket open.
    """
    scheme, _, path = os.environ.get("DOCKER_HOST", _DEFAULT_HOST).partition("://")
    if scheme == "unix" and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)


def _why_silent(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "the container engine is there, but you may not use it: your user is not in the group `docker`."
    if isinstance(error, FileNotFoundError):
        return "no container engine answers: there is no Docker socket on this machine."
    if isinstance(error, ConnectionRefusedError):
        return "no container engine answers: nobody listens at the Docker socket."
    return f"no container engine answers: {error}"
