"""A whole test of a folder or an image: build, check, and tidy up."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from machiya import containers, images
from machiya.conformance.check import Check
from machiya.conformance.suite import run_suite
from machiya.conformance.verdict import CheckResult, Verdict
from machiya.conformance.workspace import Workspace
from machiya.containers import ContainerEngine
from machiya.errors import OutputError


def conformance(
    subject: str,
    checks: Sequence[Check],
    *,
    keep: Path | None = None,
    timeout: float = 120,
    base: str | None = None,
    note: Callable[[str], None] = lambda _text: None,
    on_result: Callable[[CheckResult], None] = lambda _result: None,
) -> tuple[Verdict, Path | None]:
    """Check what ``subject`` names: the folder of a component, which is built first, or an image.

    Returns the verdict, and the folder with the inputs and outputs of the runs if it was kept: in ``keep`` if that is
    given, else in a temporary folder when something failed, so that the commands of the failures work.
    """
    folder = Path(subject) if Path(subject).is_dir() else None
    workspace = Workspace(_new_folder(keep))
    with containers.connect() as engine:
        reference = subject if folder is None else _built(folder, engine, base, note)
        note(f"checking {reference}")
        passed = False
        try:
            verdict = run_suite(
                engine, reference, workspace, folder=folder, checks=checks, timeout=timeout, on_result=on_result
            )
            passed = verdict.passed
        finally:
            if keep is None and (passed or not _has_runs(workspace)):
                workspace.remove(engine, (reference, images.LOCAL_BASE, images.DEFAULT_BASE))
    return verdict, None if keep is None and passed else workspace.root


def _built(folder: Path, engine: ContainerEngine, base: str | None, note: Callable[[str], None]) -> str:
    note(f"building {folder}")
    built = images.build(folder, engine, base=base)
    for text in built.notes:
        note(text)
    return built.tag


def _new_folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="machiya-test-"))
    if keep.exists() and any(keep.iterdir()):
        raise OutputError(f"{keep} is not empty.", "Name a folder that is not there yet.")
    keep.mkdir(parents=True, exist_ok=True)
    return keep


def _has_runs(workspace: Workspace) -> bool:
    return (workspace.root / "outputs").exists()
