"""The committed manifests, contracts and pins of this repository agree with each other."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from machiya.dsl import workflow_folders
from machiya.manifest.render import rendered
from machiya.pins import contract_path, load_pins

ROOT = Path(__file__).parents[4]
STAGES = [(folder, stage) for folder in workflow_folders(ROOT) for stage in load_pins(folder).stages]


@pytest.mark.parametrize(("folder", "stage"), STAGES, ids=[f"{folder.name}-{stage}" for folder, stage in STAGES])
def test_a_rendered_manifest_is_what_rendering_gives(folder: Path, stage: str) -> None:
    manifest = rendered(folder, load_pins(folder), stage)
    assert manifest.kept is not None, f"{manifest.path} is missing: run `machiya render`"
    assert not manifest.differences(), "run `machiya render`, look at the difference, and commit it"


@pytest.mark.parametrize("folder", workflow_folders(ROOT), ids=lambda folder: folder.name)
def test_no_manifest_is_left_of_a_stage_that_is_gone(folder: Path) -> None:
    assert {file.stem for file in (folder / "rendered").iterdir()} == set(load_pins(folder).stages)


@pytest.mark.parametrize("folder", workflow_folders(ROOT), ids=lambda folder: folder.name)
def test_vendored_contracts_of_unreleased_versions_are_those_of_the_components(folder: Path) -> None:
    unreleased = {
        (name, pin.version)
        for pins in load_pins(folder).stages.values()
        for name, pin in pins.items()
        if not pin.digest
    }
    for name, version in unreleased:
        contract = YAML(typ="safe", pure=True).load((ROOT / "components" / name / "component.yaml").read_text())
        if contract["version"] == version:
            kept = json.loads(contract_path(folder, name, version).read_text())
            assert kept == json.loads(json.dumps(contract)), f"run `machiya vendor {folder.name} components/{name}`"
