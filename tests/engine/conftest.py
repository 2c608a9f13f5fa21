"""Images that stand in for those of Argo's examples, and a launcher that uses them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from machiya.containers import BuildRequest, ContainerEngine, connect
from machiya.engines.local.launchers.docker import DockerLauncher
from machiya.images.build import choose_base

IMAGES = Path(__file__).parent / "argo" / "images"


@pytest.fixture(scope="session")
def container_engine() -> Iterator[ContainerEngine]:
    """The container engine; tests that use it are marked `engine`."""
    with connect() as engine:
        yield engine


@pytest.fixture(scope="session")
def stand_ins(container_engine: ContainerEngine) -> dict[str, str]:
    """Which image stands in for which, by the name without registry and tag."""
    base = choose_base(container_engine, None)[0]
    for name in ("busybox", "argosay"):
        request = BuildRequest(IMAGES / name, f"machiya-test/{name}", {"BASE_IMAGE": base} if name == "busybox" else {})
        container_engine.build(request, lambda _: None)
    small = dict.fromkeys(("busybox", "alpine"), "machiya-test/busybox")
    return {**small, "argosay": "machiya-test/argosay", **dict.fromkeys(("python", "debian", "ubuntu"), base)}


@pytest.fixture
def docker_launcher(container_engine: ContainerEngine, stand_ins: dict[str, str]) -> DockerLauncher:
    """Runs the stand-in for every image that has one."""
    return make_launcher(container_engine, stand_ins)


def make_launcher(engine: ContainerEngine, stand_ins: dict[str, str]) -> DockerLauncher:
    """See `docker_launcher`; each run needs one of its own."""

    def image_for(name: str) -> str:
        return stand_ins.get(name.partition(":")[0].rpartition("/")[2], name)

    return DockerLauncher(engine, image_for)
