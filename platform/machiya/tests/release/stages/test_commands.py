"""The commands of a mentor: what they print, what they write, and how they end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from machiya.cli.main import machiya
from machiya.cli.shell import run

World = Any


@pytest.fixture
def call(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command in the repository, with the registry in memory: the exit code, and what it printed."""
    monkeypatch.chdir(world.root)
    monkeypatch.setattr("machiya.release.registry.open_registry", lambda _: world.registry)

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(machiya, list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


Call = Callable[..., tuple[int, str, str]]


def test_a_bump_shows_what_it_did_and_how_to_commit_it(world: World, call: Call) -> None:
    world.release("ranker", "1.1.0", lambda told: told["operations"]["rank"]["parameters"]["factors"].update(default=9))
    code, out, _ = call("bump", "shopping", "ranker", "1.1.0", "--stage", "production")
    assert code == 0
    assert out.startswith("ranker 1.0.0 -> 1.1.0 in production\n")
    assert "conformance  passed (1 checks)" in out
    assert "contract     1 difference: none breaking here, 1 to note" in out
    assert "note: default.changed: rank.parameters.factors:" in out
    assert "(workflows/shopping/workflow.py:7)" in out
    assert f"+  ranker: {world.pin('ranker', '1.1.0')}\n" in out
    assert "git add -A workflows/shopping && git commit -m 'Use ranker 1.1.0 in production of shopping'" in out
    assert world.git("log", "--format=%s") == "Begin\n", "it never commits"


def test_a_dry_run_writes_nothing(world: World, call: Call) -> None:
    world.release("ranker", "1.1.0")
    code, out, _ = call("bump", "shopping", "ranker", "1.1.0", "--dry-run")
    assert (code, world.changed()) == (0, [])
    assert "nothing was written (--dry-run)" in out


def test_a_refusal_has_the_rule_the_place_and_what_to_do(world: World, call: Call, lose: Any) -> None:
    world.release("ranker", "2.0.0", lose("score"))
    code, out, error = call("bump", "shopping", "ranker", "2.0.0", "--stage", "production")
    assert (code, out, world.changed()) == (1, "", [])
    assert error == (
        "machiya: error: refused: ranker 1.0.0 -> 2.0.0 in production: 1 reason. Nothing was changed.\n"
        "  workflows/shopping/workflow.py:8: column.removed: rank.outputs.ranked.score: the column is gone; "
        "show reads score of rank/ranked.\n"
        "      Change workflows/shopping/workflow.py:8, or let it pass: --waive column.removed --because TEXT\n"
    )


def test_rules_and_reasons_go_in_pairs(call: Call) -> None:
    code, _, error = call("bump", "shopping", "ranker", "1.1.0", "--waive", "column.removed")
    assert code == 64
    assert "1 times --waive and 0 times --because" in error


def test_json_has_everything(world: World, call: Call) -> None:
    world.release("ranker", "1.1.0")
    told = json.loads(call("bump", "shopping", "ranker", "1.1.0", "--json")[1])
    assert told["written"] is True
    assert told["versions"][0]["after"] == world.pin("ranker", "1.1.0")
    assert {one["what"] for one in told["files"]} == {"new", "changed"}
    assert told["diff"].startswith("diff --git")


def test_the_text_of_a_pull_request(world: World, call: Call, lose: Any) -> None:
    world.release("ranker", "2.0.0", lose("item_id"), commit="beef")
    assert call("bump", "shopping", "ranker", "2.0.0", "--markdown", "pr.md")[0] == 0
    page = (world.root / "pr.md").read_text()
    assert page.startswith("# Use ranker 2.0.0 in development of shopping\n")
    assert f"| before | `{world.pin('ranker', '1.0.0')}` |" in page
    assert "| commit | `beef` |" in page
    assert "| conformance of this digest | passed (1 checks) |" in page
    assert "| `column.removed` | `rank.outputs.ranked.item_id` | the column is gone | note: " in page
    assert "`machiya diff shopping ranker 2.0.0 --stage development`" in page
    assert len(page.splitlines()) < 50, "one page"


def test_promote_canary_and_rollback_speak_alike(world: World, call: Call) -> None:
    world.release("ranker", "1.1.0")
    assert call("bump", "shopping", "ranker", "1.1.0")[0] == 0
    assert "for 0.1 of the users" not in call("status", "shopping")[1]
    code, out, _ = call("canary", "shopping", "ranker", "1.1.0", "--share", "10%")
    assert code == 0, out
    assert "1.1.0 for 0.1 of the users" in call("status", "shopping")[1]
    assert call("canary", "shopping", "ranker", "--end")[0] == 0
    code, out, _ = call("promote", "shopping", "ranker")
    assert out.startswith("ranker 1.0.0 -> 1.1.0 in production\n")
    world.commit("Use ranker 1.1.0")
    code, out, _ = call("rollback", "shopping", "ranker")
    assert out.startswith("ranker 1.1.0 -> 1.0.0 in production\n")
    assert "note: computed again at the next run: rank, show" in out
    assert call("pins", "check")[:2] == (
        0,
        "workflows/shopping/pins.yaml: everything is in order, the registry agrees\n",
    )


def test_a_share_or_the_end(call: Call) -> None:
    several = ["--share", "10%", "--end"]
    for arguments in ([], several, ["1.1.0", "--end"], ["--auto"], ["--share", "10%", "--events", "log.csv"]):
        code, _, error = call("canary", "shopping", "ranker", *arguments)
        assert code == 64
        assert "either --share, or --end alone, or --auto with --events" in error


def test_findings_of_pins_have_lines_and_end_with_1(world: World, call: Call) -> None:
    world.pins.write_text(world.pins.read_text().replace("ranker: 1.0.0@sha256:", "ranker: 1.0@sha256:", 1))
    code, out, error = call("pins", "check", "shopping", "--offline")
    assert code == 1
    assert out.startswith("workflows/shopping/pins.yaml:4: pins.version: development.ranker: ")
    assert "1 finding." in error
    told = json.loads(call("pins", "check", "shopping", "--json")[1])
    assert [one["line"] for one in told] == [4]
