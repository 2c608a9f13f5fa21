"""A rendered manifest as the objects that Argo Server is sent."""

from typing import Any

from machiya.engines.argo.protocol import Kind
from machiya.errors import ContractError

DEPLOYED: tuple[Kind, ...] = ("WorkflowTemplate", "CronWorkflow")


def read_documents(text: str, file: str) -> dict[str, dict[str, Any]]:
    """The objects of a manifest by kind.

    Raises:
        ContractError: it holds two of a kind, or another than `machiya render` writes.
    """
    import yaml

    found: dict[str, dict[str, Any]] = {}
    for document in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        kind = str(document.get("kind", ""))
        if kind not in DEPLOYED or kind in found:
            raise ContractError(f"{file} holds a {kind or 'document'} too many.", "Render it: machiya render")
        found[kind] = document
    if "WorkflowTemplate" not in found:
        raise ContractError(f"{file} holds no WorkflowTemplate.", "Render it: machiya render")
    return found
