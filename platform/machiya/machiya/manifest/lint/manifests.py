"""The manifests that are checked together, and what can be looked up in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from machiya.manifest.lint.node import Node
from machiya.manifest.lint.reading import read

DEFAULTS_CONFIG_MAP = "workflow-controller-configmap"
"""The ConfigMap whose key ``workflowDefaults`` holds fields that Argo's controller adds to every workflow."""


@dataclass(frozen=True, eq=False)
class Manifest:
    """One document of a kind that Argo runs or refers to."""

    root: Node

    @property
    def kind(self) -> str:
        """Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow."""
        return self.root.get("kind").text

    @property
    def name(self) -> str:
        """`metadata.name`, or `metadata.generateName`, or nothing."""
        metadata = self.root.get("metadata")
        return metadata.get("name").text or metadata.get("generateName").text

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, or nothing."""
        return self.root.get("metadata", "namespace").text

    @property
    def is_template(self) -> bool:
        """Whether workflows refer to it, instead of it being run."""
        return self.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate")

    @property
    def spec(self) -> Node:
        """The specification of the workflow itself."""
        spec = self.root.get("spec")
        return spec.get("workflowSpec") if self.kind == "CronWorkflow" else spec

    @cached_property
    def templates(self) -> dict[str, Node]:
        """Its templates by name, the first of each name."""
        found: dict[str, Node] = {}
        for template in self.spec.get("templates").elements:
            found.setdefault(template.get("name").text, template)
        return found


@dataclass
class Library:
    """What manifests may refer to: workflow templates and ConfigMaps."""

    templates: dict[tuple[bool, str], list[Manifest]] = field(default_factory=dict)
    config_maps: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Node]) -> "Library":
        """The documents that can be referred to; others are left out."""
        library = cls()
        for root in documents:
            kind, name = root.get("kind").text, root.get("metadata", "name").text
            if kind == "ConfigMap":
                library.config_maps[name] = root
            elif kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
                key = (kind == "ClusterWorkflowTemplate", name)
                library.templates.setdefault(key, []).append(Manifest(root))
        return library

    def find(self, name: str, *, cluster: bool, namespace: str) -> Manifest | None:
        """The workflow template called `name`, in `namespace` if both sides name one."""
        for manifest in self.templates.get((cluster, name), []):
            if cluster or not namespace or not manifest.namespace or manifest.namespace == namespace:
                return manifest
        return None

    def names(self, *, cluster: bool) -> list[str]:
        """The names of all (cluster) workflow templates."""
        return [name for is_cluster, name in self.templates if is_cluster == cluster]

    @cached_property
    def defaults(self) -> Node:
        """What the controller's configuration adds to every Workflow; a missing node if that is not there."""
        config_map = self.config_maps.get(DEFAULTS_CONFIG_MAP, Node("missing", "", 0, ""))
        text = config_map.get("data", "workflowDefaults")
        documents = read(text.text, text.file).documents if text.given else []
        return documents[0] if documents else text
