"""The folders of runs: ``HOME/runs/ID/{manifest.yaml,beside/,events.jsonl,lock,steps/NODE/...}``."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from machiya.engines.local.argo.model import Manifest
from machiya.engines.local.argo.parse import load_manifest
from machiya.engines.local.events import read_log
from machiya.engines.local.state import RunState, fold
from machiya.errors import MachiyaError, NotFoundError

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class RunBusyError(MachiyaError):
    """Another engine works on the run."""

    exit_code = 75


class RunFolder:
    """One run on the disk."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home
        self.name = name
        self.path = home / "runs" / name

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
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 32, 0).decode().strip() or "unknown"
                raise RunBusyError(
                    f"another engine (process {holder}) works on the run {self.name}.",
                    f"Wait for its end, or stop it: machiya stop {self.name}",
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    def holder(self) -> int | None:
        """The process that works on the run, None if nobody does."""
        try:
            with self.lock():
                return None
        except RunBusyError:
            text = (self.path / "lock").read_text().strip()
            return int(text) if text.isdigit() else None


def create_run(home: Path, base: str, manifest: str, beside: Mapping[str, str]) -> RunFolder:
    """A new run whose name begins with `base`, with what it runs."""
    stem = base if _NAME.fullmatch(base) else re.sub(r"[^a-z0-9-]+", "-", base.lower()).strip("-") or "run"
    while True:
        run = RunFolder(home, f"{stem}-{secrets.token_hex(3)}")
        try:
            run.path.mkdir(parents=True)
            break
        except FileExistsError:
            continue
    (run.path / "manifest.yaml").write_text(manifest, "utf-8")
    (run.path / "beside").mkdir()
    for index, (name, text) in enumerate(beside.items()):
        (run.path / "beside" / f"{index:03d}-{Path(name).name}").write_text(text, "utf-8")
    return run


def open_run(home: Path, name: str) -> RunFolder:
    """A run that is there; a beginning of its name is enough where only one run has it.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    folder = home / "runs"
    names = sorted(path.name for path in folder.glob("*") if path.is_dir()) if folder.is_dir() else []
    matches = [name] if name in names else [one for one in names if one.startswith(name)]
    if len(matches) == 1 and name:
        return RunFolder(home, matches[0])
    found = f"{len(matches)} runs have this beginning" if matches else "there is no such run"
    raise NotFoundError(f"{name}: {found} in {folder}.", "`machiya runs` lists them.")
