"""What is known of the component behind a step: from the manifest that was run, and from its contract where it is kept.

The manifest alone is enough; a contract adds what its exit codes mean and who answers for it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from machiya.records.record import RunRecord
from machiya.records.steps import COMMIT, COMPONENT, OPERATION, VERSION, Step
from machiya_component.contract.model import Contract

Contracts = Callable[[str, str], Contract | None]
"""The contract of a component (by name and version); None where it is not kept."""

DESCRIPTION = "workflows.argoproj.io/description"
OWNER = "machiya/owner"
"""Annotation of runs (the workflow's owner) and of templates (the component's)."""

_QUANTITY = re.compile(r"'(\d+(?:\.\d+)?[kKMGT]i?)'")


@dataclass(frozen=True)
class Facts:
    """The component behind a step. What is not known is empty, numbers are None."""

    component: str = ""
    version: str = ""
    operation: str = ""
    commit: str = ""
    image: str = ""
    owner: str = ""
    runbook: str = ""
    source: str = ""
    memory: str = ""
    max_memory: str = ""
    timeout: str = ""
    codes: Mapping[int, str] = field(default_factory=dict)
    description: str = ""
    """What the manifest tells operators of the step, in Markdown."""

    @property
    def whom(self) -> str:
        """Whom to ask, in words."""
        return self.owner or (f"the owner of {self.component}" if self.component else "who made the manifest")

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya explain`."""
        names = ("component", "version", "operation", "commit", "image", "owner", "runbook", "source")
        return {name: getattr(self, name) or None for name in names}


class FactsReader:
    """Reads the manifest of one run, and each contract, once."""

    def __init__(self, record: RunRecord, contracts: Contracts) -> None:
        self._contracts = cache(contracts)  # of a fan-out, all shards have the same
        self._document = _document(record)
        specification = self._document.get("spec") or {}
        self._templates = {one.get("name"): one for one in specification.get("templates") or ()}

    @property
    def _around(self) -> dict[str, str]:
        """Annotations of the run: those that its specification gives it, and its own."""
        specified = (self._document.get("spec") or {}).get("workflowMetadata") or {}
        own = self._document.get("metadata") or {}
        return {**(specified.get("annotations") or {}), **(own.get("annotations") or {})}

    @property
    def deadline(self) -> str:
        """The time limit of the whole workflow; empty if there is none."""
        return str((self._document.get("spec") or {}).get("activeDeadlineSeconds") or "")

    def of(self, step: Step) -> Facts:
        """The facts of one step."""
        labels, template = step.node.labels, self._templates.get(step.node.template) or {}
        component, version = labels.get(COMPONENT, ""), labels.get(VERSION, "")
        contract = self._contracts(component, version) if component else None
        return Facts(
            component=component,
            version=version,
            operation=labels.get(OPERATION, ""),
            commit=labels.get(COMMIT, ""),
            image=str((template.get("container") or template.get("script") or {}).get("image") or ""),
            memory=_memory(template),
            max_memory=_most(template, _memory(template)),
            description=str((template.get("annotations") or {}).get(DESCRIPTION) or ""),
            timeout=str(template.get("activeDeadlineSeconds") or template.get("timeout") or ""),
            **self._people(template, contract),
        )

    def _people(self, template: Mapping[str, Any], contract: Contract | None) -> dict[str, Any]:
        """Who answers for it, and what its exit codes mean; the contract knows best."""
        if contract is None:
            return {"owner": (template.get("annotations") or {}).get(OWNER) or self._around.get(OWNER) or ""}
        return {
            "owner": contract.owner,
            "runbook": contract.runbook or "",
            "source": contract.source or "",
            "codes": contract.exit_codes,
        }


def _document(record: RunRecord) -> Mapping[str, Any]:
    """The workflow of a manifest; empty where it cannot be read any more."""
    import yaml

    try:
        documents = list(yaml.load_all(record.folder.manifest_text(), yaml.CSafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    found = [one for one in documents if isinstance(one, dict) and (one.get("spec") or {}).get("templates")]
    return found[0] if found else {}


def _memory(template: Mapping[str, Any]) -> str:
    resources = (template.get("container") or template.get("script") or {}).get("resources") or {}
    return str((resources.get("limits") or {}).get("memory") or (resources.get("requests") or {}).get("memory") or "")


def _most(template: Mapping[str, Any], memory: str) -> str:
    """The memory that a retry gets, which `machiya render` writes into the podSpecPatch; empty if it gets no more."""
    others = [one for one in _QUANTITY.findall(str(template.get("podSpecPatch") or "")) if one != memory]
    return others[-1] if others else ""
