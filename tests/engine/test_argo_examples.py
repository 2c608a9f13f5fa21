"""Workflows of Argo's own examples end in the phase in which they end on a cluster."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from machiya.containers import ContainerEngine
from machiya.engines.local.api import Result, Setup, run_workflow
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.docker import DockerLauncher

ARGO = Path(__file__).parents[2] / "platform" / "machiya" / "tests" / "data" / "argo"
CASES: list[dict[str, Any]] = json.loads((ARGO / "examples.json").read_text())
SEMAPHORE = "kind: ConfigMap\nmetadata: {name: my-config}\ndata: {template: '3'}\n"
"""What synchronization-tmpl-level.yaml says in its comment that there must be."""
SIDE_BY_SIDE = 6

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def results(
    container_engine: ContainerEngine, stand_ins: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Result]"]]:
    """All examples, several at a time: most of their time they sleep."""
    home = tmp_path_factory.mktemp("argo")

    def run(case: dict[str, Any]) -> Result:
        def image_for(name: str) -> str:
            return stand_ins.get(name.partition(":")[0].rpartition("/")[2], name)

        launcher = DockerLauncher(container_engine, image_for)
        setup = Setup(home, launcher, capacity=Capacity(8, 8 << 30), grace=2, handle_signals=False)
        beside = {name: (ARGO / "examples" / name).read_text() for name in case["context_files"]}
        manifest = (ARGO / "examples" / case["name"]).read_text()
        return run_workflow(manifest, setup, beside={**beside, "semaphore.yaml": SEMAPHORE}, file=case["name"])

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {case["name"]: pool.submit(run, case) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_example_ends_in_the_phase_that_argo_gives_it(
    case: dict[str, Any], results: dict[str, "Future[Result]"]
) -> None:
    result = results[case["name"]].result()
    nodes = "\n".join(f"{node.name}: {node.phase} {node.message}" for node in result.state.nodes.values())
    assert result.phase == case["expected_phase"], f"{result.message}\n{nodes}"


def test_what_the_examples_pass_on_is_what_they_print(results: dict[str, "Future[Result]"]) -> None:
    nodes = results["expression-reusing-verbose-snippets.yaml"].result().state.nodes.values()
    assert [node.outputs.result for node in nodes] == [
        "The week's average temperature was 35.8 with a minimum of 15 and a maximum of 57."
    ]
