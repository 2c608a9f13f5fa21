"""The seam to registries of images: all else speaks to `Registry`; only this package speaks HTTP.

::

    registry = open_registry("ghcr.io/acme")
    repository = registry.repository("recommender")
    repository.digest("1.0.0")
"""

from machiya.release.registry.connect import open_registry
from machiya.release.registry.protocol import Attachment, Descriptor, Image, Registry, Repository
from machiya.release.registry.reference import RegistryName, parse_registry

__all__ = [
    "Attachment",
    "Descriptor",
    "Image",
    "Registry",
    "RegistryName",
    "Repository",
    "open_registry",
    "parse_registry",
]
