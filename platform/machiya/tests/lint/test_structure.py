"""Fields and types: what Argo's decoder would refuse, at any depth, and the table of fields itself."""

import pytest

from machiya.manifest.lint import Rule, lint
from machiya.manifest.lint.corrections import ADDED, NOT_REQUIRED, REQUIRED, RETYPED
from machiya.manifest.lint.derive_fields import derive, dump
from machiya.manifest.lint.fields import TABLE_FILE, known_models
from machiya_component.findings import Finding

DERIVED = derive()


def found(spec: str) -> list[Finding]:
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{generateName: x-}}\nspec:\n{spec}"
    return lint([("x.yaml", text)])


def container(fields: str) -> list[Finding]:
    return found(f"  entrypoint: main\n  templates:\n  - name: main\n    container:\n      image: alpine\n{fields}")


def test_the_table_is_what_is_derived_from_the_installed_hera() -> None:
    """Where it fails: python -m machiya.manifest.lint.derive_fields, then look what changed."""
    assert TABLE_FILE.read_text(encoding="utf-8") == dump(DERIVED)


@pytest.mark.parametrize(("model", "field"), [(model, field) for model in ADDED for field in ADDED[model]])
def test_an_added_field_is_still_unknown_to_hera(model: str, field: str) -> None:
    assert field not in DERIVED.get(model, {})


def test_the_other_corrections_change_something() -> None:
    types = {f"{model}.{name}": text for model, fields in DERIVED.items() for name, text in fields.items()}
    assert [place for place in NOT_REQUIRED if not types.get(place, "").endswith("!")] == []
    assert [place for place in REQUIRED if types.get(place, "!").endswith("!")] == []
    assert [place for place, text in RETYPED.items() if types.get(place) in (None, text)] == []


def test_every_type_of_the_table_is_known() -> None:
    models = known_models()
    plain = {"str", "any-str", "int", "float", "bool", "any", "time", "quantity", "int-or-str"}
    types = {field.type.strip("[]{}") for fields in models.values() for field in fields.values()}
    assert types - plain - models.keys() == set()


@pytest.mark.parametrize(
    ("fields", "place", "advice"),
    [
        ("      Command: [sh]\n", "spec.templates[0].container.Command", "`command`"),
        ("      commands: [sh]\n", "spec.templates[0].container.commands", "`command`"),
        ("      env: [{name: A, vlaue: b}]\n", "spec.templates[0].container.env[0].vlaue", "`value`"),
        ("      securityContext: {runAsRoot: no}\n", "spec.templates[0].container.securityContext.runAsRoot", "`runAs"),
        ("      limits: {cpu: 1}\n", "spec.templates[0].container.limits", "below `resources`"),
        ("      livenessProbe: {httpGet: {port: 1, paht: /}}\n", "spec.templates[0].container.livenessProbe", "`path`"),
    ],
)
def test_an_unknown_field_is_found_at_any_depth_with_advice(fields: str, place: str, advice: str) -> None:
    (finding,) = container(fields)
    assert finding.rule == Rule.UNKNOWN_FIELD
    assert finding.where.startswith(place)
    assert finding.line == 10
    assert advice in finding.remedy


@pytest.mark.parametrize(
    ("fields", "said", "advice"),
    [
        ("      args: hello\n", "a list is wanted", "[hello]"),
        ("      args: [1]\n", "cannot unmarshal number 1: a string is wanted", '"1"'),
        ("      args: [yes]\n", "cannot unmarshal bool yes: a string is wanted", '"yes"'),
        ("      env: {A: b}\n", "a list is wanted", "- name: A"),
        ("      tty: 'true'\n", "true or false is wanted", "without quotes"),
        ("      resources: {limits: [cpu]}\n", "a map of names to values is wanted", "name: value"),
        ("      resources: 2\n", "an object (ResourceRequirements) is wanted", "claims"),
        ("      ports: [{containerPort: '{{workflow.name}}'}]\n", "a whole number is wanted", "no {{variables}}"),
        ("      resources: {limits: {cpu: {a: 1}}}\n", "a quantity such as 500m or 2Gi is wanted", "quantity"),
    ],
)
def test_a_value_of_the_wrong_type_is_found_with_advice(fields: str, said: str, advice: str) -> None:
    (finding,) = container(fields)
    assert (finding.rule, finding.line) == (Rule.WRONG_TYPE, 10)
    assert said in finding.message
    assert advice in finding.remedy


@pytest.mark.parametrize(
    "fields",
    [
        "      args: null\n",
        "      resources: {limits: {cpu: 2, memory: 4Gi, gpu: 0.5}}\n",
        "      env: [{name: A, value: '1'}]\n",
        "      livenessProbe: {httpGet: {port: http}, initialDelaySeconds: 3}\n",
        "      tty: yes\n",
        "      workingDir: 2026-01-01\n",
    ],
)
def test_values_that_argo_reads_are_accepted(fields: str) -> None:
    assert [str(finding) for finding in container(fields)] == []


def test_parameters_may_be_numbers_and_booleans() -> None:
    spec = (
        "  entrypoint: main\n  arguments: {parameters: [{name: a, value: 1}, {name: b, value: true, enum: [true]}]}\n"
    )
    assert found(f"{spec}  templates: [{{name: main, suspend: {{}}}}]\n") == []


def test_a_single_dash_before_a_step_is_explained() -> None:
    (finding,) = found(
        "  entrypoint: main\n  templates:\n  - name: main\n    steps:\n    - name: a\n      template: main\n"
    )
    assert (finding.rule, finding.line) == (Rule.WRONG_TYPE, 9)
    assert "two dashes" in finding.remedy


def test_what_follows_from_a_broken_outline_is_not_reported() -> None:
    (finding,) = found("  entrypoint: main\n  templates: {main: {suspend: {}}}\n")
    assert finding.rule == Rule.WRONG_TYPE


@pytest.mark.parametrize("kind", ["WorkflowTemplate", "ClusterWorkflowTemplate"])
def test_workflow_templates_are_checked_alike(kind: str) -> None:
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{Templates: []}}\n"
    assert [(str(finding.rule), finding.line) for finding in lint([("x.yaml", text)])] == [("lint.unknown-field", 4)]


def test_the_spec_of_a_cron_workflow_is_checked_alike() -> None:
    text = """apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: x}
spec:
  schedules: ["@daily"]
  workflowSpec:
    entrypoint: main
    templates: [{name: main, suspend: {seconds: 1}}]
"""
    assert [(str(finding.rule), finding.line) for finding in lint([("x.yaml", text)])] == [("lint.unknown-field", 8)]
