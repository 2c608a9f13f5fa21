"""What a step on exit is told of the stage's links: the fact ``run.links``, which the profile decides."""

import re
from collections.abc import Mapping
from dataclasses import replace

from machiya.dsl import Constant, RunReference, Value, WorkflowDefinition
from machiya.manifest.profile import Profile

LINKS = "links"
_OF_THE_RUN = {"run", "workflow", "stage"}
"""What is left to fill in: whoever is told the links knows it."""


def with_links(workflow: WorkflowDefinition, profile: Profile) -> WorkflowDefinition:
    """The workflow with the fact filled in."""
    fact, told = RunReference(LINKS), Constant(links_told(profile))

    def filled(values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {name: told if value == fact else value for name, value in values.items()}

    steps = (replace(step, parameters=filled(step.parameters)) for step in workflow.steps)
    return replace(workflow, steps=tuple(steps))


def links_told(profile: Profile) -> dict[str, str]:
    """The links that lead from a run to something, by what they lead to, with its names to be filled in."""
    known = {"namespace": profile.namespace} if profile.namespace else {}
    urls = {name: _filled(url, known) for name, url in profile.links.items() if name != "commit"}
    return {name: url for name, url in urls.items() if set(re.findall(r"\{(\w+)\}", url)) <= _OF_THE_RUN}


def _filled(url: str, known: Mapping[str, str]) -> str:
    """Double braces would be variables to Argo."""
    for name, value in known.items():
        url = url.replace(f"{{{name}}}", value)
    return url.replace("{{", "%7B%7B")
