"""From a plan to the Workflow that Argo Server is sent: whole, with a name and values of its own."""

import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from machiya.engines.argo.client import SUBMISSION
from machiya.engines.argo.documents import read_documents
from machiya.engines.argo.protocol import Object
from machiya.engines.argo.status import WorkflowStatus
from machiya.engines.planning.plan import Plan
from machiya.errors import ArgumentsError
from machiya.manifest.expressions import code_argument, digest_name

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME_LIMIT = 56
"""Of a run's name without the random end: Kubernetes takes 63 letters for the label that pods carry."""
_KEPT_LABELS = ("machiya/workflow", "machiya/stage")


@dataclass(frozen=True)
class Submission:
    """A run that is to begin; ``notes`` say what its sender should know."""

    workflow: Object
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The run's id."""
        return str(self.workflow["metadata"]["name"])


@dataclass(frozen=True)
class Values:
    """What is given for a run: parameters and keys of data as people name them, and digests of that data."""

    given: Mapping[str, str]
    digests: Mapping[str, str]


def split_values(pairs: Mapping[str, str], artifacts: Iterable[str]) -> Values:
    """Set the digests of data apart (``events-digest=sha256:...``).

    Raises:
        ArgumentsError: one is no digest, or a location is none that a cluster can read.
    """
    names = {digest_name(one): one for one in artifacts}
    digests = {names[name]: value for name, value in pairs.items() if name in names}
    for name, value in digests.items():
        if not _DIGEST.fullmatch(value):
            raise ArgumentsError(
                f"-p {digest_name(name)}={value}: that is no digest.",
                "It is sha256: and 64 digits; `machiya show` prints that of a run on this machine as its source.",
            )
    given = {name: value for name, value in pairs.items() if name not in names}
    for name in set(names.values()) & given.keys():
        _check_key(name, given[name])
    return Values(given, digests)


def _check_key(name: str, location: str) -> None:
    if "://" in location or location.startswith(("/", "./", "../", "~")):
        raise ArgumentsError(
            f"-p {name}={location}: a cluster reads data by its key in the artifact repository.",
            f"Copy it into the bucket, and give the key below it. Example: -p {name}=raw/2026-11-01",
        )


def submission_of(plan: Plan, values: Values, namespace: str) -> Submission:
    """A new run of a plan.

    Components that stand in for a pin are named by digest where that is known, which is then in the cache's keys.
    """
    template = read_documents(plan.manifest, plan.file)["WorkflowTemplate"]
    code = {component: _digest_in(image) for component, image in plan.unreleased.items()}
    chosen = {
        **plan.parameters,
        **{name: key for name, key in plan.locations.items() if name in values.given or not key},
        **{digest_name(name): digest for name, digest in values.digests.items()},
        **{code_argument(component): digest for component, digest in code.items() if digest},
    }
    workflow = _workflow(template, template["spec"], namespace, chosen)
    known = {one["name"]: str(one.get("value", "")) for one in _parameters(workflow)}
    return Submission(workflow, tuple(_notes(plan, known, code)))


def again(run: WorkflowStatus, values: Mapping[str, str], namespace: str) -> Submission:
    """A new run of exactly what an earlier run ran, with some values replaced.

    Raises:
        ArgumentsError: it has no such parameter.
    """
    specification = run.specification
    for name in values:
        if name not in run.parameters:
            raise ArgumentsError(f"-p {name}: the run {run.name} has no such parameter.", _listed(run.parameters))
    return Submission(_workflow(run.data, specification, namespace, {**run.parameters, **values}))


def carried_over(run: WorkflowStatus, known: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The values of an earlier run that a workflow still has, and the names of those that it has not any more."""
    names = set(known)
    dropped = [name for name in run.parameters if name not in names and not name.endswith("-code")]
    return {name: value for name, value in run.parameters.items() if name in names}, dropped


def _workflow(origin: Object, specification: Object, namespace: str, values: Mapping[str, str]) -> dict[str, Any]:
    metadata = origin["metadata"]
    labels = metadata.get("labels") or {}
    annotations = metadata.get("annotations") or {}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": _new_name(labels, str(metadata.get("name") or "run")),
            "namespace": namespace,
            "labels": {name: labels[name] for name in _KEPT_LABELS if name in labels},
            "annotations": {
                **{name: value for name, value in annotations.items() if not name.startswith("kubectl.kubernetes.io/")},
                SUBMISSION: uuid.uuid4().hex,
            },
        },
        "spec": {**specification, "arguments": _arguments(specification.get("arguments") or {}, values)},
    }


def _new_name(labels: Mapping[str, str], fallback: str) -> str:
    """The same beginning for all runs of a stage, and an end that no other has."""
    stem = "-".join(labels[name] for name in _KEPT_LABELS if name in labels) or fallback
    return f"{stem[:_NAME_LIMIT].rstrip('-.')}-{secrets.token_hex(3)}"


def _arguments(arguments: Object, values: Mapping[str, str]) -> dict[str, Any]:
    parameters = [
        {**one, "value": values[one["name"]]} if one["name"] in values else dict(one)
        for one in arguments.get("parameters") or []
    ]
    return {**arguments, "parameters": parameters}


def _parameters(workflow: Object) -> list[dict[str, Any]]:
    return list(workflow["spec"]["arguments"]["parameters"])


def _digest_in(image: str) -> str:
    """``sha256:<hex>`` of ``NAME:TAG@sha256:<hex>``; empty for an image that is named by a tag alone."""
    digest = image.rpartition("@")[2]
    return digest if _DIGEST.fullmatch(digest) else ""


def _notes(plan: Plan, known: Mapping[str, str], code: Mapping[str, str]) -> Iterator[str]:
    """What is not reused, and why: what people wonder about when a run takes longer than the last."""
    for name in plan.locations:
        key, digest = known.get(name, ""), known.get(digest_name(name), "")
        if not key:
            yield f"{name}: none is given"
        elif not digest:
            yield (
                f"{name}: {key} in the artifact repository; its digest is not known here, so no earlier result is used"
                f" for what reads it (-p {digest_name(name)}=sha256:... tells it)"
            )
    for component, digest in code.items():
        if not digest:
            yield f"{component}: {plan.unreleased[component]} is named without a digest, so its steps are computed anew"


def _listed(names: Iterable[str]) -> str:
    return f"Parameters: {', '.join(names) or 'none'}."
