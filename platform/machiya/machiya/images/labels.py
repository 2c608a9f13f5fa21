"""The labels of an image, from which it can be checked and pinned without its source."""

import json
from datetime import UTC, datetime

from machiya.images.revision import Revision
from machiya_component.contract import Contract, contract_to_json

CONTRACT_LABEL = "io.machiya.contract"
OCI_PREFIX = "org.opencontainers.image."
OCI_LABELS = ("title", "version", "revision", "source", "created")
"""The labels of the OCI image specification that every image carries, without their prefix."""


def labels_of(contract: Contract, revision: Revision, now: datetime) -> dict[str, str]:
    """All labels. The time is the commit's, so that an unchanged folder gives the same image; else it is ``now``."""
    created = (revision.time or now).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    values = {
        "title": contract.name,
        "version": contract.version,
        "description": contract.summary,
        "revision": revision.commit,
        "source": contract.source or revision.remote,
        "created": created,
    }
    compact = json.dumps(json.loads(contract_to_json(contract)), ensure_ascii=False, separators=(",", ":"))
    return {**{OCI_PREFIX + name: value for name, value in values.items()}, CONTRACT_LABEL: compact}
