"""Manifests are read with lines, and everything that is not supported is named at once."""

import json
from pathlib import Path

import pytest

from machiya.engines.local.argo.model import Manifest
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.argo.values import ArgoValueError, parse_duration, parse_quantity

GOOD = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: w-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: p, value: 3}]}
  templates:
  - name: main
    retryStrategy: {limit: 2, backoff: {duration: 1m, factor: "2"}}
    container: {image: busybox, env: [{name: A, value: yes}], resources: {requests: {cpu: 500m}}}
"""


def load(text: str, beside: dict[str, str] | None = None) -> Manifest:
    return load_manifest(text, "w.yaml", beside)


def problems(text: str) -> list[str]:
    with pytest.raises(ManifestError) as error:
        load(text)
    return [f"{finding.line}: {finding.where}" for finding in error.value.findings]


def test_values_are_read_as_texts_and_lines_are_kept() -> None:
    specification = load(GOOD).workflow.specification
    main = specification.templates["main"]
    assert specification.arguments.parameters[0].value == "3"
    assert main.retry is not None
    assert (main.retry.limit, main.line) == ("2", 9)
    assert main.container is not None
    assert main.container.resources.requests == {"cpu": "500m"}


def test_all_that_is_not_supported_is_named_at_once_with_its_line() -> None:
    text = (
        GOOD
        + """    daemon: true
    sidecars: [{name: s, image: x}]
    nodeSelector: {disk: ssd}
    volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
    outputs:
      artifacts: [{name: a, path: /a, s3: {bucket: b, key: k}}]
  - name: other
    http: {url: "http://example.com"}
"""
    )
    assert sorted(problems(text)) == [
        "12: spec.templates[0].daemon",
        "13: spec.templates[0].sidecars",
        "15: spec.templates[0].volumes[0].persistentVolumeClaim",
        "17: spec.templates[0].outputs.artifacts[0].s3.bucket",
        "19: spec.templates[1].http",
    ]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("image: busybox", "imag: busybox", "spec.templates[0].container.imag"),
        ("limit: 2", "limits: 2", "spec.templates[0].retryStrategy.limits"),
        ("kind: Workflow", "kind: Pod", ""),
    ],
)
def test_fields_that_are_misspelt_are_not_overlooked(old: str, new: str, where: str) -> None:
    assert where in [line.partition(": ")[2] for line in problems(GOOD.replace(old, new))]


@pytest.mark.parametrize("path", ["/data/../../etc", "../x"])
def test_paths_and_keys_that_climb_out_are_refused(path: str) -> None:
    outputs = f"    outputs: {{artifacts: [{{name: a, path: {path}}}, {{name: b, path: /b, s3: {{key: {path}}}}}]}}\n"
    assert problems(GOOD + outputs) == [
        "12: spec.templates[0].outputs.artifacts[0].path",
        "12: spec.templates[0].outputs.artifacts[1].s3.key",
    ]


def test_a_template_is_one_thing() -> None:
    assert problems(GOOD + "    suspend: {}\n") == ["9: spec.templates[0]"]


def test_a_time_limit_on_a_dag_is_refused_as_argo_refuses_it() -> None:
    text = GOOD + "  - name: d\n    timeout: 5s\n    dag: {tasks: [{name: a, template: main}]}\n"
    assert problems(text) == ["13: spec.templates[1].timeout"]


def test_a_pod_spec_patch_may_change_resources_alone() -> None:
    patch = "    podSpecPatch: 'containers: [{name: main, %s}]'\n"
    assert load(GOOD + patch % 'resources: {limits: {cpu: "{{inputs.parameters.cpu}}"}}').workflow.kind == "Workflow"
    assert problems(GOOD + patch % "image: other") == ["12: spec.templates[0].podSpecPatch"]


def test_what_is_no_yaml_is_a_finding() -> None:
    with pytest.raises(ManifestError, match="not readable as YAML"):
        load("a: [1, 2")


def test_templates_and_config_maps_are_taken_from_files_beside() -> None:
    beside = {
        "t.yaml": GOOD.replace("kind: Workflow", "kind: WorkflowTemplate").replace("generateName: w-", "name: t"),
        "c.yaml": "kind: ConfigMap\nmetadata: {name: c}\ndata: {k: v}\n",
    }
    manifest = load("kind: Workflow\nmetadata: {name: w}\nspec: {workflowTemplateRef: {name: t}}\n", beside)
    assert ("t", False) in manifest.templates
    assert manifest.config_maps == {"c": {"k": "v"}}


def test_of_a_template_and_its_schedule_the_template_is_run() -> None:
    template = GOOD.replace("kind: Workflow", "kind: WorkflowTemplate").replace("generateName: w-", "name: t")
    cron = "---\nkind: CronWorkflow\nmetadata: {name: t}\nspec: {workflowSpec: {workflowTemplateRef: {name: t}}}\n"
    assert load(template + cron).workflow.kind == "WorkflowTemplate"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1h30m", 5400), ("90", 90), ("500ms", 0.5), ("1.5h", 5400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "amount"), [("500m", 0.5), ("2", 2), ("1Gi", 2**30), ("1.5G", 1.5e9), ("32Mi", 32 * 2**20), ("1e3", 1000)]
)
def test_quantities(text: str, amount: float) -> None:
    assert parse_quantity(text) == amount


@pytest.mark.parametrize("text", ["", "s", "5x", "-1s", "1h 5m", "2d", "1.5"])
def test_what_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(ArgoValueError):
        parse_duration(text)


def test_the_examples_of_argo_can_be_read() -> None:
    examples = Path(__file__).parents[1] / "data" / "argo" / "examples"
    names = [case["name"] for case in json.loads((examples.parent / "examples.json").read_text())]
    assert len(names) == 47
    for name in names:
        assert load_manifest((examples / name).read_text(), name).workflow.kind == "Workflow"


def test_many_reasons_are_all_told_and_one_is_told_once() -> None:
    with pytest.raises(ManifestError) as error:
        load(GOOD + "    daemon: true\n    sidecars: [{name: s, image: x}]\n")
    assert error.value.message == "w.yaml cannot be run here, for 2 reasons."
    assert [line.split(": ")[0] for line in error.value.remedy.splitlines()[::2]] == ["w.yaml:12", "w.yaml:13"]
    with pytest.raises(ManifestError) as error:
        load(GOOD + "    daemon: true\n")
    assert error.value.message.startswith("w.yaml:12: ")
    assert error.value.remedy not in error.value.message
