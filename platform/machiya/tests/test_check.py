"""`machiya check` and `machiya schema`."""

import json
from pathlib import Path

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.errors import ContractError, NotFoundError

GOOD = """\
apiVersion: machiya/v1
name: counter
version: 1.0.0
summary: Counts rows
owner: ml-platform
operations:
  count:
    summary: Count the rows.
    parameters:
      limit: {type: integer, default: 10, minimum: 1, description: At most so many}
    inputs:
      rows: {type: files}
    outputs:
      metrics: {type: metrics}
    resources: {cpu: 1, memory: 1Gi}
    samples:
      small:
        inputs: {rows: sample/rows}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sample" / "rows").mkdir(parents=True)
    (tmp_path / "sample" / "rows" / "rows.txt").write_text("1\n")
    (tmp_path / "component.yaml").write_text(GOOD)
    return tmp_path


def test_a_right_contract_passes_by_folder_and_by_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["check", str(folder)]) == 0
    assert run(machiya, ["check", str(folder / "component.yaml")]) == 0
    assert capsys.readouterr().err == ""


def test_without_an_argument_it_checks_where_you_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert run(machiya, ["check"]) == 0


def test_every_finding_is_shown_with_file_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = GOOD.replace("version: 1.0.0", "version: one").replace("minimum: 1", "minimum: none")
    (folder / "component.yaml").write_text(broken)
    assert run(machiya, ["check", str(folder)]) == ContractError.exit_code
    captured = capsys.readouterr()
    places = [line.split(": ")[0] for line in captured.out.splitlines() if not line.startswith(" ")]
    assert list(dict.fromkeys(places)) == [f"{folder}/component.yaml:3", f"{folder}/component.yaml:10"]
    assert f"{len(places)} rules" in captured.err


def test_json_lists_the_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["check", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    (folder / "component.yaml").write_text(GOOD.replace("owner: ml-platform\n", ""))
    assert run(machiya, ["check", str(folder), "--json"]) == ContractError.exit_code
    (finding,) = json.loads(capsys.readouterr().out)
    assert "owner" in finding["message"]
    assert finding["file"] == f"{folder}/component.yaml"


def test_what_is_no_yaml_is_a_finding_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "component.yaml").write_text("operations: {train: [\n")
    assert run(machiya, ["check", str(folder)]) == ContractError.exit_code
    assert "YAML" in capsys.readouterr().out


def test_a_folder_without_a_contract_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["check", str(tmp_path)]) == NotFoundError.exit_code
    assert f"{tmp_path}/component.yaml is not there" in capsys.readouterr().err


def test_schema_prints_what_the_file_it_names_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(machiya, ["schema", "--path"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert run(machiya, ["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(path.read_text())
    assert "operations" in printed["properties"]
