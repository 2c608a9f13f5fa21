"""What Argo Server's documented API has: calls, their parameters, and the fields of messages with their types.

It is read from `argo-workflows`, the client that Argo publishes with each version and generates from its specification:
that of 3.7, without what 3.6 does not have yet or 4 has no more. Both sides are held against it: what the client asks,
and what the fake answers.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from argo_workflows import apis, models
from argo_workflows.api_client import Endpoint
from argo_workflows.model_utils import ModelNormal, datetime

LEFT_OUT = {
    "CronWorkflowSpec": {"schedule"},  # gone in 4.0; all have `schedules`
    "NodeStatus": {"taskResultSynced"},  # new in 3.7
    "GET /api/v1/workflows/{namespace}": {"createdAfter", "finishedBefore"},  # new in 3.7
    "GET /api/v1/workflows/{namespace}/{name}": {"uid"},  # new in 3.7
}
"""Fields of messages and parameters of calls that 3.7 has, and not all of 3.6 to 4.1: nothing here may need them."""

_SCALARS: dict[Any, tuple[type, ...]] = {
    # The specification calls text what may be a number, too: IntOrString, AnyString, quantities of Kubernetes.
    str: (str, int, float, bool),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    datetime: (str,),
}


@dataclass(frozen=True)
class Call:
    """One call of the API. ``body`` and ``answer`` are types as the published client has them; None: not JSON."""

    method: str
    template: str
    query: frozenset[str]
    body: Any
    answer: Any

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream; ``answer`` is one event of it."""
        return self.answer is not None and self.answer.__name__.startswith("StreamResultOf")


@lru_cache
def _calls() -> list[tuple[re.Pattern[str], Call]]:
    # They speak to nobody, and a client of theirs would set up logging for everybody.
    services = [vars(apis)[name](api_client=object()) for name in dir(apis) if name.endswith("Api")]
    endpoints = [one for service in services for one in vars(service).values() if isinstance(one, Endpoint)]
    return [(_pattern(one.settings["endpoint_path"]), _call(one)) for one in endpoints]


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", r"([^/]+)", re.escape(template)))


def _call(endpoint: Any) -> Call:
    method, template = endpoint.settings["http_method"], endpoint.settings["endpoint_path"]
    places = {endpoint.attribute_map.get(name): place for name, place in endpoint.location_map.items()}
    query = {name for name, place in places.items() if place == "query"} - LEFT_OUT.get(f"{method} {template}", set())
    body, answer = endpoint.openapi_types.get("body"), endpoint.settings["response_type"]
    return Call(method, template, frozenset(query), *(_message(one) for one in (body, answer)))


def _message(kinds: tuple[Any, ...] | None) -> Any:
    """A file, an answer without content, and no body at all have no fields to look at."""
    return kinds[0] if kinds and len(kinds) == 1 and issubclass(kinds[0], ModelNormal) else None


def find_call(method: str, path: str) -> tuple[Call, tuple[str, ...]] | None:
    """The call that a request is, and the words of its path; None if the API has none like it."""
    for pattern, call in _calls():
        match = pattern.fullmatch(path)
        if match and call.method == method:
            return call, match.groups()
    return None


def problems(call: Call, query: Iterable[str], body: Any) -> list[str]:
    """What of a request the API does not know."""
    found = [f"{call.template} has no parameter {name}" for name in query if name not in call.query]
    return found + (list(_problems(body, call.body, "body")) if call.body else [])


def answer_problems(call: Call, answer: Any) -> list[str]:
    """What of an answer, or of one event of a stream, the API does not know."""
    return list(_problems(answer, call.answer, "answer")) if call.answer else []


def object_problems(value: Any) -> list[str]:
    """What of a Workflow, WorkflowTemplate or CronWorkflow the API does not know."""
    return list(_problems(value, getattr(models, f"IoArgoprojWorkflowV1alpha1{value['kind']}"), value["kind"]))


def _problems(value: Any, kind: Any, place: str) -> Iterator[str]:
    """Fields that a message does not have, and values of another type; `kind` is said as the published client does.

    Null is as good as absent: Argo reads and writes both.
    """
    if value is None:
        return
    if isinstance(kind, tuple):
        if len(kind) == 1:  # else it is what may hold anything
            yield from _problems(value, kind[0], place)
    elif isinstance(kind, list):
        yield from _of_list(value, kind, place)
    elif isinstance(kind, dict):
        yield from _of_map(value, kind, place)
    elif kind in _SCALARS:
        if not isinstance(value, _SCALARS[kind]) or (isinstance(value, bool) and bool not in _SCALARS[kind]):
            yield f"{place} is no {kind.__name__}: {value!r}"
    elif issubclass(kind, ModelNormal):
        yield from _of_message(value, kind, place)


def _of_list(value: Any, kind: list[Any], place: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{place} is no list: {value!r}"
        return
    for number, one in enumerate(value):
        yield from _problems(one, kind[0], f"{place}[{number}]")


def _of_map(value: Any, kind: dict[Any, Any], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no object: {value!r}"
        return
    for name, one in value.items():
        yield from _problems(one, kind[str], f"{place}.{name}")


def _of_message(value: Any, kind: Any, place: str) -> Iterator[str]:
    title = kind.__name__.replace("IoArgoprojWorkflowV1alpha1", "")
    fields = {kind.attribute_map[name]: type_ for name, type_ in kind.openapi_types.items()}
    if not isinstance(value, dict):
        yield f"{place} is no {title}: {value!r}"
        return
    for name, one in value.items():
        if name not in fields or name in LEFT_OUT.get(title, ()):
            yield f"{place}.{name} is no field of {title}"
        else:
            yield from _problems(one, fields[name], f"{place}.{name}")
