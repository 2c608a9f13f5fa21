"""What the command line calls: run, retry, resubmit, stop, resume."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from machiya.engines.local.argo.interpreter import Interpreter, RunFacts
from machiya.engines.local.argo.interpreter.errors import NodeError
from machiya.engines.local.argo.interpreter.nodes import NodeType
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.cache import DirectoryMemo, Memo
from machiya.engines.local.capacity import Capacity, machine_capacity, oversized
from machiya.engines.local.engine import Engine, Observer, Parts
from machiya.engines.local.events import RunCreated
from machiya.engines.local.launchers import Launcher
from machiya.engines.local.runs import RunFolder, create_run, open_run
from machiya.engines.local.state import RunState
from machiya.engines.local.store import ArtifactStore, DirectoryStore
from machiya.errors import ArgumentsError, NotFoundError
from machiya_component.findings import Finding


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    run: str
    phase: str
    message: str
    state: RunState

    @property
    def succeeded(self) -> bool:
        """Whether it succeeded."""
        return self.phase == "Succeeded"


@dataclass(frozen=True)
class Setup:
    """What runs work with. Left out: the store and the memory below `home`, the whole machine, and its clock."""

    home: Path
    launcher: Launcher
    store: ArtifactStore | None = None
    memo: Memo | None = None
    capacity: Capacity | None = None
    grace: float = 30.0
    clock: Callable[[], float] = time.time
    observers: Sequence[Observer] = field(default_factory=tuple)
    handle_signals: bool = True

    def parts(self) -> Parts:
        """With everything filled in."""
        return Parts(
            launcher=self.launcher,
            store=self.store or DirectoryStore(self.home / "store"),
            memo=self.memo or DirectoryMemo(self.home / "cache"),
            capacity=self.capacity or machine_capacity(),
            grace=self.grace,
            clock=self.clock,
        )


def check_manifest(
    manifest: str,
    setup: Setup,
    *,
    parameters: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    file: str = "",
) -> str:
    """Check everything that can be checked before something starts; what the names of its runs begin with.

    `beside` are the texts of further files by name: templates that are referred to, ConfigMaps.

    Raises:
        ManifestError: the manifest uses what is not supported, or cannot run here; with every finding.
        ArgumentsError: a parameter is missing, or there is none of its name.
    """
    loaded = load_manifest(manifest, file, beside)
    facts = RunFacts("check", "check", time.time(), dict(parameters or {}))
    try:
        interpreter = Interpreter(loaded, facts)
    except NodeError as error:
        raise ArgumentsError(f"{error}.", "Look at spec.arguments of the manifest.") from error
    capacity = setup.capacity or machine_capacity()
    findings: list[Finding] = [
        *oversized(interpreter.specification, capacity, interpreter.scope),
        *setup.launcher.check(interpreter.specification),
    ]
    if findings:
        raise ManifestError([Finding(**{**asdict(one), "file": one.file or file}) for one in findings])
    return loaded.workflow.name or loaded.workflow.generate_name.rstrip("-") or "run"


def prepare_run(
    manifest: str,
    setup: Setup,
    *,
    parameters: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    file: str = "",
    options: Mapping[str, object] | None = None,
) -> RunFolder:
    """Check as `check_manifest` does, and make the run's folder.

    `options` are kept with the run for whoever continues it.
    """
    base = check_manifest(manifest, setup, parameters=parameters, beside=beside, file=file)
    return make_run(base, manifest, setup, parameters=parameters, beside=beside, options=options)


def make_run(
    base: str,
    manifest: str,
    setup: Setup,
    *,
    parameters: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> RunFolder:
    """The folder of a run of a manifest that has been checked."""

    def created(name: str) -> RunCreated:
        facts = RunFacts(name, str(uuid.uuid4()), time.time(), dict(parameters or {}))
        return RunCreated(asdict(facts), {"launcher": setup.launcher.name, **(options or {})})

    return create_run(setup.home, base, manifest, beside or {}, created)


def run_workflow(
    manifest: str,
    setup: Setup,
    *,
    parameters: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    file: str = "",
    options: Mapping[str, object] | None = None,
) -> Result:
    """Run a manifest to its end; see `prepare_run`."""
    folder = prepare_run(manifest, setup, parameters=parameters, beside=beside, file=file, options=options)
    return execute(folder, setup)


def execute(folder: RunFolder, setup: Setup, *, again: str | None = None) -> Result:
    """Work on a run until its end. Blocks; SIGINT and SIGTERM stop the run, twice at once."""
    state = asyncio.run(_execute(folder, setup, again))
    return Result(folder.name, state.phase, state.message, state)


async def _execute(folder: RunFolder, setup: Setup, again: str | None) -> RunState:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(setup.launcher.close)
        engine = Engine(folder, setup.parts(), setup.observers)
        return await engine.run(again, handle_signals=setup.handle_signals)


def retry(run: str, setup: Setup, *, step: str | None = None) -> Result:
    """Continue a run: what succeeded is not run again, except `step` and what follows from it."""
    return execute(open_run(setup.home, run), setup, again=step)


def resubmit(run: str, setup: Setup, *, parameters: Mapping[str, str] | None = None) -> Result:
    """A new run of the same manifest with the same parameters (those given here replace some)."""
    folder = open_run(setup.home, run)
    state = folder.state()
    if state.facts is None:
        raise NotFoundError(f"the run {run} was never begun.", "Start it again: machiya run")
    values = {**state.facts.parameters, **(parameters or {})}
    options = dict(state.options)
    return run_workflow(folder.manifest_text(), setup, parameters=values, beside=folder.beside(), options=options)


def stop(run: str, home: Path, *, kill: bool = False) -> bool:
    """Tell the engine that works on a run to stop it (with `kill`: at once); False when none does."""
    folder = open_run(home, run)
    holder = folder.holder()
    if holder is None:
        return False
    os.kill(holder, signal.SIGTERM)
    if kill:
        time.sleep(0.1)  # two signals at once would be one
        if folder.holder() == holder:  # else the first one was enough, and a second would end whoever reports that
            os.kill(holder, signal.SIGTERM)
    return True


def resume(run: str, home: Path) -> bool:
    """Let what is suspended in a run go on; False when nothing is, or no engine works on it."""
    folder = open_run(home, run)
    nodes = folder.state().nodes.values()
    if folder.holder() is None or not any(one.type is NodeType.SUSPEND and not one.phase.fulfilled for one in nodes):
        return False
    (folder.path / "resume").touch()
    return True
