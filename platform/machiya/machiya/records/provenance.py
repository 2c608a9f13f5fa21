"""Where an artifact comes from: the step that made it, those that made its inputs, and so on back to the raw log."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from machiya.errors import NotFoundError
from machiya.manifest.names import SHARD_FORMAT
from machiya.records.artifacts import turns_of
from machiya.records.find import find_run
from machiya.records.keys import (
    ABSENT,
    CODE_INPUT,
    PARAMETER,
    UNKNOWN,
    digest_of,
    input_digests,
    key_parts,
    listed,
    operation,
    sources_of,
    upstream,
)
from machiya.records.origins import Execution, History
from machiya.records.record import RunRecord
from machiya.records.steps import COMMIT, COMPONENT, VERSION, Step
from machiya.records.stores import scratch, sidecar_of, store_of
from machiya_component.artifacts import SIDECAR, Artifact, read_sidecar
from machiya_component.errors import DataError

Kind = Literal["made", "source", "absent", "unknown"]
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{6,64}")


@dataclass
class Origin:
    """Where one artifact comes from.

    ``made`` by a step, a ``source`` from outside, ``absent`` (an optional input without data), or ``unknown``, with why
    in ``note``. ``inputs`` are the origins of what went in, by port.
    """

    kind: Kind
    port: str = ""
    digest: str = ""
    run: str = ""
    step: str = ""
    component: str = ""
    version: str = ""
    operation: str = ""
    image: str = ""
    commit: str = ""
    code: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    location: str = ""
    parts: int = 1
    note: str = ""
    inputs: dict[str, "Origin"] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same artifact: ``RUN/STEP/PORT``, or what kind it is with its digest."""
        if self.run:
            return f"{self.run}/{self.step}/{self.port}"
        return ":".join(one for one in (self.kind, self.location or self.port, self.digest) if one)

    def all(self) -> list["Origin"]:
        """This one and all it was made of, each once, later ones first."""
        found = {self.id: self}
        waiting = [self]
        while waiting:
            for origin in waiting.pop(0).inputs.values():
                if origin.id not in found:
                    found[origin.id] = origin
                    waiting.append(origin)
        return list(found.values())

    def to_json(self) -> dict[str, Any]:
        """One artifact; documented in docs/cli.md, below `machiya provenance`."""
        values = {name: value for name, value in vars(self).items() if name != "inputs"}
        texts = {name: None if value == "" else value for name, value in values.items()}
        return {
            "id": self.id,
            **texts,
            "parameters": dict(self.parameters),
            "inputs": {port: origin.id for port, origin in self.inputs.items()},
        }


def trace(home: Path, artifact: str) -> Origin:
    """Where an artifact comes from; `artifact` is RUN/STEP/PORT, a digest, or a folder (or file in it) with a sidecar.

    Raises:
        NotFoundError: it is none of these, or not recorded.
    """
    history = History(home)
    sidecar = _sidecar_at(Path(artifact))
    if sidecar is not None:
        return _of_sidecar(history, sidecar)
    if _DIGEST.fullmatch(artifact):
        return _of_digest(history, artifact)
    if "/" in artifact:
        return _of_name(history, home, artifact)
    raise NotFoundError(
        f"{artifact!r} is no artifact.", "Name RUN/STEP/PORT, a digest (sha256:...), or a folder with a sidecar."
    )


def _sidecar_at(path: Path) -> Artifact | None:
    """The sidecar in a folder, or in the folder of a file."""
    for folder in (path, path.parent):
        if (folder / SIDECAR).is_file():
            try:
                return read_sidecar(folder)
            except DataError as error:
                raise NotFoundError(error.message, error.remedy) from error
    return None


def _of_sidecar(history: History, sidecar: Artifact) -> Origin:
    made = next(history.makers_of(sidecar.digest), None)
    if made is not None:
        return Tracer(history).trace(*made)
    origin = _from_sidecar(sidecar)
    origin.note = "no recorded run made it; this is what its sidecar says"
    return origin


def _of_digest(history: History, digest: str) -> Origin:
    wanted = digest if digest.startswith("sha256:") else f"sha256:{digest}"
    made = next(history.makers_of(wanted), None)
    if made is not None:
        return Tracer(history).trace(*made)
    for record in history.mentioning(wanted):
        for name, source in sources_of(record).items():
            if str(source.get("digest", "")).startswith(wanted):
                return _source(name, source)
    raise NotFoundError(
        f"no recorded run made or read {digest}.", "`machiya artifacts RUN` shows the digests of a run."
    )


def _of_name(history: History, home: Path, artifact: str) -> Origin:
    run, _, rest = artifact.partition("/")
    step, _, port = rest.rpartition("/")
    if not step:
        raise NotFoundError(f"{artifact} names no output.", f"Name RUN/STEP/PORT; see `machiya artifacts {run}`.")
    record = history.record(find_run(home, run))
    turns = [inner for _, inner in turns_of(record.find_steps(step)) if port in inner.node.outputs.artifacts]
    if not turns:
        remedy = f"`machiya artifacts {record.name}` lists what there is."
        raise NotFoundError(f"the step {step!r} of the run {record.name} put out no {port!r}.", remedy)
    return Tracer(history).trace(Execution(record, turns[0]), port, len(turns))


class Tracer:
    """Goes from an artifact to those it was made of, without recursion: chains may be long; each is looked at once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[tuple[str, str, int], Origin] = {}
        self._waiting: list[tuple[Origin, Execution]] = []

    def trace(self, execution: Execution, port: str, parts: int = 1) -> Origin:
        """The origin of an output of a step, with all that went into it; `parts` turns of a loop made it."""
        origin = self._made(execution, port, parts)
        while self._waiting:
            self._complete(*self._waiting.pop())
        return origin

    def _made(self, execution: Execution, port: str, parts: int) -> Origin:
        """Not yet with its inputs."""
        computed = self._history.computation(execution.record, execution.step)
        record, step = (computed.record, computed.step) if computed else (execution.record, execution.step)
        parts = max(parts, len(step.children))
        place = (record.name, f"{step.node.id}/{port}", parts)
        if place not in self._known:
            origin = self._known[place] = _from_record(record, step, port)
            if parts > 1:
                origin.parts, origin.step, origin.digest = parts, step.name.split("(")[0], ""
            if computed is None:
                origin.note = "taken from the cache; the run that computed it is not recorded any more"
            self._waiting.append((origin, Execution(record, step)))
        return self._known[place]

    def _complete(self, origin: Origin, execution: Execution) -> None:
        """What only the sidecar tells, and the inputs."""
        record, step = execution.record, execution.step
        sidecar = _stored_sidecar(record, step, origin.port)
        told: Mapping[str, str] = {}
        if sidecar is not None:
            producer = sidecar.producer
            origin.seed, told = sidecar.seed, sidecar.inputs
            origin.parameters = producer.parameters
            origin.image, origin.commit = origin.image or producer.image or "", origin.commit or producer.commit or ""
        for name, digest in (dict(told) | input_digests(record, step)).items():
            origin.inputs[name] = self._of_content(execution, name, listed(digest))

    def _of_content(self, reader: Execution, port: str, digests: Sequence[str]) -> Origin:
        """What came in at a port; where it came from many, all were made by one step."""
        digest, started = digests[0], reader.step.node.started
        if digest == ABSENT:
            return Origin("absent", port)
        for name, source in sources_of(reader.record).items():
            if source.get("digest") == digest:
                return _source(name, source)
        maker = upstream(reader.record, reader.step, digest)
        if maker is not None:
            return self._made(Execution(reader.record, maker[0]), maker[1], len(digests))
        elsewhere = next(self._history.makers_of(digest), None) if digest.startswith("sha256:") else None
        if elsewhere is not None and elsewhere[0].step.node.started < started:
            return self._made(*elsewhere, len(digests))
        why = "its digest was not known" if digest.startswith(UNKNOWN) else "no recorded run made it"
        return Origin("unknown", port, "" if digest.startswith(UNKNOWN) else digest, note=why)


def _from_record(record: RunRecord, step: Step, port: str) -> Origin:
    node = step.node
    parameters = {name: value for name, value in key_parts(record, step).items() if name.startswith(PARAMETER)}
    return Origin(
        "made",
        port=port,
        digest=digest_of(step, port),
        run=record.name,
        step=step.name,
        component=node.labels.get(COMPONENT, ""),
        version=node.labels.get(VERSION, ""),
        operation=operation(step),
        image=record.image(step),
        commit=node.labels.get(COMMIT, ""),
        code=node.inputs.get(CODE_INPUT, ""),
        parameters={name.removeprefix(PARAMETER): value for name, value in parameters.items()},
    )


def _from_sidecar(sidecar: Artifact) -> Origin:
    producer = sidecar.producer
    return Origin(
        "made",
        digest=sidecar.digest,
        component=producer.component,
        version=producer.version,
        operation=producer.operation,
        image=producer.image or "",
        commit=producer.commit or "",
        parameters=producer.parameters,
        seed=sidecar.seed,
        inputs={
            port: Origin("unknown", port, digest, note="no recorded run made it")
            for port, digest in sidecar.inputs.items()
        },
    )


def _source(name: str, source: Mapping[str, Any]) -> Origin:
    return Origin("source", name, str(source.get("digest", "")), location=str(source.get("location", "")))


def _stored_sidecar(record: RunRecord, step: Step, port: str) -> Artifact | None:
    value = step.node.outputs.artifacts.get(port)
    if value is None or not value.key:
        return None
    with scratch(record.folder.home) as folder:
        store = store_of(record)
        own = sidecar_of(store, value.key, folder / "look")
        return own or sidecar_of(store, f"{value.key}/{SHARD_FORMAT % 0}", folder / "shard")
