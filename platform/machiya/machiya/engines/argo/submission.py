"""From a plan to the Workflow that Argo Server is sent: whole, with a name and values of its own."""

import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from machiya.dsl import load_workflow
from machiya.engines.argo.client import SUBMISSION
from machiya.engines.argo.documents import read_documents
from machiya.engines.argo.protocol import Object
from machiya.engines.argo.status import GIVEN, STAGE_LABEL, WORKFLOW_LABEL, WorkflowStatus
from machiya.engines.planning import Override, Plan, plan_workflow
from machiya.errors import ArgumentsError
from machiya.manifest.names import code_argument, digest_name

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME_LIMIT = 56
"""Of a run's name without the random end: Kubernetes takes 63 letters for the label that pods carry."""
_KEPT_LABELS = (WORKFLOW_LABEL, STAGE_LABEL)


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
    digests = {names[name]: value for name, value in pairs.items() if name in names and value}
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


def planned(folder: Path, stage: str, overrides: Sequence[Override], pairs: Mapping[str, str]) -> Submission:
    """A new run of the workflow in `folder` as it is now, with values as people give them.

    Raises:
        ArgumentsError: a value, a key or an override does not fit the workflow.
        WorkflowError, PinsError, NotFoundError: as ``load_workflow``.
    """
    artifacts = [one.name for one in load_workflow(folder, stage).artifacts]
    values = split_values(pairs, artifacts)
    plan = plan_workflow(folder, stage, overrides, values.given)
    return submission_of(plan, values)


def replanned(run: WorkflowStatus, folder: Path, stage: str, pairs: Mapping[str, str]) -> Submission:
    """A new run of the workflow as it is now at a stage, with the values of an earlier run.

    Only what the stage's pins, the workflow file or `pairs` make different is computed; the rest is remembered.
    """
    workflow = load_workflow(folder, stage)
    artifacts = [one.name for one in workflow.artifacts]
    names = {*artifacts, *map(digest_name, artifacts), *(one.name for one in workflow.parameters)}
    kept = _consistent({name: value for name, value in run.parameters.items() if name in names}, pairs)
    dropped = [name for name in run.parameters if name not in names and not name.endswith("-code")]
    submission = planned(folder, stage, (), {**kept, **pairs})
    notes = [f"{name}: the workflow has no such parameter any more" for name in dropped]
    return replace(submission, notes=(*notes, *submission.notes))


def submission_of(plan: Plan, values: Values) -> Submission:
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
    workflow = _workflow(template, template["spec"], chosen)
    known = {one["name"]: str(one.get("value", "")) for one in _parameters(workflow)}
    return Submission(workflow, tuple(_notes(plan, known, code)))


def again(run: WorkflowStatus, pairs: Mapping[str, str]) -> Submission:
    """A new run of exactly what an earlier run ran, with some values replaced.

    Raises:
        ArgumentsError: it has no such parameter, or what is given is no key or digest.
    """
    for name in pairs:
        if name not in run.parameters:
            listed = f"Parameters: {', '.join(run.parameters) or 'none'}."
            raise ArgumentsError(f"-p {name}: the run {run.name} has no such parameter.", listed)
    split_values(pairs, [name for name in run.parameters if digest_name(name) in run.parameters])
    return Submission(_workflow(run.data, run.specification, {**_consistent(run.parameters, pairs), **pairs}))


def _consistent(values: Mapping[str, str], replaced: Mapping[str, str]) -> dict[str, str]:
    """Values without the digests of data that is replaced by other data."""
    stale = {digest_name(name) for name in replaced}
    return {name: "" if name in stale else value for name, value in values.items()}


def _workflow(origin: Object, specification: Object, values: Mapping[str, str]) -> dict[str, Any]:
    metadata = origin["metadata"]
    labels = metadata.get("labels") or {}
    annotations = metadata.get("annotations") or {}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": _new_name(labels, str(metadata.get("name") or "run")),
            "labels": {name: labels[name] for name in _KEPT_LABELS if name in labels},
            "annotations": {
                **{name: value for name, value in annotations.items() if not name.startswith("kubectl.kubernetes.io/")},
                **_given(annotations, specification, values),
                SUBMISSION: uuid.uuid4().hex,
            },
        },
        "spec": {**specification, "arguments": _arguments(specification.get("arguments") or {}, values)},
    }


def _given(annotations: Mapping[str, str], specification: Object, values: Mapping[str, str]) -> dict[str, str]:
    """The parameters that are others than the manifest's: a run that is sent whole does not show that any more."""
    listed = (specification.get("arguments") or {}).get("parameters") or []
    others = {one["name"] for one in listed if values.get(one["name"], one.get("value")) != one.get("value")}
    before = set(filter(None, annotations.get(GIVEN, "").split(",")))
    return {GIVEN: ",".join(sorted(others | before))} if others | before else {}


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
    unknown = [component for component, digest in code.items() if not digest]
    if unknown:
        yield f"{', '.join(unknown)}: named without a digest (not released), so what they do is computed anew"
