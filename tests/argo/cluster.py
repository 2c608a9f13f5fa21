"""A namespace of a cluster in memory: what is deployed, and runs, which the local engine's interpreter works out."""

import copy
import hashlib
import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from machiya.engines.argo.status import status_of
from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Outputs, Phase, node_id
from machiya.engines.local.argo.simulation import Result, Simulation, simulate

NAMESPACE = "ml"
EPOCH = datetime(2026, 11, 25, 3, tzinfo=UTC)
ENDED = ("Succeeded", "Failed", "Error")

Json = dict[str, Any]
Watched = Callable[[str], object]


class RefusedError(Exception):
    """What the server answers instead: a status of HTTP and a message, as Argo words them."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Cluster:
    """What Argo and Kubernetes know. Every change wakes those that watch.

    ``when_watched`` are called one by one, each when a watch begins: so a test lets a run go on while it is watched.
    """

    workflows: dict[str, Json] = field(default_factory=dict)
    deployed: dict[str, dict[str, Json]] = field(default_factory=lambda: {"workflowtemplates": {}, "cronworkflows": {}})
    logs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    kept_logs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    memory: dict[str, Outputs] = field(default_factory=dict)
    when_watched: deque[Watched] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    programs: list[str] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))

    def create(self, workflow: Json) -> Json:
        """A new Workflow, as the server stores it."""
        with self.changed:
            name = workflow["metadata"]["name"]
            if name in self.workflows:
                raise RefusedError(409, f'workflows.argoproj.io "{name}" already exists')
            _check(workflow)
            number = next(self._numbers)
            stored = copy.deepcopy(workflow)
            metadata = stored["metadata"]
            metadata["uid"] = f"00000000-0000-0000-0000-{number:012d}"
            metadata["resourceVersion"] = str(number)
            metadata["creationTimestamp"] = _time(number - 1000)
            stored["status"] = {}
            self.workflows[name] = stored
            self.changed.notify_all()
            return copy.deepcopy(stored)

    def get(self, name: str) -> Json:
        """A Workflow."""
        with self.changed:
            if name not in self.workflows:
                raise RefusedError(404, f'workflows.argoproj.io "{name}" not found')
            return copy.deepcopy(self.workflows[name])

    def update(self, name: str, change: Callable[[Json], None]) -> Json:
        """Change a Workflow in place."""
        with self.changed:
            if name not in self.workflows:
                raise RefusedError(404, f'workflows.argoproj.io "{name}" not found')
            change(self.workflows[name])
            self.workflows[name]["metadata"]["resourceVersion"] = str(next(self._numbers))
            self.changed.notify_all()
            return copy.deepcopy(self.workflows[name])

    def delete(self, name: str) -> None:
        """As `kubectl delete` does."""
        with self.changed:
            del self.workflows[name]
            self.changed.notify_all()

    def newest_first(self) -> list[Json]:
        """All Workflows."""
        with self.changed:
            every = copy.deepcopy(list(self.workflows.values()))
        return sorted(every, key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=True)

    def begin(self, name: str) -> None:
        """The controller has seen it, and started nothing yet."""

        def change(workflow: Json) -> None:
            workflow["status"] = {"phase": "Running", "startedAt": _time(0), "progress": "0/1"}
            workflow["metadata"].setdefault("labels", {})["workflows.argoproj.io/phase"] = "Running"

        self.update(name, change)

    def finish(self, name: str, failing: Mapping[str, int] | None = None, *, lines: Iterable[str] = ()) -> Simulation:
        """Let a run go on to its end. Steps of `failing` end with these exit codes; `lines` are in each pod's log."""
        workflow = self.get(name)
        known = {node.name: node for node in status_of(workflow).state.nodes.values() if node.phase is Phase.SUCCEEDED}
        manifest = {one: workflow[one] for one in ("apiVersion", "kind", "metadata", "spec")}
        manifest["metadata"] = {"name": name}
        simulation = simulate(
            json.dumps(manifest),
            _program(failing or {}),
            name=name,
            uid=workflow["metadata"]["uid"],
            memory=self.memory,
            known=known,
        )
        self.programs += [spec.node_name.removeprefix(f"{name}.") for spec in simulation.started]
        nodes = list(simulation.interpreter.nodes.values())
        self.logs[name] = self.logs.get(name, []) + [
            (_pod_name(name, spec), line) for spec in simulation.started for line in lines
        ]

        def change(stored: Json) -> None:
            stored["status"] = _status(simulation, nodes)
            labels = stored["metadata"].setdefault("labels", {})
            labels["workflows.argoproj.io/phase"] = stored["status"]["phase"]
            labels["workflows.argoproj.io/completed"] = "true"

        self.update(name, change)
        return simulation

    def retry(self, name: str, *, restart_successful: bool, selector: str) -> Json:
        """Take away what failed, and those that are named, so that the controller runs them again."""
        phase = self.get(name)["status"].get("phase", "")
        if phase == "Succeeded" and not (restart_successful and selector):
            raise RefusedError(
                400, "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector"
            )
        if phase not in ENDED:
            raise RefusedError(400, f"Cannot retry a workflow in phase {phase}")
        again = selector.removeprefix("displayName=") if selector else None

        def change(workflow: Json) -> None:
            nodes = workflow["status"]["nodes"]
            gone = {one for one, node in nodes.items() if node["phase"] != "Succeeded" or node["displayName"] == again}
            workflow["status"]["nodes"] = {one: node for one, node in nodes.items() if one not in gone}
            workflow["status"]["phase"] = "Running"
            workflow["status"].pop("finishedAt", None)
            workflow["status"].pop("message", None)
            workflow["spec"].pop("shutdown", None)
            workflow["metadata"]["labels"]["workflows.argoproj.io/phase"] = "Running"
            workflow["metadata"]["labels"].pop("workflows.argoproj.io/completed", None)

        return self.update(name, change)

    def resume(self, name: str) -> Json:
        """Let everything go on that waits; where nothing does, Argo says nothing."""

        def change(workflow: Json) -> None:
            workflow["spec"].pop("suspend", None)
            for node in workflow["status"].get("nodes", {}).values():
                if (node["type"], node["phase"]) == ("Suspend", "Running"):
                    node["phase"] = "Succeeded"

        return self.update(name, change)

    def shut_down(self, name: str, strategy: str) -> Json:
        """Stop or terminate: the controller ends the run in its own time."""
        if self.get(name)["status"].get("phase") in ENDED:
            raise RefusedError(
                500, f'cannot shutdown a completed workflow: workflow: "{name}", namespace: "{NAMESPACE}"'
            )
        return self.update(name, lambda workflow: workflow["spec"].update(shutdown=strategy))

    def end(self, name: str, phase: str, message: str) -> None:
        """The controller has ended a run."""

        def change(workflow: Json) -> None:
            workflow["status"] |= {"phase": phase, "message": message, "finishedAt": _time(60)}

        self.update(name, change)

    def find(self, plural: str, name: str) -> Json:
        """What is deployed."""
        with self.changed:
            if name not in self.deployed[plural]:
                raise RefusedError(404, f'{plural}.argoproj.io "{name}" not found')
            return copy.deepcopy(self.deployed[plural][name])

    def add(self, plural: str, value: Json) -> Json:
        """Deploy something new."""
        with self.changed:
            name = value["metadata"]["name"]
            if name in self.deployed[plural]:
                raise RefusedError(409, f'{plural}.argoproj.io "{name}" already exists')
            return self._store(plural, value)

    def replace(self, plural: str, value: Json) -> Json:
        """Deploy something in the place of what is there."""
        with self.changed:
            name = value["metadata"]["name"]
            there = self.find(plural, name)
            if value["metadata"].get("resourceVersion") != there["metadata"]["resourceVersion"]:
                raise RefusedError(
                    409,
                    f'Operation cannot be fulfilled on {plural}.argoproj.io "{name}": the object has been modified; '
                    "please apply your changes to the latest version and try again",
                )
            return self._store(plural, value)

    def _store(self, plural: str, value: Json) -> Json:
        stored = _as_go_writes(copy.deepcopy(value))
        stored["metadata"]["resourceVersion"] = str(next(self._numbers))
        self.deployed[plural][value["metadata"]["name"]] = stored
        return copy.deepcopy(stored)


def _as_go_writes(value: Json) -> Json:
    """Argo reads an object into its structures and writes it anew: empty fields are added, quantities respelled."""
    value["metadata"]["creationTimestamp"] = None
    for template in value["spec"].get("templates", []):
        for name in ("inputs", "outputs", "metadata"):
            template.setdefault(name, {})
        if container := template.get("container"):
            container.setdefault("name", "")
            container.setdefault("resources", {})
            for amounts in container["resources"].values():
                for name, amount in amounts.items():
                    amounts[name] = _respelled(str(amount))
    return value


def _respelled(amount: str) -> str:
    return f"{round(float(amount) * 1000)}m" if amount.replace(".", "").isdigit() else amount


def _pod_name(run: str, spec: PodSpec) -> str:
    """As Argo names pods (``POD_NAMES=v2``): the template, and the hash that is in the node's id."""
    if spec.node_name == run:
        return run
    return f"{run}-{spec.template}-{node_id(run, spec.node_name).rpartition('-')[2]}"


def _check(workflow: Json) -> None:
    """What Argo refuses: our linter says the same, offline."""
    from machiya.manifest.lint import lint

    findings = lint([("workflow", json.dumps(workflow))], mode="create")
    if findings:
        raise RefusedError(400, f"spec: {findings[0].message}")


def _program(failing: Mapping[str, int]) -> Callable[[PodSpec], Result]:
    """Programs whose outputs have digests of what went in, as those of components do."""

    def run(spec: PodSpec) -> Result:
        step = spec.node_name.rpartition(".")[2].split("(")[0]
        if step in failing:
            return Result(code=failing[step])
        what = repr((spec.image, spec.args, [(one.name, one.value.digest or one.value.key) for one in spec.inputs]))
        digest = f"sha256:{hashlib.sha256(what.encode()).hexdigest()}"
        return Result(parameters={one.name: digest for one in spec.output_parameters})

    return run


def _status(simulation: Simulation, nodes: list[Node]) -> Json:
    """What Argo's controller would have written."""
    assert simulation.end is not None
    children: dict[str, list[str]] = {}
    by_name = {node.name: node for node in nodes}
    for node in nodes:
        for parent in _parents(node, by_name):
            children.setdefault(parent, []).append(node.id)
    done = sum(node.phase is Phase.SUCCEEDED for node in nodes if node.type is NodeType.POD)
    pods = sum(node.type is NodeType.POD for node in nodes)
    status: Json = {
        "phase": str(simulation.end.phase),
        "startedAt": _time(0),
        "finishedAt": _time(simulation.now),
        "progress": f"{done}/{pods}",
        "nodes": {node.id: _node(node, children.get(node.id, [])) for node in nodes},
    }
    if simulation.end.message:
        status["message"] = simulation.end.message
    return status


def _parents(node: Node, by_name: Mapping[str, Node]) -> list[str]:
    """An attempt is a child of the retried node; all others are children of what they waited for."""
    retried = by_name.get(node.name.rpartition("(")[0])
    if retried is not None and retried.type is NodeType.RETRY and node.type is NodeType.POD:
        return [retried.id]
    return list(node.after)


def _node(node: Node, children: list[str]) -> Json:
    data: Json = {
        "id": node.id,
        "name": node.name,
        "displayName": node.display_name,
        "type": str(node.type),
        "phase": str(node.phase),
        "templateName": node.template,
        "startedAt": _time(node.started),
    }
    if node.finished is not None:
        data["finishedAt"] = _time(node.finished)
    if node.boundary:
        data["boundaryID"] = node.boundary
    if node.message:
        ended = node.type is NodeType.POD and "(exit code" in node.message
        data["message"] = f"main: {node.message}" if ended else node.message  # as 3.7 and later have it
    if node.inputs:
        data["inputs"] = {"parameters": _pairs(node.inputs)}
    outputs: Json = {}
    if node.outputs.parameters:
        outputs["parameters"] = _pairs(node.outputs.parameters)
    if node.outputs.artifacts:
        outputs["artifacts"] = [{"name": one, "s3": {"key": it.key}} for one, it in node.outputs.artifacts.items()]
    if node.outputs.exit_code is not None:
        outputs["exitCode"] = str(node.outputs.exit_code)
    if outputs:
        data["outputs"] = outputs
    if node.memo_key:
        cache = f"machiya-cache-{node.labels.get('machiya/component', '')}"
        data["memoizationStatus"] = {"hit": node.memo_hit, "key": node.memo_key, "cacheName": cache}
    if children:
        data["children"] = children
    return data


def _pairs(values: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _time(seconds: float) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
