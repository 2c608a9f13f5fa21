"""The chart as Helm renders it, for the tests of this folder."""

from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "machiya"
NAMESPACE = "ml"
VALUE_SETS = sorted(path.stem for path in (CHART / "ci").glob("*.yaml"))
"""Names of the value sets that every check runs on."""

Object = dict[str, Any]


def values_of(name: str) -> dict[str, Any]:
    """One of the value sets."""
    values: dict[str, Any] = yaml.safe_load((CHART / "ci" / f"{name}.yaml").read_text())
    return values


def render(values: dict[str, Any], chart: Path = CHART) -> list[Object]:
    """The objects that an installation with these values would make; HelmError for values that are refused."""
    with helm_python.Chart.load(chart) as loaded:
        files = loaded.render(values, name="machiya", namespace=NAMESPACE)
    documents = (document for name, text in files.items() if name.endswith(".yaml") for document in _documents(text))
    return [document for document in documents if document]


@cache
def rendered(name: str) -> list[Object]:
    """The objects of a value set. Do not change them."""
    return render(values_of(name))


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """Those of these kinds."""
    return [object_ for object_ in objects if object_["kind"] in kinds]


def one(objects: list[Object], kind: str, name: str) -> Object:
    """The object of this kind and name; there must be exactly one."""
    (found,) = [object_ for object_ in of_kind(objects, kind) if object_["metadata"]["name"] == name]
    return found


def pod_templates(objects: list[Object]) -> dict[str, Object]:
    """Metadata and spec of every pod, by kind and name of what makes it."""
    found = {}
    for object_ in objects:
        template = object_ if object_["kind"] == "Pod" else object_.get("spec", {}).get("template")
        if isinstance(template, dict) and "spec" in template:
            found[f"{object_['kind']}/{object_['metadata']['name']}"] = template
    return found


def containers(pod: Object) -> list[Object]:
    """All containers of a pod's spec."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def _documents(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=UniqueKeys))


class UniqueKeys(yaml.SafeLoader):
    """Refuses a mapping with a key twice, of which Kubernetes would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As the loader's own, but each key once."""
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, f"a key stands twice in {keys}", node.start_mark)
        return super().construct_mapping(node, deep)
