"""`machiya logs --engine argo`: what the pods of a run wrote, by the names of steps."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from machiya.cli.cluster import connected, record_of
from machiya.cli.log_output import Lines, LineShape, json_line, marked_line, print_pieces, raw_sink, sink
from machiya.cli.options import Target
from machiya.errors import ArgumentsError, NotFoundError

if TYPE_CHECKING:
    from machiya.engines.argo.protocol import ArgoServer, LogLine
    from machiya.engines.argo.status import WorkflowStatus
    from machiya.records import RunRecord, Step


def cluster_logs(
    target: Target,
    home: Path,
    run: str,
    step: str,
    *,
    follow: bool,
    tail: int | None,
    attempt: int | None,
    as_json: bool,
) -> None:
    """Print them; see `machiya.cli.logs.logs`."""
    from machiya.engines.argo.runs import find_run

    with connected(target) as server:
        status = find_run(server, run)
        reader = _Reader(server, status, home, tail)
        steps = reader.steps(step)
        if follow:
            _follow(reader, step, as_json=as_json)
        elif as_json:
            _print_json(reader, steps, attempt)
        elif len(steps) == 1 and step:
            _print_one(reader, steps[0], attempt)
        elif attempt is not None:
            raise ArgumentsError(f"--attempt goes with one step, and {step} is {len(steps)}.", "Name one.")
        else:
            _print_all(reader, steps)


class _Reader:
    """The logs of one run's steps: of their pods, else those that the controller kept."""

    def __init__(self, server: "ArgoServer", status: "WorkflowStatus", home: Path, tail: int | None) -> None:
        self.server = server
        self.status = status
        self._home = home
        self.tail = tail
        self.record = self._record()

    def _record(self) -> "RunRecord":
        return record_of(self.server, self.status, self._home)

    def steps(self, name: str) -> "list[Step]":
        """Those that are meant by a name: all, where there is none."""
        if not name:
            return self.record.steps
        return [leaf for found in self.record.find_steps(name) for leaf in found.leaves()]

    def pods(self, step: "Step") -> "list[Step]":
        """What ran in pods of their own: the attempts, or the step itself."""
        from machiya.engines.local.argo.interpreter.nodes import NodeType

        every = step.attempts or [step]
        return [one for one in every if one.node.type is NodeType.POD and not one.cached]

    def lines(self, attempt: "Step") -> Iterator[bytes]:
        """What one attempt wrote, in pieces."""
        from machiya.engines.argo.pods import pod_name

        found = False
        pod = pod_name(self.status, attempt.node)
        for line in self.server.logs(self.record.name, pod=pod, tail=self.tail):
            found = True
            yield line.text.encode() + b"\n"
        if not found and attempt.node.phase.fulfilled:
            yield from self._kept(attempt)

    def _kept(self, attempt: "Step") -> Iterator[bytes]:
        """What the controller kept of a pod that is gone; nothing where it keeps no logs."""
        try:
            yield from self.server.kept_log(self.record.name, attempt.node.id)
        except NotFoundError:
            return

    def names(self, lines: "Iterable[LogLine]") -> "Iterator[tuple[str, LogLine]]":
        """Lines with the names of their steps; a pod that is new is looked up once."""
        from machiya.engines.argo.pods import pod_key

        known = self._keys()
        for line in lines:
            key = pod_key(line.pod)
            if key not in known:
                self._look_again()
                known = {key: line.pod, **self._keys()}
            yield known[key], line

    def _keys(self) -> dict[str, str]:
        from machiya.engines.argo.pods import pod_key

        return {pod_key(one.node.id): step.name for step in self.record.steps for one in (step, *step.attempts)}

    def _look_again(self) -> None:
        from machiya.engines.argo.status import status_of

        self.status = status_of(self.server.get(self.record.name))
        self.record = self._record()


def _print_one(reader: _Reader, step: "Step", attempt: int | None) -> None:
    pods = reader.pods(step)
    if not pods:
        raise NotFoundError(f"{step.name} has no log: {_why(step)}.")
    number = len(pods) if attempt is None else attempt
    if number > len(pods):
        raise NotFoundError(f"{step.name} has {len(pods)} attempts, and no attempt {number}.", "Choose another.")
    if attempt is None and number > 1:
        click.echo(f"machiya: attempt {number} of {number}; --attempt shows the others", err=True)
    if not print_pieces(reader.lines(pods[number - 1])) and step.node.phase.fulfilled:
        click.echo(f"machiya: nothing is left of the log of {step.name}: its pod is gone, and none was kept", err=True)


def _print_all(reader: _Reader, steps: "list[Step]") -> None:
    for step in steps:
        pods = reader.pods(step)
        for number, one in enumerate(pods, 1):
            count = f", attempt {number} of {len(pods)}" if len(pods) > 1 else ""
            click.echo(click.style(f"==> {step.name}{count}: {one.phase} <==", bold=True))
            print_pieces(reader.lines(one))
        if not pods:
            click.echo(click.style(f"==> {step.name}: {_why(step)} <==", bold=True))


def _print_json(reader: _Reader, steps: "list[Step]", attempt: int | None) -> None:
    for step in steps:
        for number, one in enumerate(reader.pods(step), 1):
            if attempt in (None, number):
                lines = Lines(raw_sink(), json_line(number))
                for piece in reader.lines(one):
                    lines.write(step.name, piece)
                lines.close()


def _follow(reader: _Reader, step: str, *, as_json: bool) -> None:
    """Lines as they come, until the run has ended; those of other steps are left out."""
    wanted = {one.name for one in reader.steps(step)} if step else None
    shape: LineShape = json_line() if as_json else marked_line
    output = Lines(raw_sink() if as_json else sink(), shape)
    entries = reader.server.logs(reader.record.name, follow=True, tail=reader.tail)
    for name, line in reader.names(entries):
        if wanted is None or name in wanted or name.split("(")[0] == step:
            output.write(name, line.text.encode() + b"\n")
    output.close()


def _why(step: "Step") -> str:
    if step.cached:
        return "its outputs were taken from the cache"
    return f"{step.phase}, and it has no pod"
