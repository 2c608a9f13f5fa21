"""``--with NAME=IMAGE`` for a run on a cluster: the image is read from its registry, and named by its digest."""

from collections.abc import Callable
from dataclasses import replace

from machiya.engines.planning import Override, parse_override
from machiya.engines.planning.overrides import Labels
from machiya.errors import ArgumentsError
from machiya.images import CONTRACT_LABEL
from machiya.release.registry import Image, Registry
from machiya.release.registry.connect import open_registry
from machiya.release.registry.reference import has_host


def cluster_override(text: str, local: Labels, connect: Callable[[str], Registry] = open_registry) -> Override:
    """An image that every node of a cluster pulls, with the contract that it carries.

    A tag is told as the digest that it points to now: so every pod runs the same, and its results can be reused. An
    image whose name has no host was loaded into the nodes: its contract is read by `local`, and its name stays.

    Raises:
        ArgumentsError: it is a folder, or of another component.
        NotFoundError, RegistryError, AccessError: the image is not there, or cannot be read.
    """
    source = text.partition("=")[2]
    if not has_host(source):
        override = parse_override(text, local)
        if override.folder is not None:
            raise ArgumentsError(
                f"--with {text}: a cluster cannot run a folder.",
                "Build its image, push it, and name that: --with recommender=ghcr.io/me/recommender:1.1.0",
            )
        return override
    image = _image(source, connect)
    override = parse_override(text, lambda _: image.labels.get(CONTRACT_LABEL))
    return replace(override, image=source if "@" in source else f"{source}@{image.digest}")


def _image(source: str, connect: Callable[[str], Registry]) -> Image:
    place, _, name = source.partition("@")[0].rpartition("/")
    component, _, tag = name.partition(":")
    digest = source.partition("@")[2]
    return connect(place).repository(component).image(digest or tag or "latest")
