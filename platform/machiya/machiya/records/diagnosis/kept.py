"""Contracts that workflows of this folder keep beside their pins."""

from machiya.dsl import workflow_folders
from machiya.errors import MachiyaError
from machiya.pins import vendored_contract
from machiya_component.contract.model import Contract


def kept_contract(component: str, version: str) -> Contract | None:
    """The contract of a component from any workflow here; None where none keeps it."""
    for folder in workflow_folders():
        try:
            return vendored_contract(folder, component, version)
        except MachiyaError:
            continue
    return None
