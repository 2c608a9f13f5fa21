"""Documents: the workflow that is run, and the templates and ConfigMaps beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from machiya.engines.local.argo.model import Document, Manifest, Specification, Template
from machiya.engines.local.argo.parse.data import read_values
from machiya.engines.local.argo.parse.fields import INVALID, UNSUPPORTED, Fields, scalar_text
from machiya.engines.local.argo.parse.pods import read_patch, read_security, read_volumes
from machiya.engines.local.argo.parse.templates import (
    read_hooks,
    read_retry,
    read_synchronization,
    read_template,
    read_template_ref,
)
from machiya.errors import MachiyaError
from machiya.manifest.lint.node import Node
from machiya.manifest.lint.reading import read
from machiya.pins.model import listed
from machiya_component.findings import Finding

_RUNNABLE = ("Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate")
_IGNORED = (
    "podGC", "ttlStrategy", "artifactGC", "serviceAccountName", "nodeSelector", "affinity", "tolerations",
    "archiveLogs", "imagePullSecrets", "priority", "podPriorityClassName", "schedulerName", "dnsConfig", "dnsPolicy",
    "podMetadata",
    "podResources", "podDisruptionBudget", "automountServiceAccountToken", "executor", "metrics", "hostAliases",
    "artifactRepositoryRef", "hostNetwork",
)  # fmt: skip


OWN_METRICS = "machiya_"
"""How the names of metrics begin that `machiya render` writes."""


class ManifestError(MachiyaError):
    """A manifest cannot be run here; ``findings`` are all the reasons."""

    exit_code = 65

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        if len(findings) == 1:
            super().__init__(str(replace(first, remedy="")), first.remedy)
        else:
            super().__init__(
                f"{first.file or 'the manifest'} cannot be run here, for {len(findings)} reasons.", listed(findings)
            )
        self.findings = tuple(findings)


def load_manifest(text: str, file: str = "", beside: Mapping[str, str] | None = None) -> Manifest:
    """The manifest in `text`, with the documents of other files (name to text) that it may refer to.

    What runs is the one Workflow; where there is none, the one WorkflowTemplate or CronWorkflow of `text`.

    Raises:
        ManifestError: it is no YAML, or it uses what the engine does not support; with every finding.
    """
    reader = _Reader()
    documents = reader.documents(text, file)
    others = [document for name, more in (beside or {}).items() for document in reader.documents(more, name)]
    workflow = _main(documents, file, reader.findings)
    if reader.findings or workflow is None:
        raise ManifestError(reader.findings)
    templates = {
        (document.name, document.kind == "ClusterWorkflowTemplate"): document
        for document in (*documents, *others)
        if document.kind in ("WorkflowTemplate", "ClusterWorkflowTemplate")
    }
    uses_results = any("outputs.result" in one for one in (text, *(beside or {}).values()))
    return Manifest(workflow, templates, reader.config_maps, tuple(reader.notes), uses_results)


def load_file(path: Path) -> Manifest:
    """The manifest in a file."""
    return load_manifest(path.read_text("utf-8"), str(path))


def _main(documents: Sequence[Document], file: str, findings: list[Finding]) -> Document | None:
    for kinds in (("Workflow",), ("WorkflowTemplate", "ClusterWorkflowTemplate"), ("CronWorkflow",)):
        found = [document for document in documents if document.kind in kinds]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"there are {len(found)} documents that could be run ({', '.join(d.kind for d in found)})."
            findings.append(Finding(INVALID, message, "Keep one in the file; give the others beside it.", "", file))
            return None
    if not findings:
        message = "there is no Workflow, WorkflowTemplate or CronWorkflow in it."
        findings.append(Finding(INVALID, message, "Give a manifest that has one.", "", file))
    return None


def _measures_more(metrics: Node) -> bool:
    """Whether there are metrics that the record of a run does not hold anyway, as it does for those we render."""
    return any(not metric.get("name").text.startswith(OWN_METRICS) for metric in metrics.get("prometheus").elements)


class _Reader:
    """Reads documents; keeps what is found and noted on the way."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.config_maps: dict[str, dict[str, str]] = {}

    def documents(self, text: str, file: str) -> list[Document]:
        """The Argo documents of one file."""
        content = read(text, file)
        self.findings += content.findings
        return [document for node in content.documents if (document := self._document(node)) is not None]

    def _document(self, node: Node) -> Document | None:
        fields = Fields(node, self.findings)
        kind = fields.text("kind")
        metadata = fields.child("metadata")
        if kind == "ConfigMap":
            self.config_maps[metadata.text("name")] = fields.mapping("data")
            return None
        if kind not in _RUNNABLE:
            message = f"the local engine does not know the kind {kind!r}."
            remedy = f"It runs {', '.join(_RUNNABLE)}, and reads ConfigMaps beside them."
            self.findings.append(node.finding(UNSUPPORTED, message, remedy))
            return None
        specification = fields.child("spec")
        if kind == "CronWorkflow":
            specification = specification.child("workflowSpec")
        return Document(
            kind=kind,
            name=metadata.text("name"),
            generate_name=metadata.text("generateName"),
            labels=metadata.mapping("labels"),
            annotations=metadata.mapping("annotations"),
            namespace=metadata.text("namespace"),
            specification=self._specification(specification),
            file=node.file,
            line=node.line,
        )

    def _specification(self, fields: Fields) -> Specification:
        fields.refuse("suspend", "Use a suspend template.")
        fields.refuse("volumeClaimTemplates", "Use emptyDir volumes, or artifacts.")
        fields.ignore(*_IGNORED)
        if _measures_more(fields.node.get("metrics")):
            self.notes.append(
                f"{fields.node.file}:{fields.node.get('metrics').line}: metrics are not collected locally."
            )
        metadata = fields.child("workflowMetadata")
        on_exit = fields.text("onExit")
        specification = Specification(
            entrypoint=fields.text("entrypoint"),
            arguments=read_values(fields.child("arguments")),
            templates=self._templates(fields),
            template_defaults=self._defaults(fields),
            on_exit=on_exit,
            hooks=read_hooks(fields.child("hooks")),
            parallelism=fields.integer("parallelism"),
            active_deadline=fields.text("activeDeadlineSeconds"),
            workflow_template_ref=read_template_ref(fields.child("workflowTemplateRef")),
            volumes=read_volumes(fields),
            security=read_security(fields.child("securityContext")),
            pod_patch=read_patch(fields),
            labels=metadata.mapping("labels"),
            labels_from={
                name: scalar_text(node.get("expression"))
                for name, node in metadata.node.get("labelsFrom").entries.items()
            },
            synchronization=read_synchronization(fields.child("synchronization")),
        )
        fields.finish()
        return specification

    def _templates(self, fields: Fields) -> dict[str, Template]:
        templates: dict[str, Template] = {}
        for child in fields.children("templates"):
            template = read_template(child)
            if template.name in templates:
                first = templates[template.name].line
                child.invalid(
                    "name", f"the template {template.name!r} is there already, at line {first}.", "Rename one."
                )
            templates[template.name] = template
        return templates

    def _defaults(self, fields: Fields) -> Template | None:
        defaults = fields.child("templateDefaults")
        retry = read_retry(fields.child("retryStrategy"))
        if not defaults.given and retry is None:
            return None
        template = read_template(defaults, defaults=True)
        return template if template.retry or retry is None else Template(**{**template.__dict__, "retry": retry})
