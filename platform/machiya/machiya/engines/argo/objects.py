"""Workflow objects as people bring them: YAML or JSON of `kubectl get`, `argo get`, or the Argo UI's download."""

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any

from machiya.errors import ContractError, NotFoundError

_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_HOW = "Save the run with `kubectl get workflow NAME -o yaml`, `argo get NAME -o yaml`, or from the Argo UI."


class StatusError(ContractError):
    """A workflow object cannot be read, or does not hold what happened."""


def parse_object(text: str, file: str = "it") -> dict[str, Any]:
    """The one Workflow in `text`; of a list with one item, that item.

    Raises:
        StatusError: it is neither YAML nor JSON, or holds something else.
        NotFoundError: it is empty.
    """
    data = _parse(text, file)
    _refuse_manifest(data if isinstance(data, list) else [data], file)
    if isinstance(data, Mapping) and isinstance(data.get("items"), list):
        data = data["items"]
    if isinstance(data, list):
        if len(data) != 1:
            raise StatusError(f"{file} holds {len(data)} objects.", f"Keep one. {_HOW}")
        data = data[0]
    if data is None:
        raise NotFoundError(f"{file} is empty.", _HOW)
    if not isinstance(data, dict) or data.get("kind", "Workflow") != "Workflow" or "metadata" not in data:
        kind = f"a {data['kind']}" if isinstance(data, dict) and "kind" in data else "something else"
        raise StatusError(f"{file} holds {kind}, and no Workflow.", _HOW)
    return data


def _refuse_manifest(objects: list[Any], file: str) -> None:
    """What runs are made from: the file that people have at hand, taken for a run."""
    for one in objects:
        kind = one.get("kind") if isinstance(one, Mapping) else None
        if kind in ("WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"):
            raise StatusError(f"{file} is a manifest ({kind}), and no run: nothing happened in it yet.", _HOW)


def _parse(text: str, file: str) -> Any:
    import yaml

    try:
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text)
        documents = [one for one in yaml.load_all(text, yaml.CSafeLoader) if one is not None]
    except (yaml.YAMLError, ValueError) as error:
        first = " ".join(str(error).split())
        raise StatusError(f"{file} is neither YAML nor JSON: {first}.", _HOW) from error
    return documents[0] if len(documents) == 1 else documents or None


def nodes_of(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The nodes of a Workflow by id, unpacked where the controller packed them; empty if it has not begun.

    Raises:
        StatusError: they are kept elsewhere (offloaded to a database), or packed in a way that is not known.
    """
    status = data.get("status") or {}
    nodes = status.get("nodes") or {}
    if not nodes and status.get("compressedNodes"):
        nodes = _unpacked(str(status["compressedNodes"]))
    if not nodes and status.get("offloadNodeStatusVersion"):
        name = data["metadata"].get("name", "NAME")
        raise StatusError(
            f"the steps of {name} are not in the object: the controller keeps them in its database.",
            f"Argo Server puts them back: `argo get {name} -o yaml`, or the Argo UI.",
        )
    return dict(nodes)


def _unpacked(text: str) -> dict[str, dict[str, Any]]:
    """``status.compressedNodes``: base64 of gzip; Argo after 4.1 may be told to use others, which are told apart."""
    try:
        packed = base64.b64decode(text, validate=True)
        if not packed.startswith(_GZIP):
            name = "zstd" if packed.startswith(_ZSTD) else "brotli"
            raise StatusError(
                f"status.compressedNodes is packed with {name}.", "Argo Server unpacks it: `argo get NAME -o yaml`."
            )
        nodes = json.loads(gzip.decompress(packed))
    except (binascii.Error, OSError, EOFError, ValueError, zlib.error) as error:
        raise StatusError(
            f"status.compressedNodes cannot be read: {error}.", "Was the file cut? Save it again."
        ) from error
    return dict(nodes)
