"""Documents beside an image: OCI referrers, and, where a registry does not know these, an index under a tag.

The tag is derived from the image's digest (``sha256-<hex>``), as "Referrers Tag Schema" of the OCI distribution
specification 1.1 says, so that other tools find the documents, too.
"""

import json
from typing import Any

from machiya.errors import RegistryError
from machiya.release.registry.protocol import Attachment, Descriptor
from machiya.release.registry.repository import OCI_INDEX, OCI_MANIFEST, RemoteRepository, digest_of

_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_EMPTY = b"{}"
_ATTEMPTS = 5
"""Times that the index is written anew when another writer was faster."""


class OciRepository(RemoteRepository):
    """Implements `machiya.release.registry.Repository`."""

    def attach(self, image: Descriptor, attachment: Attachment) -> Descriptor:
        """Put a document beside an image. Attaching the same again changes nothing."""
        empty = self.put_blob(_EMPTY)
        layer = self.put_blob(attachment.content)
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": attachment.artifact_type,
            "config": {**_plain(empty), "mediaType": _EMPTY_TYPE},
            "layers": [{**_plain(layer), "mediaType": attachment.artifact_type}],
            "subject": _plain(image),
            "annotations": dict(attachment.annotations),
        }
        content = json.dumps(manifest, separators=(",", ":"), sort_keys=True).encode()
        made = Descriptor(
            OCI_MANIFEST, digest_of(content), len(content), attachment.artifact_type, attachment.annotations
        )
        headers = self.put_manifest(made.digest, content, OCI_MANIFEST)
        if headers.get("OCI-Subject") != image.digest:
            self._add_to_index(image.digest, made)
        return made

    def attached(self, digest: str, artifact_type: str) -> list[Descriptor]:
        """What of one type lies beside an image, as far as the registry tells."""
        answer = self.ask("GET", f"{self._path}/referrers/{digest}", writes=False)
        index = self._index(digest) if answer.status_code == 404 else self._json(answer.content, "list of referrers")
        found = [_descriptor(entry) for entry in index.get("manifests") or ()]
        return [one for one in found if one.artifact_type == artifact_type]

    def content(self, attached: Descriptor) -> bytes:
        """The document of something that is attached."""
        found = self.manifest(attached.digest)
        if found is None or not found[1].get("layers"):
            raise self.missing(attached.digest)
        return self.blob(str(found[1]["layers"][0]["digest"]))

    def _index(self, digest: str) -> dict[str, Any]:
        """The index under the tag of a digest; an empty one where there is none."""
        found = self.manifest(_tag(digest))
        return found[1] if found else {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}

    def _add_to_index(self, digest: str, made: Descriptor) -> None:
        """Read, add, write, and look again: another writer may have written in between."""
        entry = {**_plain(made), "artifactType": made.artifact_type, "annotations": dict(made.annotations)}
        for _ in range(_ATTEMPTS):
            index = self._index(digest)
            if any(one.get("digest") == made.digest for one in index["manifests"]):
                return
            index["manifests"] = [*index["manifests"], entry]
            self.put_manifest(_tag(digest), json.dumps(index, separators=(",", ":")).encode(), OCI_INDEX)
        if not any(one.get("digest") == made.digest for one in self._index(digest)["manifests"]):
            raise RegistryError(
                f"{self.name}: a document could not be put beside {digest}: others write there all the time.",
                "Run it again when they have finished.",
            )


def _tag(digest: str) -> str:
    return digest.replace(":", "-")


def _plain(descriptor: Descriptor) -> dict[str, Any]:
    return {"mediaType": descriptor.media_type, "digest": descriptor.digest, "size": descriptor.size}


def _descriptor(entry: dict[str, Any]) -> Descriptor:
    return Descriptor(
        str(entry.get("mediaType", "")),
        str(entry.get("digest", "")),
        int(entry.get("size", 0)),
        str(entry.get("artifactType", "")),
        entry.get("annotations") or {},
    )
