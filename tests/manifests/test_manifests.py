"""What is rendered is what Argo describes: by our linter, and by Argo's own description where that is right."""

import copy
from pathlib import Path

import pytest

from machiya.manifest.lint import lint
from tests.manifests.conftest import Manifest
from tests.manifests.published import DEVIATIONS, Deviation, problem

LINT = (Path(__file__).parents[2] / "docs" / "lint.md").read_text()


def test_the_manifest_of_everything_has_everything(production: Manifest) -> None:
    parts = ["name: canary", "gke-spot", "step-checkpoint", "podSpecPatch", "schedules:", "podDisruptionBudget"]
    assert [part for part in parts if part not in production.text] == []
    assert {document["kind"] for document in production.documents} == {"WorkflowTemplate", "CronWorkflow"}


def test_the_linter_finds_nothing_in_what_is_rendered(manifests: list[Manifest]) -> None:
    found = {one.name: lint([(one.name, one.text)]) for one in manifests if one.own}
    assert {name: findings for name, findings in found.items() if findings} == {}


def test_argos_description_finds_nothing_but_what_it_is_known_to_be_wrong_about(manifests: list[Manifest]) -> None:
    found = {one.name: [text for each in one.documents if (text := problem(each))] for one in manifests}
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda one: one.field)
def test_every_deviation_is_needed_and_explained(deviation: Deviation, manifests: list[Manifest]) -> None:
    others = [one for one in DEVIATIONS if one is not deviation]
    assert any(problem(each, others) for one in manifests for each in one.documents), "leave it out: nothing needs it"
    assert f"| `{deviation.field.replace('.*', '[]')}` |" in LINT, "docs/lint.md has to say what Argo does"


def test_what_is_of_a_wrong_type_is_found(production: Manifest) -> None:
    wrong = copy.deepcopy(production.documents[0])
    step = next(one for one in wrong["spec"]["templates"] if "container" in one)
    step["container"]["image"] = 7
    assert "Invalid type for variable 'image'" in problem(wrong)
