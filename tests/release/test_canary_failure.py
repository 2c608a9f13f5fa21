"""A canary that fails breaks nothing: all users get the stable version's result, and the run says so."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from machiya.engines.local import api
from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.argo.model import Specification
from machiya.engines.local.launchers import Launcher, RunningStep, Workspace
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.launchers.protocol import LaunchError
from machiya.engines.local.locations import take_in
from machiya.engines.local.store import ArtifactStore, open_store
from machiya.engines.planning import plan_workflow
from machiya.manifest.names import digest_name
from machiya_component.findings import Finding

from .test_canary_auto import Street


class Breaking:
    """Implements `machiya.engines.local.launchers.Launcher`: real programs, but for steps of one template."""

    name = "process"

    def __init__(self, launcher: Launcher, broken: str) -> None:
        self._launcher = launcher
        self._broken = broken

    def check(self, specification: Specification) -> Sequence[Finding]:
        return self._launcher.check(specification)

    def place(self, spec: PodSpec, workspace: Workspace, path: str) -> Path:
        return self._launcher.place(spec, workspace, path)

    async def start(self, spec: PodSpec, workspace: Workspace) -> RunningStep:
        if spec.template == self._broken:
            raise LaunchError("it is broken.", "Mend it.")
        return await self._launcher.start(spec, workspace)

    async def end_leftovers(self, run: str, handles: Sequence[Mapping[str, Any]]) -> int:
        return await self._launcher.end_leftovers(run, handles)

    async def close(self) -> None:
        await self._launcher.close()


def run(street: Street, broken: str) -> tuple[api.Result, ArtifactStore]:
    """One run of production in which a template cannot be started."""
    home = street.folder / "home"
    store = open_store("", home)
    plan = plan_workflow(street.workflow, "production", [], {})
    parameters = dict(plan.parameters)
    for name, location in plan.locations.items():
        source = take_in(location, store, home / "tmp")
        parameters |= {name: source.key, digest_name(name): source.digest}
    setup = api.Setup(home, Breaking(ProcessLauncher(), broken), store=store, handle_signals=False)
    return api.run_workflow(plan.manifest, setup, parameters=parameters), store


def step(result: api.Result, template: str) -> Node:
    return next(node for node in result.state.nodes.values() if node.template == template)


def output(store: ArtifactStore, node: Node, port: str, folder: Path) -> Path:
    store.link(node.outputs.artifacts[port].key, folder / port)
    return folder / port


@pytest.mark.parametrize("broken", ["train-canary", "predict-canary", "canary-mixed"])
def test_all_users_get_the_stable_result_and_the_run_says_so(tmp_path: Path, broken: str) -> None:
    street = Street(tmp_path)
    street.lay_out()
    result, store = run(street, broken)
    assert result.phase == "Succeeded"
    assert step(result, broken).phase.bad
    canary = step(result, "canary")
    (part,) = output(store, canary, "recommendations", tmp_path / "all").rglob("*.parquet")
    assert set(pyarrow.parquet.read_table(part)["variant"].to_pylist()) == {"control"}
    metrics = json.loads((output(store, canary, "metrics", tmp_path / "all") / "metrics.json").read_text())
    assert metrics["candidate_available"] == 0


def test_a_canary_that_works_is_what_a_share_of_the_users_gets(tmp_path: Path) -> None:
    street = Street(tmp_path)
    street.lay_out()
    result, store = run(street, "nothing")
    (part,) = output(store, step(result, "canary"), "recommendations", tmp_path / "all").rglob("*.parquet")
    assert set(pyarrow.parquet.read_table(part)["variant"].to_pylist()) == {"control", "candidate"}
    assert result.phase == "Succeeded"
    assert [node.phase for node in result.state.nodes.values() if node.display_name == "alone"] == ["Omitted"]
