"""The artifacts of a run: what its steps put out, and copies of it."""

import secrets
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from machiya.engines.local.store import ArtifactStore
from machiya.errors import NotFoundError, OutputError
from machiya.manifest.names import is_kept, is_view
from machiya.records.record import RunRecord
from machiya.records.steps import Step
from machiya.records.stores import scratch, shard_keys, sidecar_of, store_of

_THREADS = 8


@dataclass(frozen=True)
class OutputArtifact:
    """An output of a step, or of all turns of a loop together (``parts`` of them).

    ``digest`` is the content's: that of the sidecar where there is one. What is not known is None; ``stored`` is False
    for what is not in the store any more.
    """

    step: str
    port: str
    key: str
    digest: str = ""
    parts: int = 1
    type: str | None = None
    rows: int | None = None
    files: int | None = None
    size: int | None = None
    stored: bool = True

    def to_json(self) -> dict[str, Any]:
        """Documented in docs/cli.md, below `machiya artifacts`."""
        return {
            "step": self.step,
            "port": self.port,
            "type": self.type,
            "rows": self.rows,
            "files": self.files,
            "size": self.size,
            "digest": self.digest or None,
            "key": self.key,
            "parts": self.parts,
            "stored": self.stored,
        }


def list_artifacts(record: RunRecord, wanted: str = "") -> list[OutputArtifact]:
    """What the steps put out: of a loop all turns together, unless `wanted` (STEP or STEP/PORT) names one turn.

    Raises:
        NotFoundError: there is no such step or port.
    """
    found = _outputs(record, wanted)
    store = store_of(record)
    with scratch(record.folder.home) as folder, ThreadPoolExecutor(_THREADS) as pool:
        jobs = [(one.artifact, folder / str(number)) for number, one in enumerate(found)]
        described = pool.map(lambda job: _described(store, *job), jobs)
        return gathered([replace(one, artifact=each) for one, each in zip(found, described, strict=True)])


@dataclass(frozen=True)
class _Output:
    """One output, and the loop that its step is a turn of."""

    artifact: OutputArtifact
    loop: Step | None


def _outputs(record: RunRecord, wanted: str) -> list[_Output]:
    """Not yet described."""
    name, port = _parsed(wanted)
    turns = list(turns_of(record.find_steps(name) if name else record.tree))
    found = [one for loop, step in turns for one in outputs_of(step, loop) if port in ("", one.artifact.port)]
    if port and not found:
        outputs = [one.artifact.port for loop, step in turns for one in outputs_of(step, loop)]
        ports = ", ".join(dict.fromkeys(outputs)) or "none"
        raise NotFoundError(f"{wanted} is no output in the run {record.name}.", f"{name} has these: {ports}.")
    return found


def find_output(record: RunRecord, step: str, port: str) -> OutputArtifact | None:
    """An output of a step, of a loop all turns together; not yet looked for in a store. None where there is none."""
    outputs = [output for loop, one in turns_of(record.tree) for output in outputs_of(one, loop)]
    named = [output for output in outputs if (output.loop.name if output.loop else output.artifact.step) == step]
    found = gathered([output for output in named if output.artifact.port == port])
    return found[0] if len(found) == 1 else None


def outputs_of(step: Step, loop: Step | None = None) -> list[_Output]:
    """The outputs of one step, each once: views of them, and files of them that are kept, are left out."""
    artifacts = step.node.outputs.artifacts
    return [
        _Output(OutputArtifact(step.name, port, value.key, value.digest), loop)
        for port, value in artifacts.items()
        if value.key and not is_view(port, artifacts) and not is_kept(port, artifacts)
    ]


def _parsed(wanted: str) -> tuple[str, str]:
    """STEP and PORT; names of turns of a loop may hold a slash, names of ports do not."""
    step, slash, port = wanted.rpartition("/")
    return (step, port) if slash and not port.endswith(")") else (wanted, "")


def turns_of(steps: Sequence[Step], loop: Step | None = None) -> Iterator[tuple[Step | None, Step]]:
    """The steps that do something, each with the loop that it is a turn of."""
    for step in steps:
        if not step.children:
            yield loop, step
        else:
            yield from turns_of(step.children, step if step.is_loop else loop)


def _described(store: ArtifactStore, artifact: OutputArtifact, folder: Path) -> OutputArtifact:
    """With what the store and the sidecar know."""
    reference = store.find(artifact.key)
    if reference is None:
        return replace(artifact, stored=False)
    found = replace(artifact, size=reference.size, files=None if reference.directory else 1)
    sidecar = sidecar_of(store, artifact.key, folder) if reference.directory else None
    if sidecar is None:
        turns = list(_turns_below(store, artifact, folder)) if reference.directory else []
        return _together(artifact.step, artifact.key, turns) if turns else found
    return replace(found, type=sidecar.type, rows=sidecar.rows, files=len(sidecar.files), digest=sidecar.digest)


def _turns_below(store: ArtifactStore, artifact: OutputArtifact, folder: Path) -> Iterator[OutputArtifact]:
    """What the turns of a loop put out that was remembered as a whole."""
    for number, key in enumerate(shard_keys(store, artifact.key)):
        yield _described(store, replace(artifact, key=key), folder / str(number))


def gathered(outputs: Sequence[_Output]) -> list[OutputArtifact]:
    """With the turns of a loop as one, where they lie below one key."""
    groups: dict[tuple[str, str], list[_Output]] = {}
    for output in outputs:
        outer = output.loop.node.id if output.loop is not None else output.artifact.step
        groups.setdefault((outer, output.artifact.port), []).append(output)
    found: list[OutputArtifact] = []
    for (_, port), group in groups.items():
        loop, artifacts = group[0].loop, [output.artifact for output in group]
        key = gather_key([artifact.key for artifact in artifacts], port) if loop is not None else ""
        found += [_together(loop.name, key, artifacts)] if loop is not None and key else artifacts
    return found


def _together(name: str, key: str, turns: Sequence[OutputArtifact]) -> OutputArtifact:
    return replace(
        turns[0],
        step=name,
        key=key,
        digest="",
        parts=len(turns),
        rows=_sum([turn.rows for turn in turns]),
        files=_sum([turn.files for turn in turns]),
        size=_sum([turn.size for turn in turns]),
        stored=all(turn.stored for turn in turns),
    )


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def gather_key(keys: Sequence[str], port: str) -> str:
    """The folder of the store that holds these parts of a port and nothing else; empty if there is none.

    Turns that `machiya render` wires have the keys ``.../PORT/00000`` and so on.
    """
    parents = {PurePosixPath(key).parent for key in keys}
    return str(parent) if len(parents) == 1 and (parent := parents.pop()).name == port else ""


# Copies


def copy_artifacts(record: RunRecord, artifacts: Sequence[OutputArtifact], target: Path) -> list[Path]:
    """Copy artifacts to ``target/STEP/PORT``, all of them or none; links could be written through.

    Raises:
        OutputError: something is in the place already, or it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(f"{target} is there already.", "Name a folder that is empty or not there.")
    store = store_of(record)
    beside = target.absolute().with_name(f".{target.absolute().name}.{secrets.token_hex(4)}")
    try:
        with scratch(record.folder.home) as folder:
            for number, artifact in enumerate(artifacts):
                linked = folder / str(number)
                store.link(artifact.key, linked)
                copy_tree(linked, beside / safe_name(artifact.step) / artifact.port)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error}.", "Free some space, or name another folder."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [target / safe_name(artifact.step) / artifact.port for artifact in artifacts]


def copy_tree(source: Path, target: Path) -> None:
    """A copy that its owner may change."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target)


def safe_name(step: str) -> str:
    """A step's name as a folder's: names of turns of a loop may hold anything."""
    return "".join(one if one.isalnum() or one in "-_.():," else "_" for one in step).strip(".") or "step"
