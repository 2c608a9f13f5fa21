"""The workflow with each of the two versions, on the same input: what is the same is computed once."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from machiya.engines.local import launching
from machiya.engines.local.argo.interpreter.nodes import Phase
from machiya.engines.local.launching import LauncherName
from machiya.engines.local.locations import Source
from machiya.engines.local.runner import Preferences, ReadyRun, Runner
from machiya.engines.planning import Plan
from machiya.errors import RunFailedError, RunStoppedError
from machiya.records import RunRecord, load_record
from machiya.records.artifacts import turns_of
from machiya.records.logs import last_lines
from machiya.release.diff.model import RunSide

PURPOSE = "diff"

Begun = Callable[[ReadyRun], None]


@dataclass(frozen=True)
class Engine:
    """How runs are made: everything but what is run. `begun` is told of each run before it starts."""

    preferences: Preferences
    begun: Begun = lambda _: None

    def with_store(self, store: str) -> "Engine":
        """The same, with the store of an earlier run where nobody named another."""
        preferences = self.preferences
        return self if preferences.store is not None else replace(self, preferences=replace(preferences, store=store))

    def for_plans(self, *plans: Plan) -> "Engine":
        """The same, with one launcher for all these plans: only so is what they have in common computed once."""
        preferences = self.preferences
        if preferences.launcher is not None:
            return self
        chosen = {launching.choose(plan) for plan in plans}
        launcher: LauncherName = "docker" if "docker" in chosen else "process"
        return replace(self, preferences=replace(preferences, launcher=launcher))

    def run(self, plan: Plan, known: Mapping[str, Source]) -> RunRecord:
        """Run a plan to its end.

        Raises:
            RunStoppedError: somebody stopped it.
        """
        with Runner(self.preferences) as runner:
            ready = runner.begin(replace(plan, purpose=PURPOSE), known)
            self.begun(ready)
            result = ready.execute()
        if result.state.stopping:
            raise RunStoppedError(
                f"the run {result.run} was stopped, and nothing was compared.",
                "Run the same command again: what was computed comes from the cache.",
            )
        return load_record(ready.folder)


def described(record: RunRecord) -> RunSide:
    """What a run computed, and what it took from the cache; why it failed, if it did."""
    return RunSide(
        record.name,
        _names(record, cached=False),
        _names(record, cached=True),
        "" if record.phase == "Succeeded" else problem(record),
    )


def _names(record: RunRecord, *, cached: bool) -> tuple[str, ...]:
    """The steps that succeeded, computed or taken from the cache; of a loop, with the number of turns."""
    turns = Counter(
        (loop or step).name
        for loop, step in turns_of(record.tree)
        if step.node.phase is Phase.SUCCEEDED and step.cached == cached
    )
    loops = {loop.name for loop, _ in turns_of(record.tree) if loop is not None}
    return tuple(f"{name} ({number} turns)" if name in loops else name for name, number in turns.items())


def problem(record: RunRecord) -> str:
    """Why a run did not succeed, in one line."""
    failed = record.failed_steps
    if not failed:
        return record.state.message or record.phase
    lines = last_lines(record, failed[0])
    return ": ".join(part for part in (failed[0].name, failed[0].node.message, lines[-1] if lines else "") if part)


def check_base(record: RunRecord) -> None:
    """Raise RunFailedError unless the version that is pinned ran to a good end."""
    if record.phase != "Succeeded":
        message = f"the run {record.name} of the pinned versions failed, so there is nothing to compare to"
        raise RunFailedError(f"{message}: {problem(record)}", f"Look at it first: machiya show {record.name}")
