"""Clearing up: what the cache need not remember any more, and what nothing needs.

In this order, so that a run that goes on meanwhile loses nothing: old runs, old entries of the memo, then records that
neither a run nor an entry names, contents that no record names, and what killed programs left behind. Only the last
three have an age below which they always stay (`FRESH`): a run that is just starting has nothing yet that names them.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath

from machiya.engines.local.cache import Memo, MemoEntry
from machiya.engines.local.kept import is_kept_file, published_keys
from machiya.engines.local.runs import RunBusyError, RunFolder
from machiya.engines.local.store import ArtifactStore

FRESH = timedelta(days=1)
"""What was kept or used during this time stays."""

_THREADS = 8


@dataclass(frozen=True)
class Collected:
    """What was removed, or would be: runs, entries of the memo, records, contents, leftovers, and the bytes of all."""

    runs: int = 0
    entries: int = 0
    records: int = 0
    contents: int = 0
    leftovers: int = 0
    bytes: int = 0


@dataclass
class _Needed:
    """What must stay: keys, all that lies below them, all that has a run's name in its key, and what outlives runs."""

    keys: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)

    def keeps(self, key: str) -> bool:
        path = PurePosixPath(key)
        named = not self.runs.isdisjoint(path.parts)
        return named or is_kept_file(key) or not self.keys.isdisjoint({key, *map(str, path.parents)})


def collect(
    home: Path,
    store: ArtifactStore,
    memo: Memo,
    *,
    older_than: timedelta | None = None,
    runs_older_than: timedelta | None = None,
    dry_run: bool = False,
    fresh: timedelta = FRESH,
) -> Collected:
    """Remove what nothing needs. An engine that works below `home` loses nothing.

    Args:
        older_than: the age from which the memo's entries go (as long as the cache of a manifest reaches back if None).
            Entries whose artifacts are gone always go.
        runs_older_than: how long ago runs must have ended to go; if None, all stay with what they made.
        dry_run: only count.
        fresh: what is younger stays, though nothing names it.

    Raises:
        StoreError: the store cannot be reached; what is needed has not been touched.
    """
    if older_than is None:
        from machiya.manifest.policy import CACHE_AGE  # imports hera

        older_than = CACHE_AGE
    now = time.time()
    needed = _Needed()
    old_runs, run_bytes = _old_runs(home, now, runs_older_than)
    gone = [run for run in old_runs if dry_run or _remove_run(run)]
    entries = _old_entries(store, memo, now - older_than.total_seconds(), needed, dry_run=dry_run)
    _runs_need(home, {run.name for run in gone}, needed)
    needed.keys |= _published(home, store)
    swept = store.sweep(needed.keeps, now - fresh.total_seconds(), dry_run=dry_run)
    leftovers, left_bytes = _leftovers(home, now - fresh.total_seconds(), dry_run=dry_run)
    size = swept.bytes + left_bytes + sum(run_bytes[run.name] for run in gone)
    return Collected(len(gone), entries, swept.records, swept.contents, swept.leftovers + leftovers, size)


# Runs


def _runs(home: Path) -> Iterator[RunFolder]:
    folder = home / "runs"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return (RunFolder(home, name) for name in names if not name.startswith("."))


def _old_runs(home: Path, now: float, age: timedelta | None) -> tuple[list[RunFolder], dict[str, int]]:
    if age is None:
        return [], {}
    before = now - age.total_seconds()
    old = [run for run in _runs(home) if _ended_before(run, before) and run.holder() is None]
    return old, {run.name: _size(run.path) for run in old}


def _ended_before(run: RunFolder, before: float) -> bool:
    finished = run.state().finished
    return finished is not None and finished < before


def _remove_run(run: RunFolder) -> bool:
    """Out of sight at once, so that nobody sees half of it; not while an engine works on it."""
    hidden = run.path.with_name(f".{run.name}-removed")
    try:
        with run.lock():
            run.path.rename(hidden)
    except (RunBusyError, OSError):
        return False
    shutil.rmtree(hidden, ignore_errors=True)
    return True


def _runs_need(home: Path, gone: set[str], needed: _Needed) -> None:
    """What the runs that are there made, were given, and may still make."""
    for run in _runs(home):
        if run.name in gone:
            continue
        state = run.state()
        needed.runs.add(run.name)
        needed.keys |= {source["key"] for source in state.options.get("sources", {}).values() if source.get("key")}
        for node in state.nodes.values():
            needed.keys |= {artifact.key for artifact in node.outputs.artifacts.values() if artifact.key}


def _published(home: Path, store: ArtifactStore) -> set[str]:
    """Results that are published stay, though the runs that made them go."""
    folder = home / "tmp" / f"published-{uuid.uuid4().hex}"
    folder.parent.mkdir(exist_ok=True)
    try:
        return published_keys(store, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# The memo


def _old_entries(store: ArtifactStore, memo: Memo, before: float, needed: _Needed, *, dry_run: bool) -> int:
    """Forget entries that are old or worth nothing; what the others name is needed."""

    def useful(entry: MemoEntry | None) -> bool:
        return entry is not None and entry.created >= before and _has_all(store, entry)

    forgotten = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        entries = list(memo.entries())
        for (cache, key, entry), good in zip(entries, pool.map(lambda one: useful(one[2]), entries), strict=True):
            if not good and (dry_run or memo.forget(cache, key)):
                forgotten += 1
            elif entry is not None:
                needed.keys |= {one.key for one in entry.outputs.artifacts.values() if one.key}
    return forgotten


def _has_all(store: ArtifactStore, entry: MemoEntry) -> bool:
    return all(store.intact(one.key, one.digest) for one in entry.outputs.artifacts.values() if one.key)


# What killed programs left behind


def _leftovers(home: Path, before: float, *, dry_run: bool) -> tuple[int, int]:
    """Downloads, drafts of runs, and what the steps of runs worked with on which nobody works."""
    found = [*(home / "tmp").glob("*"), *(home / "runs").glob(".*")]
    for run in _runs(home):
        if run.holder() is None:
            found += run.path.glob("steps/*/work")
    old = [path for path in found if path.lstat().st_mtime < before]
    size = sum(_size(path) for path in old)
    for path in old if not dry_run else ():
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return len(old), size


def _size(path: Path) -> int:
    """Of its files that are nowhere else."""
    files = (one.lstat() for one in (path, *path.rglob("*")) if not one.is_dir())
    return sum(status.st_size for status in files if status.st_nlink == 1)
