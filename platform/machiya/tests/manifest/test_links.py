"""What a step on exit is told of the links of a stage's profile."""

import pytest

from machiya.manifest.links import links_told
from machiya.manifest.profile import Profile

LINKS = {
    "run": "https://argo/workflows/{namespace}/{run}",
    "viewer": "https://view/{workflow}/{stage}",
    "commit": "https://code/{commit}",
    "logs": "https://logs/{pod}",
}


@pytest.mark.parametrize(
    ("namespace", "told"),
    [
        ("ml", {"run": "https://argo/workflows/ml/{run}", "viewer": "https://view/{workflow}/{stage}"}),
        (None, {"viewer": "https://view/{workflow}/{stage}"}),
    ],
)
def test_links_that_can_be_filled_in_are_told(namespace: str | None, told: dict[str, str]) -> None:
    assert links_told(Profile(namespace=namespace, links=LINKS)) == told


def test_no_link_holds_what_argo_takes_for_a_variable() -> None:
    assert links_told(Profile(links={"viewer": "https://view/{{workflow}}"})) == {
        "viewer": "https://view/%7B%7Bworkflow}}"
    }
