"""What the shards of a fan-out put out, gathered in one folder (``00000``, ``00001``, ...): each exactly once."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from machiya_component.artifacts.sidecar import SIDECAR, Artifact, read_sidecar
from machiya_component.errors import DataError
from machiya_component.findings import Finding

NUMBER, COUNT = "shard", "shards"
"""The parameters by which an operation is told which shard it computes, of how many."""

_AGAIN = "Run the steps that make the shards again, all in the same version and with the same parameters."
_SHOWN = 5


def shard_findings(folder: Path, check_part: Callable[[Path], list[Finding]]) -> list[Finding]:
    """What is wrong with gathered shards; none for a folder that holds no such.

    Args:
        folder: has no sidecar of its own.
        check_part: what is wrong with the folder of one shard by itself.
    """
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and path.name.isdecimal())
    if not any((path / SIDECAR).is_file() for path in folders):
        return []
    without = [path.name for path in folders if not (path / SIDECAR).is_file()]
    if without:
        return [_finding(f"{_listed(without)} has no {SIDECAR}: it is not whole.")]
    try:
        parts = {path.name: read_sidecar(path) for path in folders}
    except DataError as error:
        return [Finding("artifact.sidecar", error.message, error.remedy)]
    return [finding for path in folders for finding in check_part(path)] or list(_together(parts))


def _together(parts: Mapping[str, Artifact]) -> Iterator[Finding]:
    numbers = {int(name) for name in parts}
    known = [artifact.producer.parameters.get(COUNT) for artifact in parts.values()]
    counts = {count for count in known if isinstance(count, int)}
    wanted = max(counts, default=max(numbers) + 1)
    missing = [f"{number:05d}" for number in range(wanted) if number not in numbers]
    if missing:
        yield _finding(f"of {wanted} shards {len(missing)} are not there: {_listed(missing)}.")
    strange = [name for name in parts if int(name) >= wanted or len(counts) > 1]
    if strange:
        yield _finding(
            f"{_listed(strange)} is of another division, into {' or '.join(map(str, sorted(counts)))} shards."
        )
    elsewhere = [name for name, part in parts.items() if part.producer.parameters.get(NUMBER, int(name)) != int(name)]
    if elsewhere:
        yield _finding(f"{_listed(elsewhere)} holds another shard than its name says.")
    if len({_origin(artifact) for artifact in parts.values()}) > 1:
        yield _finding("they were not all made by the same version with the same parameters, from the same inputs.")


def _origin(artifact: Artifact) -> str:
    """Everything that all shards have in common."""
    producer = artifact.producer
    same = {name: value for name, value in producer.parameters.items() if name != NUMBER}
    return repr((producer.component, producer.version, producer.operation, sorted(same.items()), artifact.inputs))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _finding(message: str) -> Finding:
    return Finding("artifact.shards", message, _AGAIN)
