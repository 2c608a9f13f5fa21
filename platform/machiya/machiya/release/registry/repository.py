"""One repository of a registry, by the OCI distribution specification 1.1.

Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import requests

from machiya.errors import NotFoundError, RegistryError
from machiya.release.registry.http import Transport
from machiya.release.registry.protocol import Descriptor, Image

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_INDEXES = (OCI_INDEX, _DOCKER_LIST)
_ACCEPTED = ", ".join((OCI_MANIFEST, OCI_INDEX, _DOCKER_MANIFEST, _DOCKER_LIST))
_LARGEST = 16 * 2**20
"""Bytes of a manifest or document that are read; registries refuse larger manifests anyway (4 MiB)."""


def digest_of(content: bytes) -> str:
    """``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class RemoteRepository:
    """Manifests, blobs and tags of one repository."""

    def __init__(self, transport: Transport, name: str, path: str) -> None:
        self._transport = transport
        self._path = path
        self.name = name
        """Host and path."""

    def tags(self) -> list[str]:
        """All tags, page by page; none where the repository does not exist."""
        found: list[str] = []
        url: str | None = f"{self._path}/tags/list?n=1000"
        while url:
            answer = self.ask("GET", url, writes=False)
            if answer.status_code == 404:
                return []
            found += self._json(answer.content, "tags").get("tags") or []
            url = answer.links.get("next", {}).get("url")
        return found

    def digest(self, reference: str) -> str | None:
        """The digest of a tag or digest that is there; None where it is not."""
        found = self._manifest(reference)
        return None if found is None else found[0].digest

    def manifest(self, reference: str) -> tuple[Descriptor, dict[str, Any]] | None:
        """The manifest of a tag or digest, None where there is none; what a digest names is what it says."""
        return self._manifest(reference)

    def image(self, reference: str) -> Image:
        """The image of a tag or digest."""
        found = self._manifest(reference)
        if found is None:
            raise self.missing(reference)
        descriptor, manifest = found
        if descriptor.media_type in _INDEXES:
            manifest = self._first_platform(reference, manifest)
        config_digest = str(manifest["config"]["digest"])
        config = self._json(self.blob(config_digest), "configuration")
        labels = (config.get("config") or {}).get("Labels") or {}
        return Image(descriptor, config_digest, labels, config.get("created") or "")

    def _first_platform(self, reference: str, index: Mapping[str, Any]) -> dict[str, Any]:
        for entry in index.get("manifests") or ():
            if (entry.get("platform") or {}).get("architecture") not in (None, "unknown"):
                found = self._manifest(str(entry["digest"]))
                if found is not None:
                    return found[1]
        raise self.missing(reference)

    def _manifest(self, reference: str) -> tuple[Descriptor, dict[str, Any]] | None:
        answer = self.ask("GET", f"{self._path}/manifests/{reference}", writes=False, headers={"Accept": _ACCEPTED})
        if answer.status_code == 404:
            return None
        content = answer.content
        digest = digest_of(content)
        if reference.startswith("sha256:") and digest != reference:
            raise self._altered(reference)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        manifest = self._json(content, "manifest")
        return Descriptor(str(manifest.get("mediaType") or media_type), digest, len(content)), manifest

    def put_manifest(self, reference: str, content: bytes, media_type: str) -> Mapping[str, str]:
        """Write a manifest; the headers of the answer."""
        path = f"{self._path}/manifests/{reference}"
        answer = self.ask("PUT", path, writes=True, headers={"Content-Type": media_type}, data=content)
        self._expect_found(answer.status_code)
        headers: Mapping[str, str] = answer.headers
        return headers

    def blob(self, digest: str) -> bytes:
        """The content of a blob; RegistryError where it is not what its digest says."""
        answer = self.ask("GET", f"{self._path}/blobs/{digest}", writes=False)
        if answer.status_code == 404:
            raise self.missing(digest)
        content = answer.content
        if digest_of(content) != digest:
            raise self._altered(digest)
        return content

    def put_blob(self, content: bytes) -> Descriptor:
        """Write a blob, unless it is there."""
        digest = digest_of(content)
        if self.ask("HEAD", f"{self._path}/blobs/{digest}", writes=True).status_code == 404:
            begun = self.ask("POST", f"{self._path}/blobs/uploads/", writes=True)
            self._expect_found(begun.status_code)
            place = begun.headers["Location"]
            url = f"{place}{'&' if '?' in place else '?'}digest={digest}"
            headers = {"Content-Type": "application/octet-stream"}
            self._expect_found(self.ask("PUT", url, writes=True, headers=headers, data=content).status_code)
        return Descriptor("application/octet-stream", digest, len(content))

    def ask(
        self,
        method: str,
        path: str,
        *,
        writes: bool,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> requests.Response:
        """One request, with the right to read, or to write as well; see `Transport.request`."""
        scope = f"repository:{self._path}:{'pull,push' if writes else 'pull'}"
        return self._transport.request(method, path, scope=scope, headers=headers, data=data)

    def missing(self, reference: str) -> NotFoundError:
        """The error for a tag or digest that is not there."""
        if reference.startswith("sha256:"):
            return NotFoundError(
                f"{self.name}@{reference} is not in the registry: it was removed, or never was there.",
                f"`machiya releases {self.name.rpartition('/')[2]}` lists what is there.",
            )
        return NotFoundError(
            f"{self.name} has no version {reference}.",
            f"`machiya releases {self.name.rpartition('/')[2]}` lists those that are released.",
        )

    def _altered(self, digest: str) -> RegistryError:
        return RegistryError(
            f"{self.name}: what the registry gives for {digest} is something else.",
            "Do not use it. Somebody, or something in between, altered it: tell who runs the registry.",
        )

    def _expect_found(self, status: int) -> None:
        if status == 404:
            raise RegistryError(
                f"{self.name} cannot be written to: its registry knows no such place.", "Check its name."
            )

    def _json(self, content: bytes, what: str) -> dict[str, Any]:
        try:
            value = json.loads(content[:_LARGEST])
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise RegistryError(f"{self.name}: the {what} that the registry gives is no JSON.", "Is it a registry?")
        return value
