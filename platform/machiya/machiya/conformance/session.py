"""A whole test of a folder or an image: build, check, and tidy up."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from machiya import containers, images
from machiya.conformance.check import Check
from machiya.conformance.suite import run_suite
from machiya.conformance.verdict import CheckResult, Verdict
from machiya.conformance.workspace import Workspace
from machiya.containers import ContainerEngine
from machiya.errors import ArgumentsError, OutputError


@dataclass(frozen=True)
class Subject:
    """What is tested: the folder of a component, an image, or both (then the image is taken as it is).

    ``base`` is what the image of a folder is built from, None for the default.
    """

    folder: Path | None = None
    image: str | None = None
    base: str | None = None

    @classmethod
    def named(cls, name: str, *, image: str | None = None, base: str | None = None) -> Self:
        """What a word of the command line names: a folder if there is one of that name, else an image.

        Raises ArgumentsError for two images.
        """
        if Path(name).is_dir():
            return cls(Path(name), image, base)
        if image is not None:
            raise ArgumentsError(f"{name!r} is no folder.", "With --image, the other name is that of a folder.")
        return cls(None, name, base)


def conformance(
    subject: Subject,
    checks: Sequence[Check],
    *,
    keep: Path | None = None,
    timeout: float = 120,
    note: Callable[[str], None] = lambda _text: None,
    on_result: Callable[[CheckResult], None] = lambda _result: None,
) -> tuple[Verdict, Path | None]:
    """Check a subject, after building it where there is no image yet.

    Returns the verdict, and the folder with the inputs and outputs of the runs if it was kept: in ``keep`` if that is
    given, else in a temporary folder when something failed, so that the commands of the failures work.
    """
    with containers.connect() as engine:
        reference = subject.image or _built(subject, engine, note)
        note(f"checking {reference}")
        workspace = Workspace(_new_folder(keep))
        kept = workspace.root if keep else None
        try:
            verdict = run_suite(
                engine, reference, workspace, folder=subject.folder, checks=checks, timeout=timeout, on_result=on_result
            )
            if not verdict.passed and workspace.has_runs():
                kept = workspace.root
        finally:
            if kept is None:
                workspace.remove(engine, (reference, images.LOCAL_BASE, images.DEFAULT_BASE))
    return verdict, kept


def _built(subject: Subject, engine: ContainerEngine, note: Callable[[str], None]) -> str:
    folder = subject.folder or Path()
    note(f"building {folder}")
    built = images.build(folder, engine, base=subject.base)
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
