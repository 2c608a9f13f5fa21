"""Steps start in the order in which they ask, as long as what they request is free on the machine."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, run_workflow
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.scheduling import Scheduler
from machiya.engines.local.share import MachineShare

Make = Callable[..., str]
GIB = 1 << 30


async def settle() -> None:
    """Let everybody do what they can do now."""
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Steps that ask for room, and leave when they are told to."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.inside: list[str] = []
        self._scheduler = scheduler
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, cpu: float = 0, memory: float = 0) -> None:
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._stay(name, cpu, memory))
        await settle()

    async def _stay(self, name: str, cpu: float, memory: float) -> None:
        async with self._scheduler.room(cpu, memory):
            self.inside.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.inside.remove(name)

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leave[name].set()
            await self._tasks[name]
        await settle()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        with suppress(asyncio.CancelledError):
            await self._tasks[name]
        await settle()


def test_a_large_step_is_not_passed_by_by_those_behind_it_except_by_those_that_request_nothing() -> None:
    async def play() -> None:
        crowd = Crowd(Scheduler(Capacity(4, 4 * GIB)))
        await crowd.ask("small", cpu=1)
        await crowd.ask("large", cpu=4)
        await crowd.ask("behind", cpu=1)
        await crowd.ask("nothing")
        assert crowd.inside == ["small", "nothing"]
        await crowd.leave("small")
        assert crowd.inside == ["nothing", "large"]
        await crowd.leave("large")
        assert crowd.inside == ["nothing", "behind"]
        await crowd.leave("nothing", "behind")

    asyncio.run(play())


def test_memory_is_kept_to_as_cpu_is() -> None:
    async def play() -> None:
        crowd = Crowd(Scheduler(Capacity(4, 4 * GIB)))
        await crowd.ask("a", memory=3 * GIB)
        await crowd.ask("b", cpu=0.1, memory=2 * GIB)
        assert crowd.inside == ["a"]
        await crowd.leave("a")
        assert crowd.inside == ["b"]
        await crowd.leave("b")

    asyncio.run(play())


@pytest.mark.parametrize(("cores", "at_once"), [(1, 4), (6, 6)])
def test_steps_that_request_nothing_get_about_a_core_each(cores: float, at_once: int) -> None:
    async def play() -> None:
        crowd = Crowd(Scheduler(Capacity(cores, 4 * GIB)))
        names = [str(number) for number in range(10)]
        for name in names:
            await crowd.ask(name)
        assert crowd.inside == names[:at_once]
        await crowd.ask("asks", cpu=1)
        assert crowd.inside[-1] == "asks"
        await crowd.leave("asks", *names)

    asyncio.run(play())


def test_who_gives_up_waiting_lets_those_behind_go() -> None:
    async def play() -> None:
        crowd = Crowd(Scheduler(Capacity(4, 4 * GIB)))
        for name, cpu in (("a", 2), ("large", 4), ("b", 2)):
            await crowd.ask(name, cpu=cpu)
        await crowd.give_up("large")
        assert crowd.inside == ["a", "b"]
        await crowd.give_up("a")
        await crowd.ask("c", cpu=2)
        assert crowd.inside == ["b", "c"]
        await crowd.leave("b", "c")

    asyncio.run(play())


def test_engines_side_by_side_share_the_machine_in_the_order_in_which_they_ask(tmp_path: Path) -> None:
    one, other, third = (MachineShare(tmp_path, Capacity(4, 4 * GIB)) for _ in range(3))
    assert one.take(3, GIB)
    assert not other.take(2, GIB)
    assert not third.take(1, GIB)  # there is room, but the other has waited longer
    one.give(3, GIB)
    assert other.take(2, GIB)
    assert third.take(1, GIB)
    assert not one.take(0, 3 * GIB)
    for share in (one, other, third):
        share.close()


def test_an_engine_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    one, other = (MachineShare(tmp_path, Capacity(4, 4 * GIB)) for _ in range(2))
    assert one.take(4, GIB)
    [left] = tmp_path.glob("*.json")
    one.close()
    left.write_text('{"cpu": 4, "memory": 0}')  # as a process leaves it that was killed
    assert other.take(4, GIB)
    assert len(list(tmp_path.glob("*.json"))) == 1
    other.close()


def test_where_nothing_can_be_written_each_engine_counts_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    share = MachineShare(tmp_path / "file" / "engines", Capacity(4, 4 * GIB))
    assert share.take(4, GIB)
    share.give(4, GIB)


def test_a_step_starts_when_another_engine_has_given_its_room_back(tmp_path: Path) -> None:
    async def play() -> None:
        capacity = Capacity(4, 4 * GIB)
        share, other = MachineShare(tmp_path, capacity), MachineShare(tmp_path, capacity)
        assert other.take(4, 0)
        crowd = Crowd(Scheduler(capacity, share))
        await crowd.ask("a", cpu=1)
        await crowd.ask("b", cpu=1)
        assert crowd.inside == []
        other.give(4, 0)
        await crowd.leave("a", "b")
        share.close()
        other.close()

    asyncio.run(play())


def with_resources(make: Make, tasks: str, resources: str, parameter: str) -> str:
    arguments = f"  arguments: {{parameters: [{{name: amount, value: '{parameter}'}}]}}\n"
    return make(tasks, specification=arguments).replace("image: toy", f"image: toy\n      resources: {resources}")


def test_a_request_that_a_parameter_of_the_run_makes_too_large_is_an_error_before_anything_starts(
    setup: Setup, make: Make, task: Make
) -> None:
    manifest = with_resources(
        make, task("a", "write", "x"), '{limits: {memory: "{{workflow.parameters.amount}}"}}', "64Gi"
    )
    with pytest.raises(ManifestError) as error:
        run_workflow(manifest, setup)
    assert "templates.toy: asks for 0 CPU and 64.0 Gi of memory" in str(error.value)
    assert run_workflow(manifest, setup, parameters={"amount": "1Gi"}).phase == "Succeeded"


def test_a_request_that_an_earlier_step_makes_too_large_fails_the_step(setup: Setup, make: Make, task: Make) -> None:
    tasks = task("a", "write", "99", "1") + task("b", "write", "x", "{{tasks.a.outputs.result}}", depends="a")
    result = run_workflow(with_resources(make, tasks, '{requests: {cpu: "{{inputs.parameters.b}}"}}', ""), setup)
    nodes = {node.display_name: node for node in result.state.nodes.values()}
    assert (nodes["a"].phase, nodes["b"].phase) == ("Succeeded", "Error")
    asked = "the step asks for 99 CPU and 0.0 Gi of memory"
    assert nodes["b"].message == f"{asked}; this machine has 4 CPU and 4.0 Gi of memory"
