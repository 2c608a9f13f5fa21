"""The shell's view of `machiya lint`."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run

GOOD = """apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: x-}
spec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
"""
BAD = GOOD.replace("suspend: {}", "suspend: {Duration: 1s}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def lint(*arguments: str) -> int:
    return run(machiya, ["lint", *arguments])


def test_nothing_found_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("good.yaml") == 0
    assert capsys.readouterr().out == "1 file: nothing to complain about\n"


def test_findings_end_with_1_each_with_place_rule_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("good.yaml", "bad.yaml") == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("bad.yaml:4: lint.unknown-field: spec.templates[0].suspend.Duration: unknown field")
    assert "Did you mean `duration`?" in shown.out
    assert shown.err == "machiya: error: 1 finding.\n"


def test_findings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--json", "bad.yaml") == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["rule"] == "lint.unknown-field"
    assert (finding["file"], finding["line"]) == ("bad.yaml", 4)
    assert lint("--json", "good.yaml") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(BAD))
    assert lint("-") == 1
    assert capsys.readouterr().out.startswith("-:4: lint.unknown-field")


def test_a_folder_stands_for_the_manifests_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "worse.yml").write_text(BAD)
    (folder / "values.yaml").write_text("replicas: 1\n")
    (folder / "notes.txt").write_text("kind: nothing\n")
    assert lint(".") == 1
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[::2]] == ["bad.yaml", "deep/worse.yml"]


def test_a_byte_order_mark_and_json_are_read(folder: Path) -> None:
    (folder / "mark.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    specification = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "x-"}}
    (folder / "x.json").write_text(json.dumps(head | {"spec": specification}, indent=1))
    assert lint("mark.yaml", "x.json") == 0


@pytest.mark.parametrize(("name", "content"), [("none.yaml", None), ("binary.yaml", b"\xff\xfe\x00")])
def test_a_file_that_cannot_be_read_ends_with_66(
    folder: Path, name: str, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    assert lint(name) == 66
    assert name in capsys.readouterr().err


def test_a_folder_without_manifests_ends_with_66(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert lint("empty") == 66


def test_the_mode_decides_which_values_are_wanted(folder: Path) -> None:
    (folder / "x.yaml").write_text(GOOD.replace("{entry", "{arguments: {parameters: [{name: rate}]}, entry"))
    assert (lint("x.yaml"), lint("--mode", "create", "x.yaml"), lint("--mode", "other", "x.yaml")) == (0, 1, 64)


def argo(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program into the PATH that is called argo and does what `script` says."""
    program = folder / "bin" / "argo"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_argo_is_asked_for_what_it_finds(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'test "$*" = "lint --offline --no-color --output simple good.yaml" || exit 9\n'
    script += "echo 'good.yaml: in \"x-\" (Workflow): templates.main is odd'; exit 1"
    argo(folder, monkeypatch, script)
    assert lint("--argo", "good.yaml") == 1
    assert capsys.readouterr().out == 'good.yaml: argo: "x-" (Workflow): templates.main is odd\n'


def test_argo_reads_standard_input_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    argo(folder, monkeypatch, "grep -q 'kind: Workflow'")
    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD))
    assert lint("--argo", "-") == 0


def test_what_argo_says_otherwise_is_passed_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argo(folder, monkeypatch, "echo 'unknown flag: --offline' >&2; exit 1")
    assert lint("--argo", "good.yaml") == 1
    assert "unknown flag: --offline" in capsys.readouterr().out


def test_where_argo_is_not_installed_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert lint("--argo", "good.yaml") == 0
    assert "argo is not installed" in capsys.readouterr().err


def test_linting_imports_neither_hera_nor_pydantic(folder: Path) -> None:
    """They take seconds; what is needed of them is in a table."""
    program = (
        "import sys; from machiya.cli.main import machiya; from machiya.cli.shell import run; "
        "code = run(machiya, ['lint', 'good.yaml']); "
        "sys.exit(', '.join(sys.modules.keys() & {'hera', 'pydantic', 'ruamel', 'requests'}) or code)"
    )
    call = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=folder)
    assert (call.returncode, call.stderr) == (0, "")
