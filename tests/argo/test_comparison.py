"""When two objects mean the same, however they are written."""

from typing import Any

import pytest

from machiya.engines.argo.comparison import differences, normal
from machiya.engines.argo.documents import read_documents
from machiya.errors import ContractError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 1, "b": None, "c": {}, "d": [], "e": {"f": {}}}),
        ({"container": {"image": "i"}}, {"container": {"name": "", "image": "i", "resources": {}}}),
        ({"limits": {"cpu": "0.5", "memory": "1024Mi"}}, {"limits": {"cpu": "500m", "memory": "1Gi"}}),
        ({"requests": {"cpu": 2}}, {"requests": {"cpu": "2"}}),
        ({"emptyDir": {"sizeLimit": "1000Mi"}}, {"emptyDir": {"sizeLimit": "1048576000"}}),
    ],
)
def test_what_means_the_same_is_the_same(one: Any, other: Any) -> None:
    assert normal(one) == normal(other)
    assert list(differences(normal(one), normal(other))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": ""}, {}),
        ({"allowPrivilegeEscalation": False}, {}),
        ({"limit": 0}, {}),
        ({"limits": {"memory": "1G"}}, {"limits": {"memory": "1Gi"}}),
        ({"limits": {"memory": "{{inputs.parameters.a}}"}}, {"limits": {"memory": "{{inputs.parameters.b}}"}}),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}),
    ],
)
def test_what_means_something_else_differs(one: Any, other: Any) -> None:
    assert normal(one) != normal(other)
    assert list(differences(normal(one), normal(other)))


def test_differences_name_the_place_by_the_names_in_it() -> None:
    before = {"templates": [{"name": "read", "image": "1"}, {"name": "count", "image": "1"}]}
    after = {"templates": [{"name": "read", "image": "1"}, {"name": "count", "image": "2"}]}
    assert list(differences(before, after)) == ['-templates[count].image: "1"', '+templates[count].image: "2"']


@pytest.mark.parametrize(
    "text", ["kind: CronWorkflow\n", "kind: ConfigMap\n", "kind: WorkflowTemplate\n---\nkind: WorkflowTemplate\n"]
)
def test_a_manifest_of_another_form_is_not_deployed(text: str) -> None:
    with pytest.raises(ContractError, match=r"file\.yaml holds"):
        read_documents(text, "file.yaml")
