"""Two components that keep every promise, one in shell and one in Python, both without the kit."""

import json
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from machiya.cli.test import test as conformance_command
from machiya.conformance import CHECKS, Verdict
from machiya.containers import BuildRequest
from machiya.errors import CheckError, NotFoundError
from machiya.images.build import choose_base
from machiya_component.contract import check_contract, contract_from_json, load_contract

if TYPE_CHECKING:
    from tests.conformance.conftest import Laboratory

COMPONENTS = Path(__file__).parent / "components"
SERVICE_ONLY = {"service.health", "service.stop"}
BATCH_ONLY = {
    "samples.outputs",
    "samples.sidecar",
    "samples.deterministic",
    "samples.moved",
    "output.unwritable",
    "output.atomic",
    "signal.term",
}
NO_TABLE = {"data.truncated", "data.wrong-column", "data.wrong-type", "data.empty"}
NOT_APPLICABLE = {"tally": SERVICE_ONLY, "lookup": BATCH_ONLY | NO_TABLE | {"arguments.missing"}}


@pytest.mark.engine
@pytest.mark.parametrize("name", NOT_APPLICABLE)
def test_a_good_component_passes_every_check_that_applies(name: str, laboratory: "Laboratory", tmp_path: Path) -> None:
    verdict = laboratory.check(laboratory.good(name), tmp_path, folder=COMPONENTS / name, timeout=120)
    assert [result.id for result in verdict.with_outcome("fail")] == []
    assert {result.id for result in verdict.with_outcome("skip")} == NOT_APPLICABLE[name]
    assert {result.id for result in verdict.with_outcome("info")} == {check.id for check in CHECKS if check.reports}
    assert [result.id for result in verdict.checks] == [check.id for check in CHECKS]
    assert (verdict.component, verdict.version, verdict.passed) == (name, "1.0.0", True)


@pytest.mark.engine
def test_the_verdict_belongs_to_the_image_whatever_its_name(laboratory: "Laboratory", tmp_path: Path) -> None:
    tag = laboratory.good("tally")
    image = laboratory.engine.inspect(tag).id
    by_name = laboratory.check(tag, tmp_path / "name", "contract.label")
    by_id = laboratory.check(image, tmp_path / "id", "contract.label")
    assert (by_name.image.id, by_name.image.reference) == (image, tag)
    assert (by_id.image.id, by_id.image.reference) == (image, image)


@pytest.mark.engine
def test_an_image_alone_skips_what_needs_the_folder(laboratory: "Laboratory", tmp_path: Path) -> None:
    verdict = laboratory.check(laboratory.good("tally"), tmp_path, "folder", "contract.source")
    assert {result.outcome for result in verdict.checks} == {"skip"}
    assert all("an image was given" in result.reason for result in verdict.checks)


@pytest.mark.engine
def test_size_and_start_up_are_reported(laboratory: "Laboratory", tmp_path: Path) -> None:
    tag = laboratory.good("tally")
    size, start_up = laboratory.check(tag, tmp_path, "report").checks
    assert size.reason == f"{laboratory.engine.inspect(tag).size / 1e6:.0f} MB"
    assert "ms until `contract` has answered" in start_up.reason


@pytest.mark.engine
def test_the_command_writes_json_and_junit(laboratory: "Laboratory", tmp_path: Path) -> None:
    tag, junit = laboratory.good("tally"), tmp_path / "reports" / "junit.xml"
    arguments = [tag, "--check", "bare.user", "--check", "folder", "--json", "--junit", str(junit)]
    result = CliRunner().invoke(conformance_command, arguments, catch_exceptions=False)
    verdict = Verdict.model_validate_json(result.stdout)
    assert result.exit_code == 0
    assert verdict.image.reference == tag
    assert [check.outcome for check in verdict.checks] == ["pass", "skip", "skip", "skip"]
    cases = ET.parse(junit).getroot().findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == [check.id for check in verdict.checks]
    assert [len(case) for case in cases] == [0, 1, 1, 1]


@pytest.mark.engine
def test_a_failure_ends_with_1_and_keeps_what_shows_it(laboratory: "Laboratory", tmp_path: Path) -> None:
    [case] = [case for case in laboratory.cases() if case.name == "samples.moved"]
    with laboratory.broken(case, tmp_path) as image:
        arguments = [image, "--check", "samples.moved", "--keep", str(tmp_path / "kept")]
        result = CliRunner().invoke(conformance_command, arguments)
    assert isinstance(result.exception, CheckError)
    assert result.exception.exit_code == 1
    assert str(tmp_path / "kept") in result.exception.remedy
    assert f"-v {tmp_path}/kept/inputs/measure-small:/srv/machiya/in:ro" in result.stdout
    assert (tmp_path / "kept" / "inputs" / "measure-small" / "events").is_dir()


@pytest.mark.engine
def test_an_image_that_is_no_component_gets_a_verdict_too(laboratory: "Laboratory", tmp_path: Path) -> None:
    base, _ = choose_base(laboratory.engine, None)
    for lines in ("ENTRYPOINT []\nCMD []", 'ENTRYPOINT ["component"]'):
        (tmp_path / "Dockerfile").write_text(f"FROM {base}\n{lines}\n", encoding="utf-8")
        tag = f"machiya-test/nothing:{os.getpid()}"
        laboratory.engine.build(BuildRequest(tmp_path, tag), lambda _line: None)
        verdict = laboratory.check(tag, tmp_path, folder=COMPONENTS / "tally")
        laboratory.engine.remove_image(tag)
        failed = {result.id for result in verdict.with_outcome("fail")}
        assert {"bare.run", "bare.user", "bare.entrypoint", "contract.label", "labels.oci"} <= failed
        assert {result.reason for result in verdict.with_outcome("skip")} == {
            "the image has no valid contract: see contract.label",
            "the self-test fails anyway: see bare.read-only",
        }
        assert (verdict.component, verdict.passed) == (None, False)


@pytest.mark.engine
def test_an_image_that_is_not_there_is_said_to_be(laboratory: "Laboratory", tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no image 'machiya-test/nobody:1'"):
        laboratory.check("machiya-test/nobody:1", tmp_path)


@pytest.mark.parametrize("name", NOT_APPLICABLE)
def test_the_committed_json_is_the_contract(name: str) -> None:
    folder = COMPONENTS / name
    assert check_contract(folder) == []
    assert contract_from_json((folder / "contract.json").read_text(encoding="utf-8")) == load_contract(folder)
    json.loads((folder / "contract.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", sorted(COMPONENTS.glob("*/tests/*.sh")), ids=lambda path: path.parts[-3])
def test_the_components_own_tests_pass(script: Path) -> None:
    subprocess.run(["sh", str(script)], check=True)


def test_tally_needs_no_python() -> None:
    folder = COMPONENTS / "tally"
    assert (folder / "component").read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    for file in ("component", "parquet.awk", "Dockerfile"):
        assert "python" not in (folder / file).read_text(encoding="utf-8")
