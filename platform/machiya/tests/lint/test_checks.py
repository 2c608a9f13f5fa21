"""Rules whose border is not told by one example of wrong and right."""

from collections.abc import Callable

import pytest

from machiya.manifest.lint import Mode, Rule, lint
from machiya.manifest.lint.checks.cron import schedule_problem
from machiya.manifest.lint.checks.graph import ancestors, find_cycles
from machiya_component.findings import Finding

Templates = Callable[..., list[Finding]]


def said(findings: list[Finding]) -> list[str]:
    return [str(finding.rule) for finding in findings]


def test_every_cycle_is_found_once() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a", "e"], "e": ["e"], "f": ["missing"]}
    assert [set(cycle) for cycle in find_cycles(graph)] == [{"a", "b", "c"}, {"e"}]
    assert all(cycle[0] == cycle[-1] for cycle in find_cycles(graph))


def test_ancestors_are_direct_and_indirect_and_survive_cycles() -> None:
    graph = {"a": [], "b": ["a"], "c": ["b"], "d": ["c", "e"], "e": ["d"]}
    found = ancestors(graph)
    assert found["c"] == {"a", "b"}
    assert found["d"] == {"a", "b", "c", "d", "e"}


def test_long_chains_of_tasks_are_no_problem() -> None:
    graph = {f"t{number}": [f"t{number - 1}"] if number else [] for number in range(1500)}
    assert find_cycles(graph) == []
    assert len(ancestors(graph)["t1499"]) == 1499


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-6,12 1 jan-MAR mon,Fri", "0 2 ? * 0", "@daily", "@every 1h30m", "TZ=Asia/Tokyo 0 2 * * *"],
)
def test_schedules_that_cron_takes(schedule: str) -> None:
    text = schedule.removeprefix("TZ=Asia/Tokyo ")
    assert schedule_problem(text) == ""


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("* * * *", "5 fields"),
        ("60 * * * *", "minute: 60 is not within 0 to 59"),
        ("* * 0 * *", "day of the month"),
        ("* * * * 7", "day of the week"),
        ("*/0 * * * *", "step"),
        ("5-1 * * * *", "beyond its end"),
        ("a * * * *", "not a number"),
        ("@often", "descriptor"),
        ("@every day", "descriptor"),
    ],
)
def test_schedules_that_cron_refuses(schedule: str, why: str) -> None:
    assert why in schedule_problem(schedule)


@pytest.mark.parametrize("duration", ["10", "10s", "1h30m", "1.5h", "300ms", "0", "{{workflow.parameters.x}}"])
def test_durations_that_go_reads(templates: Templates, duration: str) -> None:
    spec = 'arguments: {parameters: [{name: x, value: "1s"}]}'
    assert said(templates(f"- name: main\n  suspend: {{duration: '{duration}'}}", spec)) == []


@pytest.mark.parametrize("duration", ["1d", "10 s", "one hour", "1h 30m", "5min"])
def test_durations_that_go_refuses(templates: Templates, duration: str) -> None:
    assert said(templates(f"- name: main\n  suspend: {{duration: '{duration}'}}")) == [Rule.DURATION]


@pytest.mark.parametrize("key", ["abc", "A-1", "{{inputs.parameters.x}}", "a-{{inputs.parameters.x}}-{{=sprig.now()}}"])
def test_memoize_keys_that_argo_takes(templates: Templates, key: str) -> None:
    assert said(memoized(templates, key)) == []


@pytest.mark.parametrize("key", ["", "-a", "a b", "a.b", "a_{{inputs.parameters.x}}", "{{inputs.parameters.x}}/b", "é"])
def test_memoize_keys_that_argo_refuses(templates: Templates, key: str) -> None:
    assert said(memoized(templates, key)) == [Rule.MEMOIZE_KEY]


def memoized(templates: Templates, key: str) -> list[Finding]:
    return templates(f"""
        - name: main
          inputs: {{parameters: [{{name: x, value: y}}]}}
          memoize: {{key: "{key}", cache: {{configMap: {{name: c}}}}}}
          container: {{image: alpine}}
    """)


@pytest.mark.parametrize(
    "expression",
    [
        "asInt(lastRetry.exitCode) == 75",
        "lastRetry.status == 'Error' || lastRetry.message matches 'preempted'",
        "'{{workflow.parameters.x}}' == 'yes' && asInt(retries) < 3",
        "lastRetry.exitCode in ['75', '143']",
        "{{=asInt(lastRetry.exitCode) >= 2}}",
    ],
)
def test_retry_expressions_that_argo_evaluates(templates: Templates, expression: str) -> None:
    assert said(retried(templates, expression)) == []


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("lastRetry.exitCode > 2", "is a string and is compared with a number"),
        ("lastRetry.code == '2'", "lastRetry has no code"),
        ("inputs.parameters.x == 'a'", "nothing is called 'inputs'"),
        ("toInt(lastRetry.exitCode) == 2", "no function is called toInt"),
        ("lastRetry.exitCode = '2'", "equality is written =="),
    ],
)
def test_retry_expressions_that_fail_at_run_time(templates: Templates, expression: str, why: str) -> None:
    (finding,) = retried(templates, expression)
    assert finding.rule == Rule.RETRY_EXPRESSION
    assert why in finding.message


def retried(templates: Templates, expression: str) -> list[Finding]:
    spec = "arguments: {parameters: [{name: x, value: yes}]}"
    template = f'- name: main\n  retryStrategy: {{expression: "{expression}"}}\n  container: {{image: alpine}}'
    return templates(template, spec)


@pytest.mark.parametrize("when", ["{{=1 == 1}}", "a == b", "'{{workflow.name}}' =~ '^x' && (1 < 2 || true)", "a >= 1"])
def test_conditions_that_may_be_understood(templates: Templates, when: str) -> None:
    assert said(conditional(templates, when)) == []


@pytest.mark.parametrize("when", ["a = b", "(a == b", "'a == b", "a == b & c", "a == b | c"])
def test_conditions_that_cannot_be_understood(templates: Templates, when: str) -> None:
    assert said(conditional(templates, when)) == [Rule.WHEN]


def conditional(templates: Templates, when: str) -> list[Finding]:
    return templates(f'- name: main\n  steps: [[{{name: a, template: pause, when: "{when}"}}]]')


@pytest.mark.parametrize(
    ("mode", "kind", "found"),
    [
        ("lint", "Workflow", []),
        ("create", "Workflow", [Rule.ARGUMENT_VALUE]),
        ("submit", "Workflow", [Rule.ARGUMENT_VALUE]),
        ("lint", "WorkflowTemplate", []),
        ("create", "WorkflowTemplate", []),
        ("submit", "WorkflowTemplate", [Rule.ARGUMENT_VALUE]),
    ],
)
def test_which_arguments_must_have_values_depends_on_what_happens_next(
    mode: Mode, kind: str, found: list[Rule]
) -> None:
    text = f"""
apiVersion: argoproj.io/v1alpha1
kind: {kind}
metadata: {{name: x}}
spec:
  entrypoint: main
  arguments: {{parameters: [{{name: rate}}]}}
  templates: [{{name: main, inputs: {{parameters: [{{name: rate}}]}}, container: {{image: alpine}}}}]
"""
    assert said(lint([("x.yaml", text)], mode=mode)) == found


def test_a_cron_workflow_always_needs_values() -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: x}
spec:
  schedules: ["@daily"]
  workflowSpec:
    entrypoint: main
    arguments: {parameters: [{name: rate}]}
    templates: [{name: main, suspend: {}}]
"""
    assert said(lint([("x.yaml", text)])) == [Rule.ARGUMENT_VALUE]


def test_a_workflow_inherits_entrypoint_and_arguments_of_its_workflow_template() -> None:
    shared = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec:
  entrypoint: main
  arguments: {parameters: [{name: rate}]}
  templates: [{name: main, inputs: {parameters: [{name: rate}, {name: more}]}, container: {image: alpine}}]
"""
    caller = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: caller}
spec:
  workflowTemplateRef: {name: shared}
"""
    files = [("shared.yaml", shared), ("caller.yaml", caller)]
    (finding,) = lint(files)
    assert (finding.rule, finding.file, finding.line) == (Rule.ARGUMENT_MISSING, "caller.yaml", 6)
    assert said(lint(files, mode="create")) == [Rule.ARGUMENT_VALUE, Rule.ARGUMENT_MISSING]
    assert said(lint(files[1:])) == [Rule.TEMPLATE_REF_NOT_FOUND]


def test_scope_and_namespace_tell_workflow_templates_apart() -> None:
    def found(kind: str, namespace: str) -> list[Finding]:
        shared = f"""
apiVersion: argoproj.io/v1alpha1
kind: {kind}
metadata: {{name: shared{namespace}}}
spec: {{templates: [{{name: t, suspend: {{}}}}]}}
"""
        caller = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: caller, namespace: here}
spec:
  entrypoint: main
  templates: [{name: main, steps: [[{name: a, templateRef: {name: shared, template: t}}]]}]
"""
        return lint([("shared.yaml", shared), ("caller.yaml", caller)])

    assert found("WorkflowTemplate", "") == found("WorkflowTemplate", ", namespace: here") == []
    assert said(found("WorkflowTemplate", ", namespace: there")) == [Rule.TEMPLATE_REF_NOT_FOUND]
    (finding,) = found("ClusterWorkflowTemplate", "")
    assert "add `clusterScope: true`" in finding.remedy


def test_what_is_known_only_at_run_time_is_left_alone(templates: Templates) -> None:
    found = templates("""
        - name: main
          inputs: {parameters: [{name: which, value: echo}]}
          steps:
          - - name: "run-{{inputs.parameters.which}}"
              templateRef: {name: shared, template: "{{inputs.parameters.which}}"}
              arguments: {parameters: [{name: anything, value: x}]}
          - - name: after
              template: pause
              when: "{{steps.run-{{inputs.parameters.which}}.outputs.result}} == x"
    """)
    assert said(found) == []


def test_templates_may_run_themselves(templates: Templates) -> None:
    assert said(templates("- name: main\n  steps: [[{name: again, template: main}]]")) == []


def test_what_is_wrong_is_reported_all_at_once_and_in_the_order_of_the_file(templates: Templates) -> None:
    found = templates("""
        - name: main
          steps:
          - - {name: a, template: eco}
            - {name: a, template: echo}
          - - {name: b, template: pause, Template: x, withItems: [1], withParam: "[1]"}
    """)
    expected = [Rule.TEMPLATE_NOT_FOUND, Rule.NAME_DUPLICATE, Rule.ARGUMENT_MISSING, Rule.UNKNOWN_FIELD, Rule.LOOP]
    assert sorted(said(found)) == sorted(expected)
    assert [finding.line for finding in found] == sorted(finding.line or 0 for finding in found)


def test_a_finding_of_a_shared_template_is_reported_once() -> None:
    shared = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec: {templates: [{name: t, timeout: 1 day, container: {image: alpine}}]}
"""
    caller = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: NAME}
spec:
  entrypoint: main
  templates: [{name: main, steps: [[{name: a, templateRef: {name: shared, template: t}}]]}]
"""
    files = [("shared.yaml", shared), *((f"{name}.yaml", caller.replace("NAME", name)) for name in ("a", "b"))]
    assert said(lint(files)) == [Rule.DURATION]


@pytest.mark.parametrize("text", ["", "a", "[]", "kind: Workflow", "kind: [a]", "apiVersion: v1\nkind: Secret\n"])
def test_odd_documents_are_findings_not_crashes(text: str) -> None:
    assert lint([("x.yaml", text)]) != []


def test_other_kinds_may_stand_among_manifests() -> None:
    workflow = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: x-}
spec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {anything: eA==}
"""
    assert lint([("x.yaml", workflow)]) == []
