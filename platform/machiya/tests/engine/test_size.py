"""Runs of a thousand steps: work and files grow with their number, and no faster."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from machiya.engines.local.api import Setup, run_workflow
from machiya.engines.local.argo.simulation import Result, simulate
from machiya.engines.local.continuing import downstream, known_nodes
from machiya.engines.local.events import NodeChanged, read_log
from machiya.engines.local.runs import open_run

Make = Callable[..., str]
SIZE = 1000

FAN_OUT = """
      - name: each
        template: toy
        %s
        arguments: {parameters: [{name: operation, value: write}, {name: a, value: "{{item}}"}]}
"""


@pytest.mark.parametrize(
    "loop",
    [f"withSequence: {{count: {SIZE}}}", f"withItems: {list(range(SIZE))}", f"withParam: '{list(range(SIZE))}'"],
    ids=["withSequence", "withItems", "withParam"],
)
def test_each_loop_makes_a_thousand_nodes(make: Make, task: Make, loop: str) -> None:
    last = task("last", "write", "{{tasks.each.outputs.result}}", depends="each")
    run = simulate(make(FAN_OUT % loop + last), lambda spec: Result(result=spec.args[2], parameters={"digest": "d"}))
    assert run.phase == "Succeeded"
    assert Counter(run.phases.values()) == {"Succeeded": SIZE + 2}
    assert json.loads(run.started[-1].args[2]) == [str(number) for number in range(SIZE)]


def test_a_thousand_programs_run_and_each_is_written_down_a_few_times(setup: Setup, make: Make, task: Make) -> None:
    manifest = make(FAN_OUT % f"withSequence: {{count: {SIZE}}}" + task("last", "write", "x", depends="each"))
    result = run_workflow(manifest, setup)
    folder = open_run(setup.home, result.run)
    assert (result.phase, len(result.state.nodes)) == ("Succeeded", SIZE + 3)
    changes = Counter(
        entry.event.node["displayName"]
        for entry in read_log(folder.events).entries
        if isinstance(entry.event, NodeChanged)
    )
    assert (max(changes.values()), changes["each"]) == (3, 2)
    assert folder.events.stat().st_size < SIZE * 3000


def test_a_long_chain_is_run_and_followed_to_its_end(make: Make, task: Make) -> None:
    tasks = task("s0", "write") + "".join(task(f"s{n}", "join", takes=f"s{n - 1}") for n in range(1, SIZE))
    run = simulate(make(tasks), lambda _: Result(parameters={"digest": "d"}))
    assert (run.phase, len(run.started)) == ("Succeeded", SIZE)


def test_only_what_follows_is_run_again_in_a_large_run(setup: Setup, make: Make, task: Make) -> None:
    tasks = task("first", "write", "x") + (FAN_OUT % "withSequence: {count: 50}") + task("last", "join", takes="first")
    state = run_workflow(make(tasks), setup).state
    first = next(node.id for node in state.nodes.values() if node.display_name == "first")
    again = downstream(state, [first])
    assert {state.nodes[one].display_name for one in again} == {"first", "last"}
    assert len(known_nodes(state, again)) == len(state.nodes) - 2
