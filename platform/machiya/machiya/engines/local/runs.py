"""The folders of runs: ``HOME/runs/ID/{manifest.yaml,beside/,events.jsonl,lock,steps/NODE/...}``."""

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from machiya.engines.local.argo.model import Manifest
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.events import EventLog, RunCreated, read_log
from machiya.engines.local.state import RunState, fold
from machiya.errors import MachiyaError, NotFoundError, OutputError
from machiya.manifest.grammar.names import is_object_name

_PATIENCE, _PATIENCE_SECONDS = 20, 0.01


class RunBusyError(MachiyaError):
    """Another engine works on the run."""

    exit_code = 75


class RunFolder:
    """One run on the disk."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home.absolute()  # programs have working directories of their own
        self.name = name
        self.path = self.home / "runs" / name

    @property
    def events(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    def step(self, node_id: str) -> Path:
        """The folder of a step: its log, and while it runs its data."""
        return self.path / "steps" / node_id

    def log(self, node_id: str) -> Path:
        """What a step wrote to its standard output and standard error."""
        return self.step(node_id) / "log.txt"

    def state(self) -> RunState:
        """The run as it now is; sound events alone count."""
        return fold(read_log(self.events).entries)

    def manifest(self) -> Manifest:
        """What is run."""
        beside = {path.name: path.read_text("utf-8") for path in sorted((self.path / "beside").glob("*"))}
        return load_manifest(self.manifest_text(), "manifest.yaml", beside)

    def manifest_text(self) -> str:
        """What is run, as it was given."""
        return (self.path / "manifest.yaml").read_text("utf-8")

    def beside(self) -> dict[str, str]:
        """The documents that were given beside the manifest."""
        return {path.name: path.read_text("utf-8") for path in sorted((self.path / "beside").glob("*"))}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run: only one engine may work on it.

        Raises:
            RunBusyError: another does.
        """
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take(handle)
            try:
                yield
            finally:
                os.ftruncate(handle, 0)  # the number will be another process's one day
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        """Whoever only looks whether the run is held (`holder`) holds it for a moment, which is waited for."""
        patience = _PATIENCE
        while not _locked(handle):
            if patience == 0:
                process = os.pread(handle, 32, 0).decode().strip() or "unknown"
                raise RunBusyError(
                    f"another engine (process {process}) works on the run {self.name}.",
                    f"Wait for its end, or stop it: machiya stop {self.name}",
                )
            patience -= 1
            time.sleep(_PATIENCE_SECONDS)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)

    def holder(self) -> int | None:
        """The process that works on the run, None if nobody does."""
        try:
            handle = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if _locked(handle):
                return None
            text = os.pread(handle, 32, 0).decode().strip()
            return int(text) if text.isdigit() else None
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    """Whether the file could be locked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def create_run(
    home: Path, base: str, manifest: str, beside: Mapping[str, str], created: Callable[[str], RunCreated]
) -> RunFolder:
    """A new run whose name begins with `base`, with what it runs; `created` gives its first event by its name.

    It is made beside and renamed into place: a run that is there is whole.
    """
    stem = base if is_object_name(base) else re.sub(r"[^a-z0-9-]+", "-", base.lower()).strip("-") or "run"
    run = RunFolder(home, f"{stem}-{secrets.token_hex(3)}")
    while run.path.exists():
        run = RunFolder(home, f"{stem}-{secrets.token_hex(3)}")
    draft = RunFolder(home, f".{run.name}-{os.getpid()}")
    try:
        draft.path.mkdir(parents=True)
        _fill(draft, manifest, beside, created(run.name))
        draft.path.rename(run.path)
    except (OSError, OutputError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.message
        remedy = "Free some space there, or name another folder in MACHIYA_HOME."
        raise OutputError(f"the folder of the run {run.path} cannot be made: {reason}.", remedy) from error
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    return run


def _fill(run: RunFolder, manifest: str, beside: Mapping[str, str], created: RunCreated) -> None:
    _write(run.path / "manifest.yaml", manifest)
    (run.path / "beside").mkdir()
    for index, (name, text) in enumerate(beside.items()):
        _write(run.path / "beside" / f"{index:03d}-{Path(name).name}", text)
    with EventLog(run.events) as log:
        log.append(created, created.facts["created"])


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def open_run(home: Path, name: str) -> RunFolder:
    """A run that is there; a beginning of its name is enough where only one run has it.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    folder = home / "runs"
    names = sorted(path.name for path in folder.glob("[!.]*") if path.is_dir())
    matches = [name] if name in names else [one for one in names if one.startswith(name)]
    if len(matches) == 1 and name:
        return RunFolder(home, matches[0])
    found = f"{len(matches)} runs have this beginning" if matches else "there is no such run"
    remedy = "`machiya runs` lists them. Those of a cluster are another engine's: --engine argo (show, retry, explain)."
    raise NotFoundError(f"{name}: {found} in {folder}.", remedy)
