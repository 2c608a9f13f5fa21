"""Clearing up: what goes, what stays, and that a run which goes on loses nothing."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import fsspec
import pytest

from machiya.engines.local.api import Result, Setup, prepare_run, resubmit, run_workflow
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs
from machiya.engines.local.cache import Memo, MemoEntry, open_memo
from machiya.engines.local.events import Entry, NodeChanged
from machiya.engines.local.gc import Collected, collect
from machiya.engines.local.runs import RunFolder
from machiya.engines.local.state import RunState
from machiya.engines.local.store import ArtifactStore, Reference, open_store

Make = Callable[..., str]
DAY = 86_400
NOW = timedelta(0)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return open_store("", tmp_path / "home")


@pytest.fixture
def memo(tmp_path: Path) -> Memo:
    return open_memo("", tmp_path / "home")


def put(store: ArtifactStore, tmp_path: Path, key: str, text: str) -> Reference:
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "file").write_text(text)
    return store.put(tmp_path / "out", key)


def remember(memo: Memo, reference: Reference, key: str, days: float) -> None:
    """As if it had been computed some days ago."""
    artifact = ArtifactValue(reference.key, digest=reference.digest)
    memo.save("cache", key, MemoEntry(Outputs({}, {"port": artifact}), time.time() - days * DAY, "run", "node"))


def keys(memo: Memo) -> list[str]:
    return [key for _, key, _ in memo.entries()]


def test_old_entries_go_with_what_only_they_name(
    store: ArtifactStore, memo: Memo, tmp_path: Path, setup: Setup
) -> None:
    remember(memo, put(store, tmp_path, "old/port", "gone"), "old", days=21)
    remember(memo, put(store, tmp_path, "new/port", "stays"), "new", days=19)
    remember(memo, put(store, tmp_path, "shared/port", "stays too"), "older", days=30)
    remember(memo, put(store, tmp_path, "shared/port", "stays too"), "newer", days=1)
    collected = collect(setup.home, store, memo, fresh=NOW)
    assert collected == Collected(entries=2, records=1, contents=1, bytes=4)
    assert keys(memo) == ["new", "newer"]
    assert [store.find(key) is not None for key in ("old/port", "new/port", "shared/port")] == [False, True, True]
    assert store.verify("new/port", "")
    assert store.verify("shared/port", "")


def test_an_entry_whose_artifact_is_gone_goes(store: ArtifactStore, memo: Memo, tmp_path: Path, setup: Setup) -> None:
    remember(memo, put(store, tmp_path, "k", "x"), "key", days=0)
    for content in (setup.home / "store/objects").glob("*/*"):
        content.unlink()
    assert collect(setup.home, store, memo).entries == 1
    assert keys(memo) == []


def test_an_entry_that_somebody_holds_stays_with_its_artifacts(
    store: ArtifactStore, memo: Memo, tmp_path: Path, setup: Setup
) -> None:
    remember(memo, put(store, tmp_path, "k", "x"), "key", days=50)
    lock = memo.try_lock("cache", "key")
    assert lock is not None
    assert collect(setup.home, store, memo, fresh=NOW) == Collected()
    lock.release()
    assert store.verify("k", "")


def test_what_was_kept_or_used_lately_stays(store: ArtifactStore, memo: Memo, tmp_path: Path, setup: Setup) -> None:
    put(store, tmp_path, "just/put", "x")
    put(store, tmp_path, "just/used", "y")
    for record in (setup.home / "store/keys").rglob("*.json"):
        os.utime(record, (0, 0))
    put(store, tmp_path, "just/put", "x")
    store.verify("just/used", "")
    assert collect(setup.home, store, memo) == Collected()
    assert collect(setup.home, store, memo, fresh=NOW).records == 2


def run(setup: Setup, make: Make, task: Make, text: str) -> Result:
    result = run_workflow(make(task("a", "write", text) + task("b", "join", takes="a")), setup)
    assert result.phase == "Succeeded"
    return result


def test_what_runs_made_and_were_given_stays_as_long_as_they_do(
    store: ArtifactStore, memo: Memo, tmp_path: Path, setup: Setup, make: Make, task: Make
) -> None:
    source = put(store, tmp_path, "inputs/abc", "raw")
    put(store, tmp_path, "inputs/def", "other raw")
    options = {"sources": {"events": {"location": "log.csv", "key": source.key, "digest": source.digest}}}
    result = run_workflow(make(task("a", "write", "hello")), setup, options=options)
    assert collect(setup.home, store, memo, fresh=NOW) == Collected(records=1, contents=1, bytes=9)
    (artifact,) = [node.outputs.artifacts["port"] for node in result.state.nodes.values() if node.outputs.artifacts]
    assert store.verify(source.key, source.digest)
    assert store.verify(artifact.key, artifact.digest)


def test_old_runs_go_with_what_they_made(
    store: ArtifactStore, memo: Memo, setup: Setup, make: Make, task: Make
) -> None:
    first = run(setup, make, task, "one")
    assert collect(setup.home, store, memo, runs_older_than=timedelta(hours=1), fresh=NOW).runs == 0
    dry = collect(setup.home, store, memo, runs_older_than=NOW, fresh=NOW, dry_run=True)
    assert RunFolder(setup.home, first.run).state().phase == "Succeeded"
    collected = collect(setup.home, store, memo, runs_older_than=NOW, fresh=NOW)
    assert dry == collected
    assert (collected.runs, collected.records, collected.contents) == (1, 2, 2)
    assert collected.bytes > len("one")
    assert list((setup.home / "runs").iterdir()) == []
    assert list((setup.home / "store/keys").rglob("*")) == []


def test_a_run_that_has_not_ended_or_is_held_stays(
    store: ArtifactStore, memo: Memo, setup: Setup, make: Make, task: Make
) -> None:
    prepare_run(make(task("a", "write", "x")), setup)
    held = RunFolder(setup.home, run(setup, make, task, "one").run)
    with held.lock():
        assert collect(setup.home, store, memo, runs_older_than=NOW, fresh=NOW) == Collected()
    assert collect(setup.home, store, memo, runs_older_than=NOW, fresh=NOW).runs == 1


def test_clearing_up_at_every_moment_of_a_run_takes_nothing_from_it(
    store: ArtifactStore, memo: Memo, setup: Setup, make: Make, task: Make
) -> None:
    cleared = []

    def clear(entry: Entry, _: RunState) -> None:
        if isinstance(entry.event, NodeChanged):
            cleared.append(collect(setup.home, store, memo, older_than=NOW, runs_older_than=NOW))

    watched = replace(setup, observers=[clear])
    result = run(watched, make, task, "one")
    assert resubmit(result.run, watched).phase == "Succeeded"
    assert sum(one.contents for one in cleared) == 0
    assert len(cleared) > 8


def test_what_killed_programs_left_behind_goes_when_it_is_old(
    store: ArtifactStore, memo: Memo, setup: Setup, make: Make, task: Make
) -> None:
    result = run(setup, make, task, "one")
    left = [
        setup.home / "store/tmp/half-a-file",
        setup.home / "tmp/source-1/log.csv",
        setup.home / "runs/.toy-abc-12/manifest.yaml",
        setup.home / "runs" / result.run / "steps/1/work/out",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    assert collect(setup.home, store, memo) == Collected()
    assert all(path.exists() for path in left)
    assert collect(setup.home, store, memo, fresh=NOW) == Collected(leftovers=4, bytes=16)
    assert not any(path.exists() for path in left)


def test_nothing_there_is_nothing_to_do(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert collect(home, open_store("", home), open_memo("", home)) == Collected()


@pytest.fixture
def url() -> Iterator[str]:
    yield "memory://bucket/team"
    fsspec.filesystem("memory").store.clear()


def make_old(there: fsspec.AbstractFileSystem, days: int) -> None:
    for file in there.store.values():
        file.created -= timedelta(days=days)


def test_of_a_shared_store_only_what_nobody_can_need_any_more_goes(setup: Setup, tmp_path: Path, url: str) -> None:
    store, memo = open_store(url, setup.home), open_memo(url, setup.home)
    there = fsspec.filesystem("memory")
    remember(memo, put(store, tmp_path, "theirs/1", "of another's run"), "old", days=25)
    remember(memo, put(store, tmp_path, "theirs/2", "remembered"), "new", days=1)
    make_old(there, days=25)
    assert collect(setup.home, store, memo) == Collected(entries=1)
    make_old(there, days=10)
    dry = collect(setup.home, store, memo, dry_run=True)
    assert store.verify("theirs/1", "")
    assert collect(setup.home, store, memo) == dry == Collected(records=1, contents=1, bytes=16)
    assert (store.find("theirs/1"), store.verify("theirs/2", "")) == (None, True)


def test_what_is_put_into_a_shared_store_again_counts_as_new(setup: Setup, tmp_path: Path, url: str) -> None:
    store, memo = open_store(url, setup.home), open_memo(url, setup.home)
    put(store, tmp_path, "k", "x")
    make_old(fsspec.filesystem("memory"), days=29)
    put(store, tmp_path, "k", "x")
    make_old(fsspec.filesystem("memory"), days=2)
    assert collect(setup.home, store, memo) == Collected()
    assert store.verify("k", "")
