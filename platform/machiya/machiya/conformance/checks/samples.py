"""The samples of the contract: every one gives what is promised, and the same every time."""

import stat
from collections.abc import Iterator
from pathlib import Path

from machiya.conformance.bench import Bench
from machiya.conformance.calls import CallResult, failure
from machiya.conformance.check import Check, Result, Skip
from machiya.conformance.verdict import Failure
from machiya.conformance.watch import visible
from machiya_component.artifacts import SIDECAR, check_artifact, content_digest, read_sidecar
from machiya_component.artifacts.digest import data_files
from machiya_component.contract.model import Operation
from machiya_component.errors import DataError

_ONLY_SERVICES = Skip("every operation is a service, and has no outputs")
ELSEWHERE = "/srv/machiya"


def _baked(bench: Bench) -> Result:
    return [
        Failure(
            message=f"the sample folder {path} is not in the image.",
            remedy="In the Dockerfile: COPY sample /component/sample",
            expected=f"/component/{path}",
        )
        for path in bench.missing_samples
    ]


def _good_results(bench: Bench, turn: int = 1, root: str = "/data") -> list[tuple[Operation, CallResult]]:
    """The samples that must succeed, and did."""
    samples = [(operation, sample) for operation, sample in bench.samples(service=False) if sample.expect == 0]
    calls = [bench.sample_call(operation, sample, turn=turn, root=root) for operation, sample in samples]
    results = zip((operation for operation, _ in samples), bench.run(calls), strict=True)
    return [(operation, result) for operation, result in results if result.run.exit_code == 0]


def _nothing_to_see(bench: Bench) -> Skip:
    if not bench.operations(service=False):
        return _ONLY_SERVICES
    return Skip("no sample of a batch operation succeeds: see samples.outputs")


def _outputs(bench: Bench) -> Result:
    samples = bench.samples(service=False)
    if not samples:
        return _ONLY_SERVICES
    results = bench.run(bench.sample_call(operation, sample) for operation, sample in samples)
    failures: list[Failure] = []
    for (operation, sample), result in zip(samples, results, strict=True):
        if result.run.exit_code != sample.expect:
            message = f"the sample {sample.name!r} of {operation.name} does not end as the contract says."
            remedy = "Run the command, and correct the operation (or the sample, or its `expect`)."
            failures.append(failure(result, message, f"exit code {sample.expect}", remedy))
        elif sample.expect == 0:
            failures += _wrong_outputs(operation, result)
    return failures


def _wrong_outputs(operation: Operation, result: CallResult) -> Iterator[Failure]:
    expected = f"/data/out with {', '.join(operation.outputs)}"
    for path in visible(result.out):
        if path.name not in operation.outputs:
            message = f"{operation.name} writes {path.name!r}, which is no output of the contract."
            remedy = (
                f"Declare it, or give it a name that starts with `_`, or write it below /tmp. {_outputs_of(operation)}"
            )
            yield failure(result, message, expected, remedy)
    for name, port in operation.outputs.items():
        folder = result.out / name
        if not folder.is_dir():
            message = f"{operation.name} ends with 0, but its output {name!r} is not there."
            yield failure(result, message, expected, "Write every output that the contract declares.")
        elif unreadable := _unreadable(folder):
            message = f"the output {name!r} of {operation.name} cannot be read by others: {unreadable}."
            yield failure(result, message, "folders 0755, files 0644", "Give it modes that every user may read.")
        else:
            for finding in check_artifact(folder, port):
                message = f"the output {finding.where} of {operation.name} is not what the contract promises: "
                yield failure(result, message + finding.message, f"a {port.type} as declared", finding.remedy)


def _outputs_of(operation: Operation) -> str:
    return f"Outputs: {', '.join(operation.outputs)}."


def _unreadable(folder: Path) -> str:
    """A part of an output that only its owner may read. The next step, and you, are other users."""
    for path in (folder, *_below(folder)):
        mode = path.stat().st_mode
        needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        if mode & needed != needed:
            return f"{path.relative_to(folder.parent)} has mode {stat.S_IMODE(mode):04o}"
    return ""


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(folder.rglob("*"))
    except PermissionError:
        return []


def _sidecar(bench: Bench) -> Result:
    results = _good_results(bench)
    if not results:
        return _nothing_to_see(bench)
    return [
        failure(
            result,
            f"{name}/{SIDECAR} of {operation.name}: {problem}",
            f"{SIDECAR} as docs/contract.md describes it",
            "Write it last, from the finished files, before the folder is renamed into place.",
        )
        for operation, result in results
        for name in operation.outputs
        if (result.out / name).is_dir()
        for problem in _sidecar_problems(bench, operation, result.out / name)
    ]


def _sidecar_problems(bench: Bench, operation: Operation, folder: Path) -> list[str]:
    try:
        artifact = read_sidecar(folder)
    except FileNotFoundError:
        return ["there is none."]
    except (DataError, OSError) as error:
        return [str(error)]
    producer, contract = artifact.producer, bench.promised
    said = (producer.component, producer.version, producer.operation)
    known = (contract.name, contract.version, operation.name)
    problems = [] if said == known else [f"the producer is {' '.join(said)}, not {' '.join(known)}."]
    listed, there = {file.path for file in artifact.files}, {str(one.relative_to(folder)) for one in data_files(folder)}
    if listed != there:
        problems.append(f"it lists {sorted(listed)}, but there are {sorted(there)}.")
    elif artifact.digest != content_digest(folder):
        problems.append(f"the digest is {artifact.digest}, but that of the files is {content_digest(folder)}.")
    return problems


def _deterministic(bench: Bench) -> Result:
    first, second = _good_results(bench), _good_results(bench, turn=2)
    if not first:
        return _nothing_to_see(bench)
    if len(first) != len(second):
        message = "a sample that ended with 0 did not do so again with the same inputs and parameters."
        return [Failure(message=message, remedy="Look for what the result depends on besides inputs and parameters.")]
    return [
        one
        for (operation, result), (_, again) in zip(first, second, strict=True)
        for one in _changes(operation, result, again)
    ]


def _changes(operation: Operation, result: CallResult, again: CallResult) -> list[Failure]:
    """One failure for all outputs of a sample that differ between two runs of it."""
    before, after = _digests(operation, result), _digests(operation, again)
    changed = [name for name in operation.outputs if before[name] != after[name]]
    if not changed:
        return []
    return [
        Failure(
            message=f"{operation.name} gives another content the second time: {', '.join(changed)}.",
            remedy="Take randomness from one generator with the seed; sort what comes from sets, threads or folders; "
            "write no times and no host names.",
            command=again.command,
            expected=", ".join(f"{name} {before[name]}" for name in changed),
            seen=tuple(f"{name} {after[name]}" for name in changed),
        )
    ]


def _digests(operation: Operation, result: CallResult) -> dict[str, str]:
    """The content digest of every output."""
    folders = {name: result.out / name for name in operation.outputs}
    return {name: content_digest(folder) if folder.is_dir() else "(absent)" for name, folder in folders.items()}


def _moved(bench: Bench) -> Result:
    operations = bench.operations(service=False)
    if not operations:
        return _ONLY_SERVICES
    operation = operations[0]
    [here, moved] = bench.run(
        bench.sample_call(operation, bench.good_sample(operation), root=root) for root in ("/data", ELSEWHERE)
    )
    if here.run.exit_code != 0:
        return Skip("the sample does not succeed: see samples.outputs")
    absent = [name for name in operation.outputs if not (moved.out / name).is_dir()]
    if moved.run.exit_code == 0 and not absent:
        return []
    message = f"with MACHIYA_DATA={ELSEWHERE}, {operation.name} does not read and write there."
    remedy = "Inputs are at $MACHIYA_DATA/in and outputs at $MACHIYA_DATA/out; /data is only the default."
    return [failure(moved, message, f"exit code 0, and {', '.join(operation.outputs)} in {ELSEWHERE}/out", remedy)]


CHECKS = (
    Check("samples.baked", "the sample data is in the image, below /component", _baked, "contract"),
    Check("samples.outputs", "every sample gives every declared output, of the declared type and schema", _outputs),
    Check("samples.sidecar", "every output describes itself in _artifact.json", _sidecar),
    Check("samples.deterministic", "the same inputs and seed give the same content twice", _deterministic),
    Check("samples.moved", "MACHIYA_DATA moves /data elsewhere", _moved),
)
