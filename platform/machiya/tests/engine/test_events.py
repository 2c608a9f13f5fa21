"""The event log: what is written is read again, what is torn or altered does not count and is kept aside."""

from pathlib import Path

import pytest

from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.continuing import downstream, known_nodes
from machiya.engines.local.events import EventLog, Noted, RunCreated, RunEnded, SessionStarted, node_event, read_log
from machiya.engines.local.state import RunState, fold, named_nodes

FACTS = {"name": "wf", "uid": "u", "created": 1.0, "parameters": {"p": "v"}, "namespace": "default"}


def node(name: str, kind: NodeType = NodeType.POD, phase: Phase = Phase.SUCCEEDED, **more: object) -> Node:
    return Node(f"id-{name}", name, name.rpartition(".")[2], kind, phase, **more)  # type: ignore[arg-type]


def write(path: Path, *nodes: Node) -> None:
    with EventLog(path) as log:
        log.append(RunCreated(FACTS), 1.0)
        log.append(SessionStarted(7, "host"), 2.0)
        for one in nodes:
            log.append(node_event(one), 3.0)


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_log(tmp_path / "events.jsonl").entries == ()


def test_the_state_is_a_fold_of_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, node("wf.a", phase=Phase.RUNNING), node("wf.a"), node("wf.b", phase=Phase.FAILED, message="ガラス"))
    state = fold(read_log(path).entries)
    assert state.facts is not None
    assert (state.facts.parameters, state.phase, state.ended) == ({"p": "v"}, "Running", False)
    assert {one.name: str(one.phase) for one in state.nodes.values()} == {"wf.a": "Succeeded", "wf.b": "Failed"}
    assert state.nodes["id-wf.b"].message == "ガラス"


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_tail_is_cut_off_reported_and_kept_aside(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "events.jsonl"
    write(path, node("wf.a"), node("wf.b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with EventLog(path) as log:
        assert len(log.entries) == 3
        assert "event 4 is torn" in log.problem
        log.append(Noted("after"), 4.0)
    assert [type(entry.event).__name__ for entry in read_log(path).entries][-1] == "Noted"
    assert read_log(path).problem == ""
    lines = whole.splitlines(keepends=True)
    assert (tmp_path / "events.jsonl.cut-1").read_bytes() == lines[-1][:-cut]


def test_an_altered_event_ends_what_counts(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, node("wf.a"), node("wf.b"))
    path.write_bytes(path.read_bytes().replace(b"wf.a", b"wf.x"))
    log = read_log(path)
    assert len(log.entries) == 2
    assert "checksum" in log.problem


def test_lines_cannot_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, node("wf.a"), node("wf.b"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert len(read_log(path).entries) == 2


def state_of(tmp_path: Path, *nodes: Node) -> RunState:
    path = tmp_path / "events.jsonl"
    write(path, *nodes)
    with EventLog(path) as log:
        log.append(RunEnded("Failed"), 9.0)
    return fold(read_log(path).entries)


def test_only_success_counts_for_the_next_session_and_attempts_of_a_retry_that_may_go_on(tmp_path: Path) -> None:
    state = state_of(
        tmp_path,
        node("wf.a"),
        node("wf.b", phase=Phase.FAILED),
        node("wf.c", phase=Phase.RUNNING),
        node("wf.r", NodeType.RETRY),
        node("wf.r(0)", phase=Phase.FAILED),
        node("wf.r(1)"),
        node("wf.s", NodeType.RETRY, Phase.FAILED),
        node("wf.s(0)", phase=Phase.FAILED),
        node("wf.onExit"),
    )
    assert set(known_nodes(state)) == {"wf.a", "wf.r", "wf.r(0)", "wf.r(1)"}
    assert set(known_nodes(state, frozenset({"id-wf.a"}))) == {"wf.r", "wf.r(0)", "wf.r(1)"}


def test_what_follows_from_a_step_is_what_waited_for_it_also_across_a_nested_dag(tmp_path: Path) -> None:
    state = state_of(
        tmp_path,
        node("wf", NodeType.DAG),
        node("wf.a", after=("id-wf",), boundary="id-wf"),
        node("wf.d", NodeType.DAG, after=("id-wf.a",), boundary="id-wf"),
        node("wf.d.x", after=("id-wf.d",), boundary="id-wf.d"),
        node("wf.d.y", after=("id-wf.d",), boundary="id-wf.d"),
        node("wf.d.z", after=("id-wf.d.x",), boundary="id-wf.d"),
        node("wf.g", NodeType.TASK_GROUP, after=("id-wf.d",), boundary="id-wf"),
        node("wf.g(0:1)", after=("id-wf.g",), boundary="id-wf"),
        node("wf.e", after=("id-wf",), boundary="id-wf"),
    )
    dirty = downstream(state, ["id-wf.d.x"])
    assert dirty == {"id-wf.d.x", "id-wf.d.z", "id-wf.g", "id-wf.g(0:1)"}
    assert downstream(state, ["id-wf.d"]) >= {"id-wf.d.x", "id-wf.d.y", "id-wf.d.z"}
    assert downstream(state, ["id-wf.g(0:1)"]) == {"id-wf.g(0:1)"}


def test_a_step_is_named_by_id_name_or_display_name(tmp_path: Path) -> None:
    state = state_of(tmp_path, node("wf.a"), node("wf.g(0:1)"), node("wf.g(1:2)"))
    assert [one.name for one in named_nodes(state, "a")] == ["wf.a"]
    assert [one.name for one in named_nodes(state, "g")] == ["wf.g(0:1)", "wf.g(1:2)"]
    assert named_nodes(state, "nope") == []
