"""Metrics that Argo's controller tells Prometheus when a run or a step has ended, as ``argo_workflows_<name>``.

What one has to know of Argo to change anything here:

- A metric of one name has one help text and one set of labels in the whole cluster; the labels make the series. So no
  label holds what is new in every run (its name, a digest, the number of a shard).
- All tags of a metric are replaced before ``when`` is looked at. One that is not known there (the exit code of a step
  that lost its machine) leaves that one metric out, and the run gets the condition MetricsError; nothing else happens.
- A step that is taken from the cache tells nothing: how long it took, and what it made, was told when it was computed.
- With a retryStrategy each attempt that fails is told, and the end. Some versions tell a failure twice (issue 15526 of
  Argo Workflows): counters of failures say that there are some, gauges are not affected.
- The values live in the controller's memory: it forgets them when it restarts, and after its ``metricsTTL``.
"""

from collections.abc import Iterator, Mapping

from hera.workflows import models

from machiya.dsl import Step, WorkflowDefinition
from machiya.manifest import policy
from machiya.manifest.names import rows_name, value_name
from machiya_component.contract.names import plain_name
from machiya_component.numbers import NUMBERS_FOLDER, ROWS, VALUES

UNKNOWN = "NaN"
"""The value of a number that a component does not tell. A number for Argo, so that nothing fails."""

_SUCCEEDED = "{{status}} == Succeeded"
_HELP = {
    "machiya_runs_total": "Runs that have ended, by their status",
    "machiya_run_duration_seconds": "How long the latest run of this status took",
    "machiya_last_success_seconds": "Unix time at which the latest run that succeeded began",
    "machiya_step_duration_seconds": "How long the step took when it last ended with this status",
    "machiya_step_failures_total": "Attempts of the step that failed, by exit code",
    "machiya_step_rows": "Rows of a table that went in or out when the step last succeeded",
    "machiya_step_value": "A metric that the component exposes, of the last time that the step succeeded",
}


def run_metrics(workflow: WorkflowDefinition) -> models.Metrics:
    """Those of a whole run."""
    labels = _of(workflow)
    ended = labels | {"status": "{{workflow.status}}"}
    return models.Metrics(
        prometheus=[
            _counter("machiya_runs_total", ended),
            _gauge("machiya_run_duration_seconds", ended, "{{workflow.duration}}"),
            _gauge(
                "machiya_last_success_seconds",
                labels,
                "{{workflow.creationTimestamp.s}}",
                when="{{workflow.status}} == Succeeded",
            ),
        ]
    )


def step_metrics(workflow: WorkflowDefinition, step: Step) -> models.Metrics:
    """Those of a step. Of a shard of a fan-out only how it failed: one series for all of them."""
    labels = _of(workflow) | {"step": step.name}
    failed = _made_by(workflow, step) | {"exit_code": "{{exitCode}}"}
    found = [] if step.fan_out else [_duration(workflow, step)]
    found += [_counter("machiya_step_failures_total", failed, when="{{status}} != Succeeded")]
    found += [_told("machiya_step_rows", labels | which, parameter) for which, parameter, _ in _rows(step)]
    found += [_told("machiya_step_value", labels | which, parameter) for which, parameter, _ in _values(step)]
    return models.Metrics(prometheus=found)


def fan_out_metrics(workflow: WorkflowDefinition, step: Step) -> models.Metrics:
    """Those of a fan-out as a whole, beside what its shards tell."""
    return models.Metrics(prometheus=[_duration(workflow, step)])


def _duration(workflow: WorkflowDefinition, step: Step) -> models.Prometheus:
    labels = _made_by(workflow, step) | {"status": "{{status}}"}
    return _gauge("machiya_step_duration_seconds", labels, "{{duration}}")


def _made_by(workflow: WorkflowDefinition, step: Step) -> dict[str, str]:
    return _of(workflow) | {"step": step.name, "component": step.contract.name, "version": step.contract.version}


def number_outputs(step: Step) -> list[models.Parameter]:
    """The output parameters that the metrics of a step are taken from; a component need not write the files."""
    return [
        models.Parameter(
            name=parameter,
            value_from=models.ValueFrom(path=f"{policy.OUT}/{NUMBERS_FOLDER}/{file}", default=UNKNOWN),
        )
        for _, parameter, file in (*_rows(step), *_values(step))
    ]


Number = tuple[dict[str, str], str, str]
"""Labels of a number, the output parameter that holds it, and its file."""


def _rows(step: Step) -> Iterator[Number]:
    """Names of ports hold no dash, and no input is called as an output."""
    if step.fan_out is not None:
        return
    for direction, ports in (("in", step.operation.inputs), ("out", step.operation.outputs)):
        for name, port in ports.items():
            if port.type.kind == "table" and (direction == "out" or name in step.inputs):
                yield {"direction": direction, "port": name}, rows_name(name), f"{ROWS}/{name}"


def _values(step: Step) -> Iterator[Number]:
    if step.fan_out is not None:
        return
    for port in step.operation.outputs.values():
        for metric in port.expose:
            file = f"{port.name}-{plain_name(metric)}"
            yield {"name": metric}, value_name(file), f"{VALUES}/{file}"


def _of(workflow: WorkflowDefinition) -> dict[str, str]:
    return {"workflow": workflow.name, "stage": workflow.stage}


def _told(name: str, labels: Mapping[str, str], parameter: str) -> models.Prometheus:
    """The number in an output parameter, if the component tells it."""
    value = f"{{{{outputs.parameters.{parameter}}}}}"
    return _gauge(name, labels, value, when=f"{_SUCCEEDED} && '{value}' != '{UNKNOWN}'")


def _gauge(name: str, labels: Mapping[str, str], value: str, when: str | None = None) -> models.Prometheus:
    return models.Prometheus(
        name=name, help=_HELP[name], labels=_labels(labels), when=when, gauge=models.Gauge(value=value, realtime=False)
    )


def _counter(name: str, labels: Mapping[str, str], when: str | None = None) -> models.Prometheus:
    return models.Prometheus(
        name=name, help=_HELP[name], labels=_labels(labels), when=when, counter=models.Counter(value="1")
    )


def _labels(labels: Mapping[str, str]) -> list[models.MetricLabel]:
    return [models.MetricLabel(key=key, value=value) for key, value in labels.items()]
