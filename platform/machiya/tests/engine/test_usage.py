"""What steps took: measured by the launcher, kept with the run and in the cache."""

import json
from collections.abc import Callable
from dataclasses import replace

from machiya.engines.local.api import Result, Setup, run_workflow
from machiya.engines.local.argo.interpreter.nodes import Node, Outputs, Usage
from machiya.engines.local.cache.entry import read_entry
from machiya.engines.local.capacity import Capacity

Make = Callable[..., str]

MEMOIZE = "    memoize: {key: once, cache: {configMap: {name: toys}}}"


def node(result: Result, step: str) -> Node:
    return next(one for one in result.state.nodes.values() if one.display_name == step)


def usage(result: Result, step: str) -> Usage:
    found = node(result, step).usage
    assert found is not None
    return found


def test_processor_time_memory_and_the_size_of_outputs_are_measured(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("small", "write", "hello") + task("large", "work", "400", "0.3")), setup)
    small, large = usage(result, "small"), usage(result, "large")
    assert small.output_size == len("hello")
    assert large.output_size == len("worked")
    assert small.cpu_seconds is not None
    assert large.cpu_seconds is not None
    assert small.cpu_seconds < 0.3 <= large.cpu_seconds
    assert small.seconds is not None
    assert large.seconds is not None
    assert large.seconds >= 0.3
    assert large.peak_memory is not None
    assert 400 << 20 <= large.peak_memory < 600 << 20


def test_a_small_program_is_not_said_to_use_what_the_engine_does(setup: Setup, make: Make, task: Make) -> None:
    engine = bytearray(300 << 20)
    engine[::4096] = b"x" * len(engine[::4096])
    result = run_workflow(make(task("small", "work", "20", "0.2")), setup)
    peak = usage(result, "small").peak_memory
    assert len(engine) == 300 << 20
    assert peak is not None
    assert 20 << 20 <= peak < 100 << 20


def test_a_step_from_the_cache_keeps_what_it_took_to_compute_it(setup: Setup, make: Make, task: Make) -> None:
    manifest = make(task("one", "work", "1", "0.1"), template=MEMOIZE)
    first, second = run_workflow(manifest, setup), run_workflow(manifest, setup)
    assert (node(first, "one").memo_hit, node(second, "one").memo_hit) == (False, True)
    assert usage(second, "one").to_json() == usage(first, "one").to_json()


def test_a_program_that_failed_has_used_something_too(setup: Setup, make: Make, task: Make) -> None:
    result = run_workflow(make(task("bad", "exit", "65")), replace(setup, capacity=Capacity(1, 1 << 30)))
    assert usage(result, "bad").cpu_seconds is not None
    assert usage(result, "bad").output_size is None


def test_logs_and_memories_of_before_have_no_usage() -> None:
    assert Outputs.from_json({"exitCode": 0}).usage is None
    entry = read_entry(json.dumps({"outputs": {"exitCode": 0}, "created": 1.0, "run": "r", "node": "n"}))
    assert entry is not None
    assert entry.outputs.usage is None


def test_usage_survives_being_written_down() -> None:
    whole = Outputs(exit_code=0, usage=Usage(1.5, 0.25, 1 << 20, 0))
    assert Outputs.from_json(json.loads(json.dumps(whole.to_json()))).usage == whole.usage
    assert Outputs.from_json(Outputs(usage=Usage()).to_json()).usage == Usage()
