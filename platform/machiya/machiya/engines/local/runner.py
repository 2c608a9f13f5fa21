"""Runs on this machine as people ask for them: of a plan, again, or continued; with their store, launcher and code."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from machiya.engines.local import api, launching
from machiya.engines.local.cache import open_memo
from machiya.engines.local.engine import Observer
from machiya.engines.local.launchers import Launcher
from machiya.engines.local.launching import Launch, LauncherName
from machiya.engines.local.locations import Source, take_in
from machiya.engines.local.runs import RunFolder, open_run
from machiya.engines.local.state import RunState
from machiya.engines.local.store import open_store
from machiya.engines.planning.plan import Plan
from machiya.errors import ArgumentsError, NotFoundError
from machiya.manifest.names import code_argument, digest_name


@dataclass(frozen=True)
class Preferences:
    """What people choose about new runs; None: what an earlier run had, else what suits this machine.

    ``say`` is told what takes a while before a run begins.
    """

    home: Path
    launcher: LauncherName | None = None
    store: str | None = None
    observers: Sequence[Observer] = ()
    say: Callable[[str], None] = field(default=lambda _: None)


class Runner:
    """Makes and continues runs; as a context manager it lets go of the container engine in the end."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def begin(self, plan: Plan, known: Mapping[str, Source] | None = None) -> "ReadyRun":
        """Check everything, take in what comes from outside, and make the run's folder.

        `known` are sources that are in the store already, by the name of the external artifact; they are not read.
        """
        preferences = self._preferences
        launcher = preferences.launcher or launching.choose(plan)
        return self._begin(plan, launcher, preferences.store or "", known or {})

    def again(self, name: str, given: Mapping[str, str]) -> "ReadyRun":
        """A new run of what an earlier run ran, with some values replaced; the code of working copies as it is now."""
        folder, state = self._earlier(name)
        plan, options = _plan_of(folder, state), state.options
        locations = {one: value for one, value in given.items() if one in plan.locations}
        parameters = {one: value for one, value in given.items() if one not in locations}
        plan = replace(
            plan,
            parameters={**plan.parameters, **parameters},
            locations={**plan.locations, **locations},
        )
        known = {one: Source(**data) for one, data in options.get("sources", {}).items() if one not in locations}
        return self._begin(plan, self._preferences.launcher or options["launcher"], options.get("store", ""), known)

    def continued(self, name: str) -> "ReadyRun":
        """A run that is to go on where it was, with what it was begun with.

        Raises:
            ArgumentsError: code that is not released has changed since.
        """
        folder, state = self._earlier(name)
        plan, options = _plan_of(folder, state), state.options
        if options["launcher"] == "docker":
            launcher = launching.image_launcher(self._engine(), options.get("images", {}))
        else:
            launch = launching.process_launch(plan)
            _check_same_code(options.get("code", {}), launch.code, folder.name)
            launcher = launch.launcher
        return ReadyRun(folder, self._setup(launcher, options.get("store", "")))

    def _begin(self, plan: Plan, launcher: LauncherName, url: str, known: Mapping[str, Source]) -> "ReadyRun":
        """`known` are sources that were taken into the store before, by name."""
        launch = self._launch(plan, launcher)
        setup = self._setup(launch.launcher, url)
        values = {**plan.parameters, **_code_values(launch.code)}
        check = {**values, **{name: location and "inputs/..." for name, location in plan.locations.items()}}
        base = api.check_manifest(plan.manifest, setup, parameters=check, beside=plan.beside, file=plan.file)
        sources = self._sources(plan, setup, known)
        values |= {name: sources[name].key if name in sources else "" for name in plan.locations}
        values |= {digest_name(name): source.digest for name, source in sources.items()}
        options = _options(plan, launch, sources, url)
        folder = api.make_run(base, plan.manifest, setup, parameters=values, beside=plan.beside, options=options)
        return ReadyRun(folder, setup)

    def _earlier(self, name: str) -> tuple[RunFolder, RunState]:
        folder = open_run(self._preferences.home, name)
        state = folder.state()
        if state.facts is None:
            raise NotFoundError(f"the run {folder.name} was never begun.", "Start it again: machiya run")
        return folder, state

    def _launch(self, plan: Plan, launcher: LauncherName) -> Launch:
        if launcher == "process":
            return launching.process_launch(plan)
        return launching.docker_launch(plan, self._engine(), self._preferences.say)

    def _engine(self) -> Any:
        from machiya import containers

        return self._stack.enter_context(containers.connect())

    def _setup(self, launcher: Launcher, url: str) -> api.Setup:
        home = self._preferences.home
        return api.Setup(
            home,
            launcher,
            store=open_store(url, home),
            memo=open_memo(url, home),
            observers=self._preferences.observers,
        )

    def _sources(self, plan: Plan, setup: api.Setup, known: Mapping[str, Source]) -> dict[str, Source]:
        store = setup.store
        assert store is not None  # `_setup` gives one
        sources = {}
        for name, location in plan.locations.items():
            if not location:
                self._preferences.say(f"{name}: none is given")
                continue
            source = known.get(name)
            if source is None or not store.intact(source.key, source.digest):
                self._preferences.say(f"reading {name}: {location}")
                source = take_in(location, store, setup.home / "tmp")
            sources[name] = source
        return sources


@dataclass(frozen=True)
class ReadyRun:
    """A run whose folder is there, with what it works with."""

    folder: RunFolder
    setup: api.Setup

    def execute(self, *, again: str | None = None) -> api.Result:
        """Work on it until its end; `again` names a step to run again with all that follows from it."""
        return api.execute(self.folder, self.setup, again=again)


def _code_values(code: Mapping[str, str]) -> dict[str, str]:
    return {code_argument(component): digest for component, digest in code.items()}


def _options(plan: Plan, launch: Launch, sources: Mapping[str, Source], url: str) -> dict[str, object]:
    """What is kept with the run; see docs/engine.md."""
    named = {name: {"location": one.location, "key": one.key, "digest": one.digest} for name, one in sources.items()}
    options = {
        "workflow": plan.workflow,
        "stage": plan.stage,
        "purpose": plan.purpose,
        "file": plan.file,
        "store": url,
        "sources": named,
        "absent": [name for name, location in plan.locations.items() if not location],
        "with": dict(plan.replaced),
        "unreleased": dict(plan.unreleased),
        "components": list(plan.components),
        "code": dict(launch.code),
        "images": dict(launch.images),
    }
    return {name: value for name, value in options.items() if value}


def _plan_of(folder: RunFolder, state: RunState) -> Plan:
    """The plan of an earlier run, without what was computed for it."""
    assert state.facts is not None  # `_earlier` has looked
    options = state.options
    sources, absent = options.get("sources", {}), options.get("absent", ())
    derived = {*sources, *absent, *map(digest_name, sources), *map(code_argument, options.get("unreleased", {}))}
    return Plan(
        manifest=folder.manifest_text(),
        file=options.get("file", "manifest.yaml"),
        parameters={name: value for name, value in state.facts.parameters.items() if name not in derived},
        locations={name: source["location"] for name, source in sources.items()} | dict.fromkeys(absent, ""),
        workflow=options.get("workflow", ""),
        purpose=options.get("purpose", ""),
        stage=options.get("stage", ""),
        components=tuple(options.get("components", ())),
        replaced=options.get("with", {}),
        unreleased=options.get("unreleased", {}),
        beside=folder.beside(),
    )


def _check_same_code(before: Mapping[str, str], now: Mapping[str, str], run: str) -> None:
    changed = [component for component, digest in before.items() if now.get(component, digest) != digest]
    if changed:
        names = " and ".join(changed)
        raise ArgumentsError(
            f"the code of {names} has changed since the run {run} began, and its results would be mixed.",
            f"Begin a new run; what the change does not touch comes from the cache: machiya resubmit {run}",
        )
