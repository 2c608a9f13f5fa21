"""The schemas that editors read, beside the models that decide. MACHIYA_UPDATE_GOLDENS=1 writes them anew."""

import json
import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.manifest.json_schema import profile_schema, profile_schema_path
from machiya.manifest.profile import ProfileError, load_profile
from machiya.records.slo import Schedule, SloError, load_slo
from machiya.records.slo.json_schema import slo_schema, slo_schema_path

ROOT = Path(__file__).parents[5]
WRITTEN = [*ROOT.glob("workflows/*/slo.yaml"), *ROOT.glob("workflows/**/profiles/*.yaml")]


@pytest.mark.parametrize(
    ("made", "path"), [(profile_schema, profile_schema_path), (slo_schema, slo_schema_path)], ids=["profile", "slo"]
)
def test_the_file_is_what_the_model_says(made: Any, path: Any) -> None:
    text = json.dumps(made(), indent=2) + "\n"
    if os.environ.get("MACHIYA_UPDATE_GOLDENS"):
        path().write_text(text)
    assert path().read_text() == text
    jsonschema.Draft202012Validator.check_schema(made())


@pytest.mark.parametrize("file", ["profile", "slo"])
def test_the_command_prints_it_and_where_it_is(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["schema", file, "--path"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert run(machiya, ["schema", file]) == 0
    assert capsys.readouterr().out == path.read_text()


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_files_of_this_repository_name_the_schema_that_they_keep(file: Path) -> None:
    """By a path from the file, as editors follow it."""
    first, *_ = file.read_text().splitlines()
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    schema = json.loads((file.parent / first.removeprefix(prefix)).read_text())
    jsonschema.validate(yaml.safe_load(file.read_text()), schema, jsonschema.Draft202012Validator)


PROFILES = {
    "{}": True,
    "retention: {failed: 7d}": True,
    "parallelism: 0": False,
    "retention: {faild: 7d}": False,
    "retention: {failed: 1w}": False,
    "pools: [{name: spot, cpu: 8, memory: 1Gi, preemptible: true, tolerations: [{key: a, operator: Exists}]}]": True,
    "pools: [{name: spot, cpu: 8, memory: 32Gi, tolerations: [{operator: Is}]}]": False,
    "pools: [{name: spot, cpu: 8}]": False,
    "{pools: [{name: large, cpu: 8, memory: 1Gi}], operations: {recommender.train: large}}": True,
    "{pools: [{name: large, cpu: 8, memory: 1Gi}], operations: {train: large}}": False,
    "links: {run: argo.example}": False,
}
LEVELS = {
    'finishedBy: "06:00"': True,
    'finishedBy: "6:00"': False,
    "successRate: {atLeast: 0.95}": True,
    "successRate: {atLeast: 1.5}": False,
    "coverage: {}": False,
    "freshness: 1d12h": True,
    "freshnes: 26h": False,
    "{}": False,
}


@pytest.mark.parametrize(("text", "good"), PROFILES.items(), ids=list(PROFILES))
def test_editors_and_the_command_take_the_same_profiles(text: str, good: bool, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "s.yaml").write_text(text)

    assert is_valid(profile_schema(), yaml.safe_load(text)) is good
    if good:
        load_profile(tmp_path, "s")
    else:
        with pytest.raises(ProfileError):
            load_profile(tmp_path, "s")


@pytest.mark.parametrize(("text", "good"), LEVELS.items(), ids=list(LEVELS))
def test_editors_and_the_command_take_the_same_promises(text: str, good: bool, tmp_path: Path) -> None:
    promised = {"apiVersion": "machiya/v1", "s": yaml.safe_load(text)}
    (tmp_path / "slo.yaml").write_text(yaml.safe_dump(promised))

    assert is_valid(slo_schema(), promised) is good
    if good:
        load_slo(tmp_path, ["s"], every_night)
    else:
        with pytest.raises(SloError):
            load_slo(tmp_path, ["s"], every_night)


def every_night(_: str) -> Any:
    """A schedule for all stages."""
    return Schedule("0 3 * * *", ZoneInfo("Asia/Tokyo"))


def is_valid(schema: Any, data: Any) -> bool:
    """By the schema alone, as an editor sees it."""
    return bool(jsonschema.Draft202012Validator(schema).is_valid(data))
