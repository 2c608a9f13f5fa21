"""What the small Argo Server says to each call of the API, in Argo's words."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.argo.cluster import ENDED, NAMESPACE, Cluster, Json, RefusedError
from tests.argo.fake import FakeArgo

USER = "system:serviceaccount:ml:robot"
VERSION = "v3.7.2"


@dataclass(frozen=True)
class Request:
    """One call: the words of its path, its query, its body."""

    argo: FakeArgo
    words: tuple[str, ...]
    query: Mapping[str, str]
    body: Any

    @property
    def cluster(self) -> Cluster:
        """What it is about."""
        return self.argo.cluster

    @property
    def name(self) -> str:
        """The word behind the namespace."""
        return self.words[1]

    def may(self, verb: str, plural: str) -> None:
        """Ask Kubernetes whether the token may do something."""
        if self.words[0] != NAMESPACE or (verb, plural) in self.argo.forbidden:
            raise RefusedError(
                403,
                f'{plural}.argoproj.io is forbidden: User "{USER}" cannot {verb} resource "{plural}" in API group '
                f'"argoproj.io" in the namespace "{self.words[0]}"',
            )


def _create(request: Request) -> Json:
    request.may("create", "workflows")
    return request.cluster.create(request.body["workflow"])


def _get(request: Request) -> Json:
    request.may("get", "workflows")
    return request.cluster.get(request.name)


def _list(request: Request) -> Json:
    request.may("list", "workflows")
    selected = [one for one in request.cluster.newest_first() if _selected(one, request.query)]
    start = int(request.query.get("listOptions.continue") or 0)
    asked = int(request.query.get("listOptions.limit") or len(selected) or 1)
    end = start + min(asked, request.argo.page or asked)
    items = [_without(one, request.query.get("fields", "")) for one in selected[start:end]]
    return {"metadata": {"continue": str(end)} if end < len(selected) else {}, "items": items or None}


def _selected(workflow: Json, query: Mapping[str, str]) -> bool:
    labels = workflow["metadata"].get("labels") or {}
    for wanted in filter(None, query.get("listOptions.labelSelector", "").split(",")):
        name, equals, value = wanted.partition("=")
        if name not in labels or (equals and labels[name] != value):
            return False
    return True


def _without(workflow: Json, fields: str) -> Json:
    """``-items.spec.templates,...``: Argo's way to leave fields out."""
    assert not fields or fields.startswith("-"), "the fake knows the form that leaves out"
    for place in filter(None, fields[1:].split(",")):
        *outer, last = place.removeprefix("items.").split(".")
        part: Any = workflow
        for one in outer:
            part = part.get(one) or {}
        part.pop(last, None)
    return workflow


def _watch(request: Request) -> Iterator[Json]:
    request.may("watch", "workflows")
    name = request.query["listOptions.fieldSelector"].removeprefix("metadata.name=")
    return _changes(request.argo, name)


def _changes(argo: FakeArgo, name: str) -> Iterator[Json]:
    cluster = argo.cluster
    last, seen = cluster.get(name), ""
    while True:
        with cluster.changed:
            cluster.changed.wait_for(partial(_is_news, argo, name, seen))
            if argo.stopped:
                return
            now = cluster.workflows.get(name)
            kind = "DELETED" if now is None else "MODIFIED" if seen else "ADDED"
            last = json.loads(json.dumps(now)) if now is not None else last
            begun, seen = not seen, _version(cluster, name)
        yield {"type": kind, "object": last}
        if begun and cluster.when_watched:
            cluster.when_watched.popleft()(name)
        if kind == "DELETED":
            return


def _is_news(argo: FakeArgo, name: str, seen: str) -> bool:
    return argo.stopped or _version(argo.cluster, name) != seen


def _version(cluster: Cluster, name: str) -> str:
    found = cluster.workflows.get(name)
    return str(found["metadata"]["resourceVersion"]) if found else "gone"


def _log(request: Request) -> Iterator[Json]:
    request.may("get", "workflows")
    cluster, name = request.cluster, request.name
    cluster.get(name)
    pod, tail = request.query.get("podName"), request.query.get("logOptions.tailLines")
    follow = request.query.get("logOptions.follow") == "true"
    return _entries(request.argo, name, pod, int(tail) if tail is not None else None, follow=follow)


def _entries(argo: FakeArgo, name: str, pod: str | None, tail: int | None, *, follow: bool) -> Iterator[Json]:
    cluster = argo.cluster
    sent, first = 0, True
    while True:
        with cluster.changed:
            every = [entry for entry in cluster.logs.get(name, []) if pod in (None, entry[0])]
            over = cluster.workflows[name]["status"].get("phase") in ENDED
        new = every[sent:]
        for one, line in new if tail is None or not first else new[len(new) - min(tail, len(new)) :]:
            yield {"podName": one, "content": line}
        sent, begun, first = len(every), first, False
        if not follow or over or argo.stopped:
            return
        if begun and cluster.when_watched:
            cluster.when_watched.popleft()(name)
            continue
        with cluster.changed:
            cluster.changed.wait(timeout=10)


def _kept_log(request: Request) -> bytes:
    _, _, name, node, _, artifact = request.words
    found = request.cluster.kept_logs.get((name, node)) if artifact == "main-logs" else None
    if found is None:
        raise RefusedError(404, "artifact not found")
    return found


def _retry(request: Request) -> Json:
    request.may("update", "workflows")
    restart, selector = request.body.get("restartSuccessful", False), request.body.get("nodeFieldSelector", "")
    return request.cluster.retry(request.name, restart_successful=restart, selector=selector)


def _stop(strategy: str) -> Callable[[Request], Json]:
    def answer(request: Request) -> Json:
        request.may("patch", "workflows")
        return request.cluster.shut_down(request.name, strategy)

    return answer


def _resume(request: Request) -> Json:
    request.may("update", "workflows")
    return request.cluster.resume(request.name)


def _find(plural: str) -> Callable[[Request], Json]:
    def answer(request: Request) -> Json:
        request.may("get", plural)
        return request.cluster.find(plural, request.name)

    return answer


def _add(plural: str, field_name: str) -> Callable[[Request], Json]:
    def answer(request: Request) -> Json:
        request.may("create", plural)
        return request.cluster.add(plural, request.body[field_name])

    return answer


def _replace(plural: str, field_name: str) -> Callable[[Request], Json]:
    def answer(request: Request) -> Json:
        request.may("update", plural)
        return request.cluster.replace(plural, request.body[field_name])

    return answer


_WORKFLOW = "/api/v1/workflows/{namespace}"
ANSWERS: dict[tuple[str, str], Callable[[Request], Any]] = {
    ("GET", "/api/v1/version"): lambda _: {"version": VERSION},
    ("GET", "/api/v1/info"): lambda _: {"managedNamespace": ""},
    ("POST", _WORKFLOW): _create,
    ("GET", _WORKFLOW): _list,
    ("GET", f"{_WORKFLOW}/{{name}}"): _get,
    ("GET", f"{_WORKFLOW}/{{name}}/log"): _log,
    ("PUT", f"{_WORKFLOW}/{{name}}/retry"): _retry,
    ("PUT", f"{_WORKFLOW}/{{name}}/stop"): _stop("Stop"),
    ("PUT", f"{_WORKFLOW}/{{name}}/terminate"): _stop("Terminate"),
    ("PUT", f"{_WORKFLOW}/{{name}}/resume"): _resume,
    ("GET", "/api/v1/workflow-events/{namespace}"): _watch,
    (
        "GET",
        "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}",
    ): _kept_log,
    ("POST", "/api/v1/workflow-templates/{namespace}"): _add("workflowtemplates", "template"),
    ("GET", "/api/v1/workflow-templates/{namespace}/{name}"): _find("workflowtemplates"),
    ("PUT", "/api/v1/workflow-templates/{namespace}/{name}"): _replace("workflowtemplates", "template"),
    ("POST", "/api/v1/cron-workflows/{namespace}"): _add("cronworkflows", "cronWorkflow"),
    ("GET", "/api/v1/cron-workflows/{namespace}/{name}"): _find("cronworkflows"),
    ("PUT", "/api/v1/cron-workflows/{namespace}/{name}"): _replace("cronworkflows", "cronWorkflow"),
}
