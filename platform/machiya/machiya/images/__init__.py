"""Building the image of a component: its folder, the kit it needs, and the labels that say what the image is."""

from machiya.images.build import DEFAULT_BASE, LOCAL_BASE, BuiltImage, build
from machiya.images.labels import CONTRACT_LABEL, OCI_LABELS, OCI_PREFIX

__all__ = ["CONTRACT_LABEL", "DEFAULT_BASE", "LOCAL_BASE", "OCI_LABELS", "OCI_PREFIX", "BuiltImage", "build"]
