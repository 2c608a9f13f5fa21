"""The links of a stage's profile, and what a step on exit is told of them: the fact ``run.links``."""

import re

from machiya.dsl import WorkflowDefinition
from machiya.dsl.told import with_fact
from machiya.manifest.profile import Profile

LINKS = "links"
_OF_THE_RUN = {"run", "workflow", "stage"}
"""What is left to fill in: whoever is told the links knows it."""


def with_links(workflow: WorkflowDefinition, profile: Profile) -> WorkflowDefinition:
    """The workflow with the fact filled in."""
    return with_fact(workflow, LINKS, links_told(profile))


def links_told(profile: Profile) -> dict[str, str]:
    """The links that lead from a run to something, by what they lead to, with its names to be filled in."""
    urls = {name: _harmless(url) for name, url in stage_links(profile).items() if name != "commit"}
    return {name: url for name, url in urls.items() if set(re.findall(r"\{(\w+)\}", url)) <= _OF_THE_RUN}


def stage_links(profile: Profile) -> dict[str, str]:
    """The templates of the profile's links, with what the stage decides filled in: its namespace."""
    namespace = profile.namespace or "{namespace}"
    return {name: url.replace("{namespace}", namespace) for name, url in profile.links.items()}


def _harmless(url: str) -> str:
    """Double braces would be variables to Argo."""
    return url.replace("{{", "%7B%7B")
