"""Looking at `/data/out` while a component runs: whatever is visible there must be whole."""

import hashlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from machiya_component.artifacts import SIDECAR, read_sidecar
from machiya_component.errors import DataError

POLL_SECONDS = 0.002
"""Between two looks. Writing an artifact in place takes longer than this, renaming a finished one takes no time."""


def visible(out: Path) -> list[Path]:
    """What a reader of `/data/out` takes for outputs: every name that does not start with `_` or `.`."""
    return sorted(path for path in out.iterdir() if not path.name.startswith(("_", ".")))


def partial_outputs(out: Path) -> list[str]:
    """What is visible and not whole, and in what."""
    return [f"{path.name}: {problem}" for path in visible(out) if (problem := incompleteness(path))]


def incompleteness(folder: Path) -> str:
    """What a visible output lacks; empty when it is whole: its sidecar, and every file that lists, byte for byte."""
    if not folder.is_dir():
        return "it is a file; an output is a folder"
    try:
        artifact = read_sidecar(folder)
        for file in artifact.files:
            content = (folder / file.path).read_bytes()
            if len(content) != file.bytes:
                return f"{file.path} has {len(content)} of {file.bytes} bytes"
            if hashlib.sha256(content).hexdigest() != file.sha256:
                return f"{file.path} is not what {SIDECAR} says (sha256)"
    except FileNotFoundError as error:
        return f"it has no {Path(error.filename).name}"
    except DataError as error:
        return error.message
    except PermissionError:
        return ""  # not to be seen by us; `samples.outputs` says so
    return ""


class OutputWatch:
    """Looks at a folder while the block runs; afterwards ``seen`` holds what was partial when it appeared."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._known: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="output-watch", daemon=True)
        self.seen: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        for path in visible(self._out):
            if path.name not in self._known:
                self._known.add(path.name)
                if problem := incompleteness(path):
                    self.seen.append(f"{path.name}: when it appeared, {problem}")
