"""Runs a manifest in virtual time, for tests: programs are functions, nothing is started."""

import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from machiya.engines.local.argo.interpreter import Interpreter, RunFacts
from machiya.engines.local.argo.interpreter.commands import (
    Command,
    PodSpec,
    Recall,
    Remember,
    RunEnded,
    StartPod,
    StopPod,
)
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Node, Outcome, Outputs, Phase
from machiya.engines.local.argo.parse import load_manifest

_KILLED = Outcome(Phase.FAILED, "killed", Outputs(exit_code=143))

Program = Callable[[PodSpec], "Result"]


@dataclass(frozen=True)
class Result:
    """What a program does: it takes `seconds`, and ends with `code`."""

    seconds: float = 1.0
    code: int = 0
    result: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def outcome(self, spec: PodSpec) -> Outcome:
        """As a launcher would tell it."""
        artifacts = {one.name: ArtifactValue(one.key, digest="sha256:0") for one in spec.output_artifacts}
        outputs = Outputs(self.parameters, artifacts, self.result, self.code)
        if self.error:
            return Outcome(Phase.ERROR, self.error, outputs)
        failed = Outcome(Phase.FAILED, f"Error (exit code {self.code})", outputs)
        return failed if self.code else Outcome(Phase.SUCCEEDED, "", outputs)


@dataclass
class Simulation:
    """What happened: the nodes by name, the programs in the order in which they began, how many ran at once."""

    interpreter: Interpreter
    started: list[PodSpec] = field(default_factory=list)
    most_at_once: int = 0
    end: RunEnded | None = None
    memory: dict[str, Outputs] = field(default_factory=dict)
    now: float = 0.0

    @property
    def nodes(self) -> dict[str, Node]:
        """Nodes by name, without the name of the workflow before it."""
        prefix = self.interpreter.facts.name
        return {node.name.removeprefix(prefix).lstrip("."): node for node in self.interpreter.nodes.values()}

    @property
    def phases(self) -> dict[str, str]:
        """Phases by the names of nodes, the root (which has none) left out."""
        return {name: str(node.phase) for name, node in self.nodes.items() if name}

    @property
    def names(self) -> list[str]:
        """The nodes whose programs began, in order."""
        return [spec.node_name for spec in self.started]

    @property
    def words(self) -> list[str]:
        """What these programs were given, without the word that names them."""
        return [" ".join(spec.command[1:]) for spec in self.started]

    @property
    def phase(self) -> str:
        """That of the workflow."""
        return str(self.end.phase) if self.end is not None else "Running"


def failing(*names: str, code: int = 1) -> Program:
    """Programs of tasks or steps of these names fail, all others succeed."""
    return lambda spec: Result(code=code if spec.node_name.rpartition(".")[2].split("(")[0] in names else 0)


def exits(*codes: int) -> Program:
    """The first program that starts ends with the first of these codes, and so on."""
    remaining = list(codes)
    return lambda _: Result(code=remaining.pop(0))


def simulate(
    manifest: str,
    program: Program | None = None,
    *,
    parameters: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
    memory: dict[str, Outputs] | None = None,
    known: Mapping[str, Node] | None = None,
    stop_at: float | None = None,
    kill_at: float | None = None,
    resume_at: float | None = None,
    name: str = "wf",
    uid: str = "uid",
) -> Simulation:
    """Run `manifest` to its end; `program` says what each program does (by default: succeeds after a second)."""
    facts = RunFacts(name, uid, 0.0, parameters or {})
    interpreter = Interpreter(load_manifest(manifest, "test.yaml", beside), facts, known)
    simulation = Simulation(interpreter, memory={} if memory is None else memory)
    program = program or (lambda _: Result())
    order = itertools.count()
    agenda: list[tuple[float, int, Callable[[], list[Command]]]] = []
    running: dict[str, PodSpec] = {}

    def at(when: float, act: Callable[[], list[Command]]) -> None:
        heapq.heappush(agenda, (when, next(order), act))

    def begin(spec: PodSpec) -> None:
        simulation.started.append(spec)
        running[spec.node_id] = spec
        simulation.most_at_once = max(simulation.most_at_once, len(running))
        result = program(spec)
        at(simulation.now, lambda: interpreter.pod_started(spec.node_id, simulation.now))
        at(simulation.now + result.seconds, lambda: end(spec, result.outcome(spec)))

    def end(spec: PodSpec, outcome: Outcome) -> list[Command]:
        if spec.node_id not in running:
            return []
        del running[spec.node_id]
        return list(interpreter.pod_ended(spec.node_id, outcome, simulation.now))

    def recall(command: Recall) -> list[Command]:
        return interpreter.recalled(command.node_id, simulation.memory.get(command.key), simulation.now)

    def obey(commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, StartPod):
                begin(command.spec)
            elif isinstance(command, StopPod):
                at(simulation.now, partial(end, running[command.node_id], _KILLED))
            elif isinstance(command, Recall):
                at(simulation.now, partial(recall, command))
            elif isinstance(command, Remember):
                if command.outputs is not None:
                    simulation.memory[command.key] = command.outputs
            elif isinstance(command, RunEnded):
                simulation.end = command

    if stop_at is not None:
        at(stop_at, lambda: interpreter.stop(simulation.now))
    if kill_at is not None:
        at(kill_at, lambda: interpreter.stop(simulation.now, kill=True))
    if resume_at is not None:
        at(resume_at, lambda: interpreter.resume(simulation.now))
    obey(list(interpreter.start(0.0)))
    while simulation.end is None:
        timer = interpreter.next_time
        if agenda and (timer is None or agenda[0][0] <= timer):
            simulation.now, _, act = heapq.heappop(agenda)
            obey(list(act()))
        elif timer is not None:
            simulation.now = timer
            obey(list(interpreter.advance(timer)))
        else:
            raise AssertionError(f"nothing happens any more; {simulation.phases}")
    return simulation
