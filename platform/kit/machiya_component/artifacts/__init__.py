"""Artifacts: folders with a sidecar ``_artifact.json``; digests, checks by type, reading and sealing."""

from machiya_component.artifacts.check import check_artifact
from machiya_component.artifacts.digest import content_digest
from machiya_component.artifacts.kept import sidecars_of, told_digest
from machiya_component.artifacts.sidecar import DIGEST_FILE, SIDECAR, Artifact, Producer, read_sidecar

__all__ = [
    "DIGEST_FILE",
    "SIDECAR",
    "Artifact",
    "Producer",
    "check_artifact",
    "content_digest",
    "read_sidecar",
    "sidecars_of",
    "told_digest",
]
