"""`machiya drift`: tables of real runs, whose steps write what a table's sidecar says and nothing else."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.errors import NotFoundError
from machiya.records import RunRecord
from machiya.records.drift import drift, run_before
from machiya_component.watch.history import History, Snapshot

from .conftest import Home

PROGRAM = """
import json, os, sys
from pathlib import Path
text, code = sys.argv[4:]
for name, said in json.loads(text).items():
    folder = Path(os.environ["MACHIYA_DATA"], "out", name)
    folder.mkdir()
    producer = {"component": "toy", "version": "1.0.0", "operation": "make"}
    common = {"apiVersion": "machiya/v1", "files": [], "producer": producer}
    (folder / "_artifact.json").write_text(json.dumps(common | said))
sys.exit(int(code))
"""
MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: demo-development}
spec:
  entrypoint: main
  arguments: {parameters: [{name: said}, {name: code, value: '0'}, {name: log}, {name: log-digest}]}
  templates:
    - {name: main, dag: {tasks: [{name: make, template: make}]}}
    - name: make
      metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0, machiya/operation: make}}
      outputs:
        artifacts:
          - {name: items, path: /data/out/items, optional: true, s3: {key: 'runs/{{workflow.name}}/make/items'}}
          - {name: users, path: /data/out/users, optional: true, s3: {key: 'runs/{{workflow.name}}/make/users'}}
          - {name: notes, path: /data/out/notes, optional: true, s3: {key: 'runs/{{workflow.name}}/make/notes'}}
      container:
        image: machiya/toy:1.0.0
        command: [component]
        args: [run, make, '{{workflow.parameters.said}}', '{{workflow.parameters.code}}']
"""
FAN_OUT = (
    MANIFEST.replace("{name: said}", "{name: said}, {name: last}")
    .replace(
        "template: make}]",
        "template: make, withSequence: {count: '2', format: '%05d'}, "
        "arguments: {parameters: [{name: shard, value: '{{item}}'}]}}]",
    )
    .replace("      outputs:\n", "      inputs: {parameters: [{name: shard}]}\n      outputs:\n")
    .replace("/items'}}", "/items/{{inputs.parameters.shard}}'}}")
    .replace("/users'}}", "/users/{{inputs.parameters.shard}}'}}")
    .replace(
        "workflow.parameters.said",
        '=inputs.parameters.shard == "00001" ? workflow.parameters.last : workflow.parameters.said',
    )
)
"""The same step as two shards, of which each puts out its own part of the tables."""
USERS = {"type": "table", "digest": "sha256:users", "rows": 10, "statistics": {"user": {"type": "string", "nulls": 0}}}
NOTES = {"type": "files", "digest": "sha256:notes"}
FIELDS = [{"name": "category", "type": "string", "watch": {"newValues": "error"}}]


def table(categories: Mapping[str, int], *, nulls: int = 0, digest: str = "", **columns: Any) -> dict[str, Any]:
    """What the sidecar of a table with a column `category` says."""
    category = {"type": "string", "nulls": nulls, "distinct": len(categories), "values": dict(categories)}
    said = {"schema": {"fields": FIELDS}, "rows": nulls + sum(categories.values())}
    statistics = {"category": category, **columns}
    return {"type": "table", "digest": digest or f"sha256:{sorted(categories.items())}{nulls}", **said} | {
        "statistics": statistics
    }


USUAL = table({"sales": 300, "care": 200})
SPACE = table({"sales": 300, "care": 190, "space": 10})


@pytest.fixture
def tables(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose runs put out tables."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    launcher = ProcessLauncher(program=(sys.executable, "-I", "-S", str(program)), version_of=lambda _: "1.0.0")
    home.setup = replace(home.setup, launcher=launcher)
    monkeypatch.setenv("MACHIYA_HOME", str(home.path))
    return home


def play(home: Home, items: Mapping[str, Any], code: int = 0, **more: Any) -> RunRecord:
    said = json.dumps({"items": items, "users": USERS, "notes": NOTES, **more})
    return home.run(manifest=MANIFEST, said=said, code=str(code))


def keep(home: Home, *runs: Snapshot) -> None:
    """The good runs, as `remember` keeps them."""
    folder = home.path / "kept"
    folder.mkdir()
    (folder / "history.json").write_text(History(runs=runs).to_text())
    home.store.put(folder / "history.json", "history/demo/development/make-items.json")


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert run(machiya, ["drift", *words]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_tables_stand_beside_those_of_the_run_before_that_succeeded(
    tables: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = play(tables, USUAL)
    play(tables, table({"wrong": 1}), code=70)
    play(tables, SPACE)

    lines = said(capsys, "--step", "make").splitlines()
    assert lines[0] == f"make/items: 1 error (against {before.name})"
    assert [line.split() for line in lines[1:3]] == [
        ["column", "measure", "was", "is", "change", "verdict"],
        ["category", "newValues", "'space'", "1", "error"],
    ]
    assert lines[3:] == [f"make/users: the same data (against {before.name})"]
    every = said(capsys, "--step", "make", "--port", "items", "--all")
    (psi,) = [line.split() for line in every.splitlines() if " psi " in line]
    assert psi[2:4] == ["█▆", "█▆▁"], "before and now, the most frequent value first"


def test_a_run_is_compared_with_any_other(tables: Home, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = play(tables, SPACE), play(tables, USUAL)
    third = play(tables, SPACE)

    data = json.loads(said(capsys, third.name, "--against", first.name, "--json"))
    assert (data["run"], data["against"]) == (third.name, first.name)
    assert [(one["step"], one["port"], one["rows"], one["same"]) for one in data["tables"]] == [
        ("make", "items", 500, True),
        ("make", "users", 10, True),
    ]
    changes = json.loads(said(capsys, third.name, "--against", second.name, "--json"))["tables"][0]["changes"]
    (new,) = [one for one in changes if one["measure"] == "newValues"]
    assert new == {
        "column": "category",
        "measure": "newValues",
        "value": 1,
        "was": "",
        "now": "'space'",
        "against": second.name,
        "warn": None,
        "error": None,
        "level": "error",
    }


def test_the_good_runs_are_what_the_workflow_keeps_but_for_the_run_itself(
    tables: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    record = play(tables, SPACE)
    own = Snapshot(run=record.name, rows=500, columns=SPACE["statistics"])
    keep(tables, own, Snapshot(run="good", rows=500, columns=USUAL["statistics"]))

    items, users = said(capsys, "--against", "history").split("make/users")
    assert items.startswith("make/items: 1 error (against good)\n")
    assert "there is no good run yet" in users


@pytest.mark.parametrize(
    ("last", "rows"),
    [(SPACE, {"make/items": USUAL["rows"] + SPACE["rows"], "make/users": 20}), ({"type": 1}, {"make/users": 20})],
    ids=["all", "one cannot be read"],
)
def test_the_shards_of_a_fan_out_are_one_table_or_none(
    tables: Home, last: dict[str, Any], rows: dict[str, int]
) -> None:
    said, other = (json.dumps({"items": items, "users": USERS}) for items in (USUAL, last))
    record = tables.run(manifest=FAN_OUT, said=said, last=other)
    assert {table.name: table.now.rows for table in drift(record, None)} == rows


def test_columns_that_are_new_or_gone_are_noted(tables: Home, capsys: pytest.CaptureFixture[str]) -> None:
    extra = {"type": "double", "nulls": 0}
    play(tables, table({"sales": 500}, gone=extra))
    play(tables, table({"sales": 500}, new=extra))

    assert said(capsys, "--port", "items", "--step", "make").splitlines()[1:] == [
        "  note: new: is a new column; it is not compared",
        "  note: gone: the column is gone",
    ]


def test_what_is_read_from_data_cannot_command_the_terminal(tables: Home, capsys: pytest.CaptureFixture[str]) -> None:
    play(tables, USUAL)
    play(tables, table({"sales": 300, "\x1b[2J": 200}))
    assert "\x1b" not in said(capsys)


def test_the_page_draws_what_is_not_the_same(tables: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play(tables, USUAL)
    record = play(tables, SPACE)
    file = tmp_path / "drift.html"

    assert said(capsys, "--html", str(file)).endswith(f"Wrote {file}\n")
    text = file.read_text()
    assert f"<h1>Drift of {record.name}</h1>" in text
    assert "make/items: 1 error" in text
    assert "make/users" not in text
    assert "cannot be written" in said(capsys, "--html", str(tmp_path / "no" / "drift.html"), code=73)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["--step", "nope"], "nope"),
        (["--step", "make", "--port", "nope"], "make/nope"),
        (["--port", "items"], "--port is given without --step"),
        (["--against", "nope"], "nope"),
        (["--step", "make", "--port", "notes"], "no table of make/notes has statistics"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_to_do(
    tables: Home, capsys: pytest.CaptureFixture[str], words: list[str], wrong: str
) -> None:
    play(tables, USUAL)
    play(tables, USUAL)
    code = 64 if "without" in wrong else 66
    assert wrong in said(capsys, *words, code=code)


def test_without_an_earlier_run_one_has_to_be_named(tables: Home) -> None:
    record = play(tables, USUAL)
    with pytest.raises(NotFoundError, match=r"no earlier run of demo \(development\)") as error:
        run_before(record)
    assert "--against RUN" in str(error.value.remedy)
    (items, _) = drift(record, None)
    assert (items.was, items.same) == (None, False)
