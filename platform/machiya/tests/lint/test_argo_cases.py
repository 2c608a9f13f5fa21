"""The verdicts of Argo's own validator tests: nothing that passes is complained about, and what fails is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from machiya.manifest.lint import Mode, Rule, lint
from machiya_component.findings import Finding

DATA = Path(__file__).parents[1] / "data" / "argo"
CASES: list[dict[str, Any]] = json.loads((DATA / "lint_cases.json").read_text(encoding="utf-8"))
PASSING = [case for case in CASES if case["should_pass"]]
FAILING = [case for case in CASES if not case["should_pass"]]

MODES: dict[str, Mode] = {"lint": "lint", "default": "create", "submit": "submit"}
DEFAULTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data:
  workflowDefaults: |
    spec: {workflowMetadata: {labels: {default-label: something}}}
"""
"""What the tests that speak of wfDefaults give to the validator."""

RULES: tuple[tuple[str, frozenset[Rule]], ...] = (
    ("failed to resolve", frozenset({Rule.VARIABLE_UNRESOLVED, Rule.MISSING_DEPENDENCY})),
    ("missing dependency", frozenset({Rule.MISSING_DEPENDENCY})),
    ("not supplied", frozenset({Rule.ARGUMENT_MISSING})),
    ("metric", frozenset({Rule.METRIC})),
    ("Templates is invalid field in spec", frozenset({Rule.TEMPLATE_REF})),
    ("is invalid", frozenset({Rule.NAME_INVALID})),
    ("must not be more than", frozenset({Rule.NAME_TOO_LONG})),
    ("is not unique", frozenset({Rule.NAME_DUPLICATE})),
    ("name is required", frozenset({Rule.NAME_MISSING})),
    ("does not have valueFrom or value specified", frozenset({Rule.OUTPUT_VALUE})),
    (".path must be specified for", frozenset({Rule.OUTPUT_VALUE})),
    ("already mounted", frozenset({Rule.PATH_COLLISION})),
    ("activeDeadlineSeconds must be a positive integer", frozenset({Rule.DEADLINE})),
    ("is only valid", frozenset({Rule.FIELD_MISPLACED})),
    ("from, artifact location, or key is required", frozenset({Rule.ARGUMENT_VALUE})),
    (".value or ", frozenset({Rule.ARGUMENT_VALUE})),
    ("in withSequence", frozenset({Rule.SEQUENCE})),
    ("not found", frozenset({Rule.TEMPLATE_REF_NOT_FOUND})),
    ("undefined", frozenset({Rule.TEMPLATE_NOT_FOUND})),
    ("resource.manifest must be", frozenset({Rule.RESOURCE_MANIFEST})),
    ("resource.action must be", frozenset({Rule.RESOURCE_ACTION})),
    ("image may not be empty", frozenset({Rule.IMAGE_MISSING})),
    (".enum", frozenset({Rule.ENUM})),
    ("initContainers must all have container name", frozenset({Rule.CONTAINER_NAME})),
    ("podResources", frozenset({Rule.POD_RESOURCES})),
    ("resourceClaims", frozenset({Rule.RESOURCE_CLAIMS})),
    ("cycle", frozenset({Rule.CYCLE})),
    ("continueOn", frozenset({Rule.DEPENDS_MIXED})),
    ("target ", frozenset({Rule.DAG_TARGET})),
    ("not defined", frozenset({Rule.DEPENDENCY_NOT_FOUND})),
    ("cannot begin with a digit", frozenset({Rule.TASK_NAME_DIGIT})),
    ("spec.executorPlugins", frozenset({Rule.EXECUTOR_PLUGIN})),
    ("invalid timezone", frozenset({Rule.CRON_TIMEZONE})),
    ("must have a container named", frozenset({Rule.CONTAINER_SET})),
    ("must have at least one container", frozenset({Rule.CONTAINER_SET})),
    ("unknown field", frozenset({Rule.UNKNOWN_FIELD})),
    ("cannot unmarshal", frozenset({Rule.WRONG_TYPE})),
)
"""Parts of Argo's messages, and our rules that say the same; the first part that is in a message counts."""


def rules_for(message: str) -> frozenset[Rule]:
    return next(rules for part, rules in RULES if part in message)


def check(case: dict[str, Any]) -> list[Finding]:
    """Lint a case as Argo's test does: as the kind it is validated as, in its mode, with its context."""
    text = case["yaml"]
    if case["validate_as"] == "WorkflowTemplate":
        text = text.replace("kind: Workflow\n", "kind: WorkflowTemplate\n")
    context = [(f"context-{index}.yaml", each) for index, each in enumerate(case["context"])]
    if "wfDefaults" in (case["note"] or ""):
        context.append(("defaults.yaml", DEFAULTS))
    return lint([("case.yaml", text)], context, MODES[case["mode"]])


def is_found(case: dict[str, Any]) -> bool:
    """Whether a finding gives Argo's reason: by a rule that says the same, if not in the very words."""
    rules = rules_for(case["error_substring"])
    return any(finding.rule in rules for finding in check(case))


@pytest.mark.parametrize("case", PASSING, ids=lambda case: case["name"])
def test_what_argo_accepts_is_accepted(case: dict[str, Any]) -> None:
    assert [str(finding) for finding in check(case)] == []


def test_what_argo_refuses_is_found_for_the_same_reason() -> None:
    missed = [case["name"] for case in FAILING if not is_found(case)]
    assert len(FAILING) == 66
    assert missed == []


def test_most_messages_hold_argos_own_words() -> None:
    """So that people find what they look for, here as there."""
    other = [
        case["name"] for case in FAILING if not any(case["error_substring"] in each.message for each in check(case))
    ]
    assert other == ["TestInitContainerHasName#1"]


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case["name"])
def test_findings_of_the_cases_have_a_line_and_a_remedy(case: dict[str, Any]) -> None:
    assert [finding for finding in check(case) if not finding.line or not finding.remedy] == []
