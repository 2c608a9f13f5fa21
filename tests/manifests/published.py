"""Argo's own description of its API, as its Python SDK carries it; and where that is known to be wrong.

The SDK (`argo-workflows` on PyPI, 6.x for Argo 3.x) is generated from the OpenAPI description that Argo publishes, as
its JSON schema is: what is wrong in one is wrong in the other. It takes fields that it does not know: these are for
`machiya lint`.
"""

import copy
import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MODELS = {
    "Workflow": "workflow",
    "WorkflowTemplate": "workflow_template",
    "ClusterWorkflowTemplate": "cluster_workflow_template",
    "CronWorkflow": "cron_workflow",
}
ITEM = "*"


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _there(value: Any) -> Any:
    return "" if value is None else value


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Deviation:
    """A field (the end of its path) that Argo takes in another form than is published; ``published`` makes it that."""

    field: str
    published: Callable[[Any], Any]

    @property
    def path(self) -> Sequence[str]:
        """The names on the way; `ITEM` for those of a list."""
        return self.field.split(".")


DEVIATIONS = (
    Deviation("templates.*.activeDeadlineSeconds", _text),
    Deviation("retryStrategy.limit", _text),
    Deviation("retryStrategy.backoff.factor", _text),
    Deviation("podDisruptionBudget.minAvailable", _text),
    Deviation("memoize.cache.configMap.key", _there),
    Deviation("withItems.*", _object),
)
"""All that is permitted. docs/lint.md explains each."""


def problem(document: dict[str, Any], deviations: Sequence[Deviation] = DEVIATIONS) -> str:
    """What is wrong by the published description, but for these deviations; empty if nothing is."""
    from argo_workflows.configuration import Configuration
    from argo_workflows.exceptions import OpenApiException
    from argo_workflows.model_utils import validate_and_convert_types

    name = MODELS[document["kind"]]
    module = importlib.import_module(f"argo_workflows.model.io_argoproj_workflow_v1alpha1_{name}")
    model = getattr(module, "IoArgoprojWorkflowV1alpha1" + "".join(part.title() for part in name.split("_")))
    value = as_published(document, deviations)
    try:
        validate_and_convert_types(value, (model,), [document["kind"]], True, True, configuration=Configuration())
    except (OpenApiException, TypeError) as error:  # the latter where a field is missing
        return str(error)
    return ""


def as_published(document: dict[str, Any], deviations: Sequence[Deviation]) -> dict[str, Any]:
    """A copy in which these fields have the form that is published."""
    changed = copy.deepcopy(document)
    for deviation in deviations:
        *way, last = deviation.path
        for holder in _holders(changed, way):
            _change(holder, last, deviation.published)
    return changed


def _change(holder: Any, last: str, published: Callable[[Any], Any]) -> None:
    if last == ITEM and isinstance(holder, list):
        holder[:] = [published(one) for one in holder]
    elif isinstance(holder, dict) and (value := published(holder.get(last))) is not None:
        holder[last] = value


def _holders(value: Any, way: Sequence[str]) -> Iterator[Any]:
    """What is anywhere below `value` at the end of such a way."""
    yield from _at(value, way)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _holders(one, way)


def _at(value: Any, way: Sequence[str]) -> Iterator[Any]:
    """What lies at the end of a way that begins at `value`."""
    if not way:
        yield value
    elif way[0] == ITEM:
        for one in value if isinstance(value, list) else ():
            yield from _at(one, way[1:])
    elif isinstance(value, dict) and way[0] in value:
        yield from _at(value[way[0]], way[1:])
