"""What is asked of a registry and what it answers: plain values, and the two protocols a registry implements.

Everything may raise RegistryError (it is down, too slow, or its certificate is not trusted), AccessError (it refuses
the credentials) and, where something is asked for that it does not have, NotFoundError.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Descriptor:
    """What one thing in a registry is: its type, digest (``sha256:<hex>``) and size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """An image in a registry: its descriptor, and what its configuration says.

    ``config_digest`` is what container engines call the image's id. Of an image for several platforms, they are those
    of the first.
    """

    descriptor: Descriptor
    config_digest: str
    labels: Mapping[str, str]
    created: str = ""

    @property
    def digest(self) -> str:
        """What a pin names."""
        return self.descriptor.digest


@dataclass(frozen=True)
class Attachment:
    """Something that lies beside an image and is bound to its digest: a document with a type."""

    artifact_type: str
    content: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)


class Repository(Protocol):
    """The images of one component."""

    @property
    def name(self) -> str:
        """How container engines call it: ``ghcr.io/acme/recommender``."""

    def tags(self) -> list[str]:
        """All tags; none where the repository does not exist yet."""

    def digest(self, tag: str) -> str | None:
        """The digest that a tag points to, or the digest itself if it is there; None where it is not."""

    def image(self, reference: str) -> Image:
        """The image of a tag or digest; NotFoundError where there is none."""

    def attach(self, image: Descriptor, attachment: Attachment) -> Descriptor:
        """Put a document beside an image. Attaching the same again changes nothing."""

    def attached(self, digest: str, artifact_type: str) -> list[Descriptor]:
        """What of one type lies beside an image, the oldest first, as far as the registry tells."""

    def content(self, attached: Descriptor) -> bytes:
        """The document of something that is attached."""


class Registry(Protocol):
    """A place in a registry, below which components have their repositories."""

    @property
    def name(self) -> str:
        """Host and path: ``ghcr.io/acme``."""

    def repository(self, component: str) -> Repository:
        """That of a component; it need not exist yet. Asks nothing."""
