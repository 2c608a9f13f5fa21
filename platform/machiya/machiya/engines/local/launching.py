"""The launcher of a run, and the digests of code that is not released as that launcher runs it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from machiya.engines.local.launchers import Launcher
from machiya.engines.planning.code import built_digest, process_digest
from machiya.engines.planning.plan import Plan
from machiya.errors import ArgumentsError, NotFoundError

if TYPE_CHECKING:
    from machiya.containers import ContainerEngine

LauncherName = Literal["process", "docker"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Launch:
    """A launcher that is ready; ``code`` are the digests of components that are not released.

    ``images`` are, by the name that the manifest has for an image, the ids of those that run in their place.
    """

    launcher: Launcher
    code: Mapping[str, str]
    images: Mapping[str, str] = field(default_factory=dict)


def choose(plan: Plan) -> LauncherName:
    """Where nobody says: containers where an engine answers; processes where none does, or for working copies alone.

    A workflow none of whose components is released is about the code in this environment, not about images that
    somebody may have built of it at some time.
    """
    from machiya.containers import unavailable

    if plan.all_unreleased and not any(plan.image_of(component) for component in plan.replaced):
        return "process"
    return "process" if unavailable() else "docker"


def process_launch(plan: Plan) -> Launch:
    """Run what is installed in this environment, and working copies from their folders.

    Raises:
        ArgumentsError: an image is to stand in for a component.
    """
    from machiya.engines.local.launchers.process import ProcessLauncher

    for component in plan.replaced:
        if image := plan.image_of(component):
            raise ArgumentsError(
                f"--with {component}={image}: the process launcher runs no images.",
                f"Add --launcher docker, or name a folder: --with {component}=FOLDER",
            )
    folders = {name: folder.resolve() for name in plan.replaced if (folder := plan.folder_of(name))}
    code = {name: digest for name in plan.unreleased if (digest := process_digest(name, folders.get(name)))}
    return Launch(ProcessLauncher(folders), code)


def docker_launch(plan: Plan, engine: "ContainerEngine", say: Say) -> Launch:
    """Run images; those of working copies are built first."""
    from machiya.engines.local.launchers.docker import DockerLauncher

    code, images = {}, {}
    for component, name in plan.unreleased.items():
        folder = plan.folder_of(component)
        if folder:
            images[name], code[component] = _built(engine, component, folder, say)
        elif identifier := _present(engine, name):
            code[component] = identifier
    return Launch(image_launcher(engine, images), code, images) if images else Launch(DockerLauncher(engine), code)


def image_launcher(engine: "ContainerEngine", images: Mapping[str, str]) -> Launcher:
    """Containers, with some images in the place of others."""
    from machiya.engines.local.launchers.docker import DockerLauncher

    return DockerLauncher(engine, lambda name: images.get(name, name))


def _built(engine: "ContainerEngine", component: str, folder: Path, say: Say) -> tuple[str, str]:
    """The id of the image of a working copy, and the digest of its code.

    The id would not do as the latter: an image that is built again of the same files has another time in its labels.
    """
    from machiya import images

    say(f"building the image of {folder}")
    built = images.build(folder, engine, tag=f"machiya/{component}:working-copy")
    return built.id, built_digest(folder, engine.inspect(built.base).id)


def _present(engine: "ContainerEngine", image: str) -> str:
    """The id of an image of this machine; empty where it is not there, as the launcher's check tells."""
    try:
        return engine.inspect(image).id
    except NotFoundError:
        return ""


def contract_label(stack: ExitStack) -> Callable[[str], str | None]:
    """Reads the contracts of images, with an engine that is connected when it is first needed."""
    connected: list[ContainerEngine] = []

    def read(image: str) -> str | None:
        from machiya import containers
        from machiya.images import CONTRACT_LABEL

        if not connected:
            connected.append(stack.enter_context(containers.connect()))
        engine = connected[0]
        if not engine.exists(image):
            engine.pull(image)
        return engine.inspect(image).labels.get(CONTRACT_LABEL)

    return read
