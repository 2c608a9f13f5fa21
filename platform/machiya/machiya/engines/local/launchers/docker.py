"""Runs programs in containers."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from machiya.containers import Bind, Container, ContainerEngine, RunRequest
from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.model import Mount, Specification
from machiya.engines.local.launchers.images import COMPONENT, Images, ImageUse
from machiya.engines.local.launchers.logs import StepLog
from machiya.engines.local.launchers.meter import Meter
from machiya.engines.local.launchers.protocol import Exit, LaunchError, Workspace
from machiya.engines.local.launchers.secrets import secret_values
from machiya.errors import MachiyaError
from machiya_component.findings import Finding

T = TypeVar("T")

RUN_LABEL, STEP_LABEL = "io.machiya.run", "io.machiya.step"
SCRIPT = "/argo/staging/script"
_THREADS = 512
_WAIT_SECONDS = 3600.0


class DockerStep:
    """Implements `machiya.engines.local.launchers.RunningStep`."""

    def __init__(self, pool: "Pool", resources: contextlib.ExitStack, container: Container, *, log: StepLog) -> None:
        self._pool = pool
        self._resources = resources
        self._container = container
        self._log = log
        self._follower: asyncio.Future[None] | None = None
        self._meter: Meter | None = None
        self._spec: PodSpec | None = None
        self._workspace: Workspace | None = None

    def follow(self, spec: PodSpec, workspace: Workspace) -> None:
        """Begin to write the log; the container is to be started right after."""
        self._spec, self._workspace = spec, workspace
        output = self._container.output()

        def write() -> None:
            for data, stdout in output:
                self._log.write(data, stdout=stdout)

        self._write: Callable[[], None] = write

    def started(self) -> None:
        """It runs."""
        self._follower = asyncio.ensure_future(self._pool.run(self._write))
        self._meter = Meter(lambda: self._pool.run(self._container.consumption))

    @property
    def handle(self) -> Mapping[str, Any]:
        """The container's id; leftovers are found by label."""
        return {"container": self._container.id}

    @property
    def result(self) -> str:
        """What it wrote to its standard output."""
        return self._log.result

    async def wait(self) -> Exit:
        """Wait for its end."""
        while not await self._pool.run(lambda: self._container.wait(_WAIT_SECONDS)):
            pass
        if self._meter is not None:
            await self._meter.stop()
        if self._follower is not None:
            (problem,) = await asyncio.gather(self._follower, return_exceptions=True)
            if problem is not None:
                self._log.write(f"\n[the log breaks off here: {problem}]\n".encode(), stdout=False)
        ending = await self._pool.run(self._container.ending)
        if ending.out_of_memory and ending.exit_code != 0:
            self._log.write(b"machiya: killed by the kernel: it reached its limit of memory.\n", stdout=False)
        used = (self._meter.cpu_seconds, self._meter.peak_memory) if self._meter is not None else (None, None)
        return Exit(ending.exit_code, ending.out_of_memory, *used)

    async def stop(self, grace: float) -> None:
        """SIGTERM, then SIGKILL."""
        if grace > 0:
            await self._pool.run(lambda: self._container.signal("SIGTERM"))
            if await self._pool.run(lambda: self._container.wait(grace)):
                return
        await self._pool.run(lambda: self._container.signal("SIGKILL"))

    async def fetch(self, path: str) -> Path | None:
        """On a volume: its folder on this machine; else a copy out of the container."""
        if self._spec is None or self._workspace is None:
            return None
        mount = _mount_of(self._spec, path)
        if mount is not None:
            inside = os.path.relpath(os.path.normpath(path), os.path.normpath(mount.path))
            found = _volume(self._workspace, mount) / inside
            return found if found.exists() or found.is_symlink() else None
        folder = self._workspace.folder / "outputs" / _short(path)
        folder.mkdir(parents=True, exist_ok=True)
        return await self._pool.run(lambda: self._container.copy_out(path.rstrip("/") or "/", folder))

    async def close(self) -> None:
        """Complete its log, and remove the container."""
        if self._meter is not None:
            await self._meter.stop()
        self._log.close()
        await self._pool.run(self._resources.close)


class Pool:
    """Threads for calls that wait: one or two for each container that runs."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="container")

    async def run(self, call: Callable[[], T]) -> T:
        """Make a call in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Do not wait for calls that still wait."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class DockerLauncher:
    """Implements `machiya.engines.local.launchers.Launcher`.

    `image_for` may name another image in place of one, and `on_pull` is told which image is fetched, from any thread.
    """

    name = "docker"

    def __init__(
        self,
        engine: ContainerEngine,
        image_for: Callable[[str], str] = str,
        on_pull: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._images = Images(engine, image_for, on_pull)
        self._pool = Pool()

    def check(self, specification: Specification) -> Sequence[Finding]:
        """Any program can run in a container whose image is there; what is missing is fetched now."""
        return self._images.findings(specification)

    def place(self, spec: PodSpec, workspace: Workspace, path: str) -> Path:
        """A place of its own, which the container sees read-only."""
        return workspace.folder / "inputs" / _short(path) / (PurePosixPath(path).name or "root")

    async def start(self, spec: PodSpec, workspace: Workspace) -> DockerStep:
        """Create, attach, start."""
        try:
            return await self._pool_start(spec, workspace)
        except LaunchError:
            raise
        except MachiyaError as error:
            raise LaunchError(error.message, error.remedy) from error

    async def _pool_start(self, spec: PodSpec, workspace: Workspace) -> DockerStep:
        log = StepLog(workspace.log)
        resources = contextlib.ExitStack()
        try:
            image = await self._pool.run(lambda: self._image(spec))
            request = self._request(image, spec, workspace)
            container = await self._pool.run(lambda: resources.enter_context(self._engine.create(request)))
            step = DockerStep(self._pool, resources, container, log=log)
            await self._pool.run(lambda: step.follow(spec, workspace))
            await self._pool.run(container.start)
        except BaseException:
            log.close()
            resources.close()
            raise
        step.started()
        return step

    def _image(self, spec: PodSpec) -> str:
        """Have the image here, and refuse one that would run as root where the manifest forbids it; its id."""
        image = self._images.require(ImageUse(spec.image, spec.labels.get(COMPONENT, ""), spec.template))
        user = (_user(spec) or image.user).partition(":")[0]
        if spec.non_root and user in ("", "0", "root"):
            raise LaunchError(
                f"the manifest says runAsNonRoot, and the image {spec.image} runs as root.",
                "Add a USER to its Dockerfile, or runAsUser to the manifest.",
            )
        return image.id

    def _request(self, image: str, spec: PodSpec, workspace: Workspace) -> RunRequest:
        args, binds = list(spec.args), []
        for mount in spec.mounts:
            folder = _volume(workspace, mount)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)  # an image's user is not ours
            binds.append(Bind(folder, mount.path, read_only=mount.read_only))
        for artifact in spec.inputs:
            source = self.place(spec, workspace, artifact.path)
            if source.exists():
                binds.append(Bind(source, artifact.path, read_only=True))
        if spec.source is not None:
            script = workspace.folder / "script"
            script.write_text(spec.source, "utf-8")
            script.chmod(0o755)
            binds.append(Bind(script, SCRIPT, read_only=True))
            args.append(SCRIPT)
        return RunRequest(
            image=image,
            command=tuple(args),
            entrypoint=spec.command or None,
            environment={**dict(spec.environment), **secret_values(spec.secrets, os.environ)},
            binds=sorted(binds, key=lambda bind: bind.target),
            network="bridge",
            read_only=spec.read_only_root,
            user=_user(spec),
            memory=None if spec.memory_limit is None else int(spec.memory_limit),
            cpus=spec.cpu_limit,
            working_dir=spec.working_dir or None,
            labels={RUN_LABEL: workspace.run, STEP_LABEL: spec.node_id},
            init=True,
            keeps_log=False,
        )

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        """By the label of the run."""
        return await self._pool.run(lambda: self._engine.remove_labelled(RUN_LABEL, run))

    async def close(self) -> None:
        """The engine belongs to whoever gave it."""
        self._pool.close()


def _user(spec: PodSpec) -> str | None:
    """As the manifest says. Where any user but root will do, ours: then what it writes is ours, too."""
    if spec.user is not None:
        return f"{spec.user}:{spec.group}" if spec.group is not None else str(spec.user)
    if spec.non_root and os.getuid() != 0:
        return f"{os.getuid()}:{os.getgid()}"
    return None


def _mount_of(spec: PodSpec, path: str) -> Mount | None:
    """The innermost volume that a path is on."""
    normal = PurePosixPath(os.path.normpath(path))
    found = [mount for mount in spec.mounts if normal.is_relative_to(os.path.normpath(mount.path))]
    return max(found, key=lambda mount: len(os.path.normpath(mount.path)), default=None)


def _volume(workspace: Workspace, mount: Mount) -> Path:
    folder = workspace.folder / "volumes" / mount.name
    return folder / mount.sub_path if mount.sub_path else folder


def _short(path: str) -> str:
    return hashlib.sha256(os.path.normpath(path).encode()).hexdigest()[:12]
