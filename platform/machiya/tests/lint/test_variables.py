"""Where which variable can be named."""

from collections.abc import Callable

import pytest

from machiya.manifest.lint import Rule, lint
from machiya_component.findings import Finding

Templates = Callable[..., list[Finding]]
HELLO = "arguments: {parameters: [{name: message, value: hello}]}"


def said(findings: list[Finding]) -> list[tuple[str, int | None]]:
    return [(str(finding.rule), finding.line) for finding in findings]


def step(templates: Templates, value: str) -> list[Finding]:
    """What is found where the second of three groups gives `value` to echo."""
    return templates(f"""
        - name: main
          inputs: {{parameters: [{{name: own, value: x}}]}}
          steps:
          - - {{name: first, template: echo, {HELLO}}}
          - - {{name: beside, template: echo, {HELLO}}}
            - name: second
              template: echo
              arguments: {{parameters: [{{name: message, value: {value!r}}}]}}
          - - {{name: later, template: echo, {HELLO}}}
    """)


@pytest.mark.parametrize(
    "tag",
    [
        "steps.first.outputs.parameters.said",
        "steps.first.outputs.result",
        "steps.first.status",
        "steps.first.exitCode",
        "steps.first.startedAt",
        "steps.name",
        "inputs.parameters.own",
        "inputs.parameters",
        "workflow.name",
        "workflow.creationTimestamp.Y",
        "=steps.first.outputs.parameters.said",
        "=steps['first'].outputs.parameters",
        "=steps.later.outputs.result ?? 'x'",
        "=sprig.trim(inputs.parameters.own)",
        "somebody.elses",
    ],
)
def test_a_step_can_name_earlier_groups_inputs_and_the_workflow(templates: Templates, tag: str) -> None:
    assert said(step(templates, f"{{{{{tag}}}}}")) == []


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("steps.beside.status", "not in an earlier group"),
        ("steps.second.status", "not in an earlier group"),
        ("steps.later.outputs.result", "not in an earlier group"),
        ("steps.furst.status", "no step 'furst'"),
        ("steps.first.outputs.parameters.sad", "has no outputs.parameters.sad"),
        ("steps.first.outputs.artifacts.said", "has no outputs.artifacts.said"),
        ("steps.first.ip", "has no ip"),
        ("steps.first.outputs.parameters", "has no outputs.parameters"),
        ("tasks.first.status", ""),
        ("inputs.parameters.other", ""),
        ("workflow.parameters.x", ""),
        ("workflow.creationTimestamp.Year", ""),
        ("workflow.failures", ""),
        ("pod.name", ""),
        ("=steps.first.outputs.parameters.sad", "has no outputs.parameters.sad"),
        ("=steps.later.status", "not in an earlier group"),
        ("=inputs.parameters['other']", "inputs.parameters.other is not known here"),
        ("=outputs.parameters.x", "outputs.parameters.x is not known here"),
        ("inputs.parameters.own", "not closed"),
    ],
)
def test_a_step_cannot_name_what_is_not_known_yet(templates: Templates, tag: str, why: str) -> None:
    value = f"{{{{{tag}}}}}" if why != "not closed" else f"{{{{{tag}}}"
    (finding,) = step(templates, value)
    assert (finding.rule, finding.line) == (Rule.VARIABLE_UNRESOLVED, 14)
    assert "failed to resolve {{" in finding.message
    assert why in finding.message


def task(templates: Templates, value: str, more: str = "") -> list[Finding]:
    return templates(f"""
        - name: main
          dag:
            tasks:
            - {{name: a, template: echo, {HELLO}}}
            - {{name: b, depends: a, template: echo, {HELLO}}}
            - {{name: other, template: echo, {HELLO}}}
            - name: c
              depends: b
              template: echo
              arguments: {{parameters: [{{name: message, value: {value!r}}}]}}
              {more}
    """)


@pytest.mark.parametrize("tag", ["tasks.a.outputs.parameters.said", "tasks.b.status", "=tasks.a.outputs.result"])
def test_a_task_can_name_what_it_waits_for(templates: Templates, tag: str) -> None:
    assert said(task(templates, f"{{{{{tag}}}}}")) == []


@pytest.mark.parametrize(
    "value", ["{{tasks.other.outputs.result}}", "so: {{tasks.other.status}}", "{{=tasks.other.id}}"]
)
def test_a_task_cannot_name_what_it_does_not_wait_for(templates: Templates, value: str) -> None:
    (finding,) = task(templates, value)
    assert finding.rule == Rule.MISSING_DEPENDENCY
    assert "templates.main.tasks.c missing dependency 'other' for parameter 'message'" in finding.message


def test_the_hooks_of_a_task_can_name_it(templates: Templates) -> None:
    hook = (
        "hooks: {exit: {template: echo, expression: 'tasks.c.status == \"Failed\"', arguments: {parameters: "
        '[{name: message, value: "{{tasks.c.status}} {{tasks.c.outputs.parameters.said}}"}]}}}'
    )
    assert said(task(templates, "x", hook)) == []
    (finding,) = task(templates, "{{tasks.c.status}}")
    assert finding.rule == Rule.MISSING_DEPENDENCY


def test_outputs_of_a_template_can_name_all_its_steps(templates: Templates) -> None:
    text = f"""
        - name: main
          steps:
          - - {{name: a, template: echo, {HELLO}}}
          outputs:
            parameters:
            - {{name: x, valueFrom: {{parameter: "{{{{steps.a.outputs.parameters.NAME}}}}"}}}}
            - {{name: also, valueFrom: {{expression: "steps.a.outputs.parameters.NAME"}}}}
    """
    assert said(templates(text.replace("NAME", "said"))) == []
    assert said(templates(text.replace("NAME", "sad"))) == [("lint.variable-unresolved", line) for line in (12, 13)]


@pytest.mark.parametrize(
    ("loop", "tag", "known"),
    [
        ("withItems: [a, b]", "item", True),
        ("withItems: [a, b]", "item.name", False),
        ("withItems: [{name: a}, {name: b}]", "item.name", True),
        ("withItems: [{name: a}, {name: b}]", "item", True),
        ("withItems: [{name: a}, {name: b}]", "item.size", False),
        ("withItems: [[a, b]]", "item.[1]", True),
        ("withParam: '{{inputs.parameters.list}}'", "item.anything", True),
        ("withSequence: {count: 3}", "item", True),
        ("withSequence: {count: 3}", "item.x", False),
    ],
)
def test_items_have_the_keys_that_the_loop_gives_them(templates: Templates, loop: str, tag: str, known: bool) -> None:
    found = templates(f"""
        - name: main
          inputs: {{parameters: [{{name: list, value: "[]"}}]}}
          steps:
          - - name: each
              template: echo
              arguments: {{parameters: [{{name: message, value: "{{{{{tag}}}}}"}}]}}
              {loop}
    """)
    assert (said(found) == []) is known


def test_the_outputs_of_a_loop_are_gathered(templates: Templates) -> None:
    text = f"""
        - name: main
          steps:
          - - {{name: each, template: echo, {HELLO}, withItems: [1, 2]}}
          - - name: gather
              template: echo
              arguments: {{parameters: [{{name: message, value: "{{{{steps.each.outputs.parameters}}}}"}}]}}
    """
    assert said(templates(text)) == []
    assert len(templates(text.replace(", withItems: [1, 2]", ""))) == 1


def test_a_leaf_can_name_its_own_paths(templates: Templates) -> None:
    text = """
        - name: main
          inputs: {artifacts: [{name: data, path: /in, raw: {data: x}}]}
          outputs:
            parameters: [{name: rows, valueFrom: {path: /rows}}]
            artifacts: [{name: model, path: /model}]
          container:
            image: alpine
            args: ["{{inputs.artifacts.data.path}}", "{{outputs.parameters.rows.path}}",
              "{{outputs.artifacts.model.path}}", "{{pod.name}}", "{{retries}}"]
    """
    assert said(templates(text)) == []
    assert len(templates(text.replace("data.path", "dat.path").replace("rows.path", "row.path"))) == 2


def test_an_inline_template_can_name_what_its_step_can(templates: Templates) -> None:
    found = templates(f"""
        - name: main
          inputs: {{parameters: [{{name: own, value: x}}]}}
          steps:
          - - {{name: a, template: echo, {HELLO}}}
          - - name: b
              withItems: [1]
              inline:
                inputs: {{parameters: [{{name: given, value: x}}]}}
                container:
                  image: alpine
                  args: ["{{{{inputs.parameters.own}}}}", "{{{{inputs.parameters.given}}}}", "{{{{item.x}}}}",
                    "{{{{steps.a.outputs.result}}}}", "{{{{steps.b.status}}}}"]
    """)
    assert [finding.message.split("resolve ")[1][:14] for finding in found] == ["{{item.x}}"]


def test_global_outputs_can_be_named_anywhere(templates: Templates) -> None:
    text = """
        - name: main
          steps: [[{name: a, template: make}], [{name: b, template: use}]]
        - name: make
          container: {image: alpine}
          outputs: {parameters: [{name: x, globalName: NAME, valueFrom: {path: /x}}]}
        - name: use
          container: {image: alpine, args: ["{{workflow.outputs.parameters.best}}"]}
    """
    assert said(templates(text.replace("NAME", "best"))) == []
    assert said(templates(text.replace("NAME", "'{{workflow.name}}'"))) == []
    assert len(templates(text.replace("NAME", "worst"))) == 1


def test_failures_can_be_named_when_the_workflow_ends(templates: Templates) -> None:
    text = """
        - name: main
          suspend: {}
        - name: tell
          container: {image: alpine, args: ["{{workflow.failures}}"]}
    """
    assert len(templates(text)) == 1
    assert said(templates(text, "onExit: tell")) == []
    assert said(templates(text, "hooks: {exit: {template: tell}}")) == []


def test_settings_of_the_workflow_can_name_its_parameters(templates: Templates) -> None:
    spec = "arguments: {parameters: [{name: claim, value: x}]}\n"
    volume = 'volumes: [{name: work, persistentVolumeClaim: {claimName: "{{workflow.parameters.NAME}}"}}]'
    text = "- name: main\n  suspend: {}"
    assert said(templates(text, spec + volume.replace("NAME", "claim"))) == []
    assert said(templates(text, spec + volume.replace("NAME", "clam"))) == [("lint.variable-unresolved", 7)]


SHARED = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec:
  templates:
  - name: train
    container: {image: alpine, args: ["{{workflow.parameters.rate}}"]}
"""
CALLER = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: caller}
spec:
  entrypoint: main
  arguments: {parameters: [{name: NAME, value: "1"}]}
  templates:
  - name: main
    steps: [[{name: a, templateRef: {name: shared, template: train}}]]
"""


def test_a_shared_template_names_the_parameters_of_the_workflow_that_runs_it() -> None:
    assert lint([("shared.yaml", SHARED)]) == []
    assert lint([("shared.yaml", SHARED), ("x.yaml", CALLER.replace("NAME", "rate"))]) == []
    (finding,) = lint([("shared.yaml", SHARED), ("x.yaml", CALLER.replace("NAME", "rat"))])
    assert (finding.file, finding.line) == ("shared.yaml", 8)
    assert finding.message.endswith("as run by Workflow caller")


def test_a_workflow_has_the_labels_of_its_metadata_its_template_and_the_cluster() -> None:
    workflow = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: x, labels: {own: a}}
spec:
  workflowMetadata: {labels: {added: b}, labelsFrom: {computed: {expression: workflow.name}}}
  entrypoint: main
  templates:
  - name: main
    container: {image: alpine, args: ["{{workflow.labels.NAME}}"]}
"""
    defaults = """
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data: {workflowDefaults: "spec: {workflowMetadata: {labels: {default: c}}}"}
"""

    def found(name: str, *more: tuple[str, str]) -> list[Finding]:
        return lint([("x.yaml", workflow.replace("NAME", name)), *more])

    assert found("own") == found("added") == found("computed") == found("default", ("c.yaml", defaults)) == []
    (finding,) = found("default")
    assert "workflow-controller-configmap" in finding.remedy


def test_an_expression_that_calls_what_does_not_exist_is_found(templates: Templates) -> None:
    for expression, advice in (("asint(item)", "asInt"), ("trimAll(item)", "sprig.trimAll"), ("itm == 1", "quotes")):
        (finding,) = templates(f"""
            - name: main
              steps:
              - - name: a
                  template: echo
                  withItems: [1]
                  arguments: {{parameters: [{{name: message, value: "{{{{={expression}}}}}"}}]}}
        """)
        assert finding.rule == Rule.EXPRESSION
        assert advice in finding.remedy
