"""From Argo's Workflow object to the run model: the state and the nodes that local runs have, too.

What Argo words differently is brought to one form: ``main: Error (exit code 65)`` (3.7 and later) and
``Error (exit code 65)`` (3.6) stay as they are, the exit code is read from either. A node's ``after`` are the nodes
that it waited for, told from ``children``, which link attempts, turns of loops and outbound nodes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from machiya.engines.argo.objects import nodes_of, parse_object
from machiya.engines.local.argo.interpreter.machine import RunFacts
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Node, NodeType, Outputs, Phase
from machiya.engines.local.state import RunState

WORKFLOW_LABEL, STAGE_LABEL = "machiya/workflow", "machiya/stage"
GIVEN = "machiya/given"
"""Annotation of a run that was submitted: the parameters that were given, with commas between them."""

_EXIT_CODE = re.compile(r"^(?:main: )?[\w ]*\(exit code (\d+)\)")
_STORES = ("s3", "gcs", "oss", "azure", "hdfs", "http", "artifactory", "git", "plugin")
_LOGS = "-logs"
"""How the artifacts end that Argo adds where it archives logs: ``main-logs``."""
_TROUBLES = ("SpecError", "SpecWarning", "MetricsError", "SubmissionError", "ArtifactGCError")


@dataclass(frozen=True)
class WorkflowStatus:
    """A Workflow with its status. ``data`` is the object as Argo has it, ``nodes`` its nodes, unpacked."""

    data: Mapping[str, Any]
    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Name, namespace, uid, labels, annotations."""
        return _mapping(self.data, "metadata")

    @property
    def status(self) -> Mapping[str, Any]:
        """What Argo's controller wrote."""
        return _mapping(self.data, "status")

    @property
    def name(self) -> str:
        """The run's id."""
        return str(self.metadata.get("name", ""))

    @property
    def namespace(self) -> str:
        """Where it runs."""
        return str(self.metadata.get("namespace") or "default")

    @property
    def labels(self) -> Mapping[str, str]:
        """Those of the Workflow, with those that its specification gives it."""
        more = _mapping(_mapping(self.specification, "workflowMetadata"), "labels")
        return {**more, **_mapping(self.metadata, "labels")}

    @cached_property
    def specification(self) -> dict[str, Any]:
        """What is executed: with what a workflowTemplateRef brought, and the arguments of this run."""
        own, stored = _mapping(self.data, "spec"), _mapping(self.status, "storedWorkflowTemplateSpec")
        merged = {**own, **stored} if stored else dict(own)
        for name in ("workflowTemplateRef", "shutdown", "suspend"):
            merged.pop(name, None)
        return merged

    @cached_property
    def templates(self) -> dict[str, Mapping[str, Any]]:
        """The templates by name, those that a templateRef brought too."""
        stored = _mapping(self.status, "storedTemplates").values()
        listed = [*stored, *(self.specification.get("templates") or ())]
        return {str(one.get("name", "")): one for one in listed}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The workflow's parameters as this run had them."""
        sources = (self.specification, _mapping(self.data, "spec"))
        listed = [one for source in sources for one in _mapping(source, "arguments").get("parameters") or ()]
        return {str(one["name"]): text_of(one["value"]) for one in listed if one.get("value") is not None}

    @cached_property
    def given(self) -> set[str]:
        """Names of the parameters that were given when it was submitted, as far as that is known."""
        return set(filter(None, str(_mapping(self.metadata, "annotations").get(GIVEN) or "").split(",")))

    @cached_property
    def state(self) -> RunState:
        """The run as local runs have it."""
        metadata, status = self.metadata, self.status
        created = seconds(metadata.get("creationTimestamp")) or 0.0
        return RunState(
            facts=RunFacts(self.name, str(metadata.get("uid", "")), created, self.parameters, self.namespace),
            options={
                "engine": "argo",
                "workflow": self.labels.get(WORKFLOW_LABEL, ""),
                "stage": self.labels.get(STAGE_LABEL, ""),
                "given": sorted(self.given),
            },
            nodes={node.id: node for node in self._read_nodes()},
            notes=list(self._troubles()),
            phase=str(status.get("phase") or Phase.PENDING),
            message=str(status.get("message") or ""),
            sessions=1,
            stopping=bool(_mapping(self.data, "spec").get("shutdown")),
            started=seconds(status.get("startedAt")),
            finished=seconds(status.get("finishedAt")),
        )

    def _troubles(self) -> Iterator[str]:
        for one in self.status.get("conditions") or ():
            if one.get("type") in _TROUBLES and one.get("message"):
                yield f"{one['type']}: {one['message']}"

    def _read_nodes(self) -> Iterator[Node]:
        waited = _Waiting(self.nodes)
        for identifier, data in self.nodes.items():
            yield self._node(identifier, data, waited.after(identifier))

    def _node(self, identifier: str, data: Mapping[str, Any], after: tuple[str, ...]) -> Node:
        memo = _mapping(data, "memoizationStatus")
        template = template_name(data)
        return Node(
            id=identifier,
            name=str(data.get("name", identifier)),
            display_name=str(data.get("displayName") or data.get("name", identifier)),
            type=_type(data.get("type")),
            phase=_phase(data.get("phase")),
            template=template,
            boundary=str(data.get("boundaryID") or ""),
            after=after,
            message=str(data.get("message") or ""),
            started=seconds(data.get("startedAt")) or 0.0,
            finished=seconds(data.get("finishedAt")),
            inputs=_parameters(_mapping(data, "inputs")),
            outputs=_outputs(data),
            labels=_mapping(_mapping(self.templates.get(template, {}), "metadata"), "labels"),
            memo_key=str(memo.get("key") or ""),
            memo_hit=bool(memo.get("hit")),
        )


def read_status(text: str, file: str = "it") -> WorkflowStatus:
    """The Workflow in a text.

    Raises:
        StatusError: it is no Workflow that can be read, or its nodes are not in it.
        NotFoundError: there is nothing in it.
    """
    return status_of(parse_object(text, file))


def status_of(data: Mapping[str, Any]) -> WorkflowStatus:
    """The Workflow that is this object, as Argo Server and Kubernetes give it.

    Raises:
        StatusError: its nodes are not in it, or cannot be unpacked.
    """
    return WorkflowStatus(data, nodes_of(data))


class _Waiting:
    """Who waited for whom, told from ``children``."""

    def __init__(self, nodes: Mapping[str, Mapping[str, Any]]) -> None:
        self._nodes = nodes
        self._parents: dict[str, list[str]] = {}
        for identifier, node in nodes.items():
            for child in node.get("children") or ():
                self._parents.setdefault(child, []).append(identifier)

    def after(self, identifier: str) -> tuple[str, ...]:
        """The nodes that a node waited for, each as the step, the loop or the attempt's step that it belongs to."""
        return tuple(dict.fromkeys(self._step(one, identifier) for one in self._parents.get(identifier, ())))

    def _step(self, parent: str, child: str) -> str:
        """The node beside the child (or around it) that the parent belongs to: an outbound node may be deep inside."""
        boundary = self._nodes[child].get("boundaryID")
        seen = {child}
        while parent not in seen:
            seen.add(parent)
            outer = self._around(parent, child)
            if outer is None and parent != boundary and self._nodes[parent].get("boundaryID") != boundary:
                outer = self._nodes[parent].get("boundaryID")
            if outer is None or outer not in self._nodes:
                break
            parent = outer
        return parent

    def _around(self, parent: str, child: str) -> str | None:
        """The retried step or the loop that the parent is an attempt or a turn of, and the child is not."""
        name = str(self._nodes[parent].get("name", ""))
        for identifier in self._parents.get(parent, ()):
            outer = self._nodes[identifier]
            inside = f"{outer.get('name')}("
            if outer.get("type") in ("Retry", "TaskGroup") and name.startswith(inside):
                within = str(self._nodes[child].get("name", "")).startswith(inside)
                return None if within else identifier
        return None


def template_name(node: Mapping[str, Any]) -> str:
    """The template that a node was made of."""
    return str(node.get("templateName") or _mapping(node, "templateRef").get("template") or "")


def seconds(value: Any) -> float | None:
    """Argo's times as seconds since 1970; None where there is none."""
    if not value:
        return None
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def text_of(value: Any) -> str:
    """A parameter as text: YAML may have taken it for a number or a truth value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def exit_code_of(message: str) -> int | None:
    """The exit code of the program that a message tells; not that of Argo's own containers, ``init`` and ``wait``."""
    found = _EXIT_CODE.match(message)
    return int(found[1]) if found else None


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def _type(name: Any) -> NodeType:
    """HTTP, Plugin and the containers of a set do one thing, as pods do."""
    return NodeType(name) if name in list(NodeType) else NodeType.POD


def _phase(name: Any) -> Phase:
    return Phase(name) if name in list(Phase) else Phase.PENDING


def _parameters(data: Mapping[str, Any]) -> dict[str, str]:
    listed = data.get("parameters") or ()
    return {str(one["name"]): text_of(one["value"]) for one in listed if one.get("value") is not None}


def _outputs(node: Mapping[str, Any]) -> Outputs:
    data = _mapping(node, "outputs")
    code = str(data.get("exitCode") or "")
    result = data.get("result")
    artifacts = data.get("artifacts") or ()
    return Outputs(
        parameters=_parameters(data),
        artifacts={str(one["name"]): _artifact(one) for one in artifacts if not str(one["name"]).endswith(_LOGS)},
        result=None if result is None else str(result),
        exit_code=int(code) if code.isdigit() else exit_code_of(str(node.get("message") or "")),
    )


def _artifact(data: Mapping[str, Any]) -> ArtifactValue:
    raw = _mapping(data, "raw").get("data")
    if raw is not None:
        return ArtifactValue(raw=str(raw))
    for name in _STORES:
        place = _mapping(data, name)
        if key := place.get("key") or place.get("blob") or place.get("path") or place.get("url"):
            return ArtifactValue(key=str(key))
    return ArtifactValue()
