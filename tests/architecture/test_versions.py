"""Numbers that stand in two places agree."""

import tomllib
from pathlib import Path

import pytest

from machiya_component import __version__ as kit_version
from machiya_component.contract import load_contract

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted(path.parent for path in ROOT.glob("components/*/component.yaml"))


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_a_components_contract_package_and_changelog_have_one_version(component: Path) -> None:
    contract = load_contract(component)
    project = tomllib.loads((component / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"]) == (f"machiya-{contract.name}", contract.version)
    assert f"## [{contract.version}]" in (component / "CHANGELOG.md").read_text()


def test_the_kits_package_has_one_version() -> None:
    project = tomllib.loads((ROOT / "platform/kit/pyproject.toml").read_text())["project"]
    assert project["version"] == kit_version
