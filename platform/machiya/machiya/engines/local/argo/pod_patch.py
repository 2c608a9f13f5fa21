"""podSpecPatch: the part of it that a machine without Kubernetes can keep to."""

from typing import Any

import yaml

from machiya.engines.local.argo.model import Resources
from machiya.engines.local.argo.values import ArgoValueError


def patch_resources(text: str) -> Resources:
    """The resources that a podSpecPatch gives the container `main`; other patches are not supported.

    Raises:
        ArgoValueError: it is no YAML, or patches something else.
    """
    try:
        patch: Any = yaml.safe_load(text)
        containers = patch.pop("containers", [])
        others = [*patch, *(f"containers[{one['name']}]" for one in containers if one["name"] != "main")]
        others += [f"containers[main].{key}" for one in containers for key in one if key not in ("name", "resources")]
    except (yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        raise ArgoValueError(f"the podSpecPatch cannot be read: {error}") from error
    if others:
        raise ArgoValueError(f"podSpecPatch: the local engine patches resources alone, not {', '.join(others)}")
    given = containers[0].get("resources", {}) if containers else {}
    return Resources(
        {name: str(value) for name, value in given.get("requests", {}).items()},
        {name: str(value) for name, value in given.get("limits", {}).items()},
    )
