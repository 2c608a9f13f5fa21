"""Stores at URLs: what goes there and comes here, what is noticed there. In memory; `test_s3` has a server."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from machiya.engines.local.store import ArtifactStore, DirectoryStore, Reference, StoreError, open_store
from machiya.engines.local.store.fsspec_store import FsspecStore
from machiya.engines.local.store.url_folder import UrlFolder

URL = "memory://bucket/team"


@pytest.fixture(autouse=True)
def there() -> Iterator[fsspec.AbstractFileSystem]:
    """What is at the URL."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()


class Counted(UrlFolder):
    """Notes what is transferred."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.transfers: list[str] = []

    def upload(self, source: Path, name: str) -> None:
        self.transfers.append(f"up {source.stat().st_size}")
        super().upload(source, name)

    def download(self, name: str, target: Path) -> bool:
        found = super().download(name, target)
        self.transfers.append(f"down {target.stat().st_size}")
        return found


def counted(home: Path) -> tuple[FsspecStore, list[str]]:
    """A machine with the store, and what it transfers."""
    folder = Counted(URL)
    return FsspecStore(folder, DirectoryStore(home / "store")), folder.transfers


def put(store: ArtifactStore, path: Path, files: dict[str, str], key: str = "runs/1/step/port") -> Reference:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return store.put(path, key)


def tree(path: Path) -> dict[str, str]:
    return {str(one.relative_to(path)): one.read_text() for one in path.rglob("*") if one.is_file()}


def test_another_machine_gets_what_one_put(tmp_path: Path) -> None:
    one, other = open_store(URL, tmp_path / "one"), open_store(URL, tmp_path / "other")
    reference = put(one, tmp_path / "out", {"a.txt": "A", "sub/b.txt": "B"})
    assert other.find(reference.key) == reference
    assert other.link(reference.key, tmp_path / "in") == reference
    assert tree(tmp_path / "in") == {"a.txt": "A", "sub/b.txt": "B"}
    assert (tmp_path / "in/a.txt").stat().st_mode & 0o222 == 0
    other.link(reference.key, tmp_path / "again", "sub")
    assert tree(tmp_path / "again") == {"b.txt": "B"}


def test_what_is_there_or_here_already_is_not_transferred_again(tmp_path: Path) -> None:
    (one, sent), (other, got) = counted(tmp_path / "one"), counted(tmp_path / "other")
    put(one, tmp_path / "x", {"a": "A", "same": "A", "b": "BB"}, "1")
    put(one, tmp_path / "y", {"a": "A", "c": "CCC"}, "2")
    put(other, tmp_path / "z", {"a": "A"}, "3")
    for number, key in enumerate("1123"):
        other.link(key, tmp_path / "in" / str(number))
    assert sorted(sent) == ["up 1", "up 2", "up 3"]
    assert sorted(got) == ["down 2", "down 3"]


def test_files_are_linked_from_the_cache_not_copied(tmp_path: Path) -> None:
    store = open_store(URL, tmp_path / "home")
    put(store, tmp_path / "out", {"a": "A"})
    store.link("runs/1/step/port", tmp_path / "in1")
    store.link("runs/1/step/port", tmp_path / "in2")
    assert (tmp_path / "in1/a").samefile(tmp_path / "in2/a")


def test_a_key_that_others_begin_with_is_a_folder_of_those(tmp_path: Path) -> None:
    one, other = open_store(URL, tmp_path / "one"), open_store(URL, tmp_path / "other")
    for shard in range(20):
        put(one, tmp_path / f"out{shard}", {"part": str(shard)}, f"shards/[a-z]*/out/{shard:05d}")
    found = other.find("shards/[a-z]*/out")
    assert found is not None
    assert (found.size, found.directory) == (30, True)
    other.link("shards/[a-z]*/out", tmp_path / "in")
    assert tree(tmp_path / "in") == {f"{shard:05d}/part": str(shard) for shard in range(20)}
    assert other.find("shards/[a-z]*/o") is None


def test_what_is_added_stays_its_owners(tmp_path: Path) -> None:
    store = open_store(URL, tmp_path / "home")
    (tmp_path / "log.csv").write_text("first")
    reference = store.add(tmp_path / "log.csv", "inputs/1")
    (tmp_path / "log.csv").write_text("second")
    assert store.verify("inputs/1", reference.digest)


def objects(there: fsspec.AbstractFileSystem) -> list[str]:
    return list(there.find("/bucket/team/objects"))


@pytest.mark.parametrize("harm", ["gone", "altered", "cut"])
def test_another_content_there_is_noticed_and_leaves_the_store(
    tmp_path: Path, there: fsspec.AbstractFileSystem, harm: str
) -> None:
    store, _ = counted(tmp_path / "home")
    reference = put(store, tmp_path / "out", {"a": "Aa"})
    assert store.verify(reference.key, reference.digest)
    (name,) = objects(there)
    if harm == "gone":
        there.rm_file(name)
    else:
        there.pipe_file(name, b"Xx" if harm == "altered" else b"A")
    assert not store.verify(reference.key, reference.digest)
    assert objects(there) == []
    put(store, tmp_path / "again", {"a": "Aa"}, "other")
    assert store.verify(reference.key, reference.digest)


def test_a_content_that_was_altered_there_does_not_come_here(tmp_path: Path, there: fsspec.AbstractFileSystem) -> None:
    put(open_store(URL, tmp_path / "one"), tmp_path / "out", {"a": "A"})
    there.pipe_file(objects(there)[0], b"X")
    other = open_store(URL, tmp_path / "other")
    with pytest.raises(StoreError, match="was altered; it has been removed") as error:
        other.link("runs/1/step/port", tmp_path / "in")
    assert "Run the step" in error.value.remedy
    assert [path for path in (tmp_path / "other/store/objects").rglob("*") if path.is_file()] == []


def test_what_was_found_to_be_right_is_not_read_again_until_it_changes(
    tmp_path: Path, there: fsspec.AbstractFileSystem
) -> None:
    one, _ = counted(tmp_path / "one")
    reference = put(one, tmp_path / "out", {"a": "A"})
    other, got = counted(tmp_path / "other")
    assert [other.verify(reference.key, reference.digest) for _ in range(3)] == [True] * 3
    assert got == ["down 1"]
    there.pipe_file(objects(there)[0], b"A")
    assert other.verify(reference.key, reference.digest)
    assert got == ["down 1"] * 2


def test_a_damaged_copy_here_is_fetched_again(tmp_path: Path) -> None:
    store, got = counted(tmp_path / "home")
    reference = put(store, tmp_path / "out", {"a": "A"})
    (content,) = [path for path in (tmp_path / "home/store/objects").rglob("*") if path.is_file()]
    content.chmod(0o644)
    content.write_text("X")
    assert store.verify(reference.key, reference.digest)
    store.link(reference.key, tmp_path / "in")
    assert (tree(tmp_path / "in"), got) == ({"a": "A"}, ["up 1", "down 1"])


def test_intact_looks_at_the_record_and_at_sizes(tmp_path: Path, there: fsspec.AbstractFileSystem) -> None:
    store = open_store(URL, tmp_path / "home")
    reference = put(store, tmp_path / "out", {"a": "A"})
    assert (store.intact(reference.key, reference.digest), store.intact(reference.key, "")) == (True, True)
    assert not store.intact(reference.key, "sha256:other")
    assert not store.intact("absent", "")
    there.rm_file(objects(there)[0])
    assert not store.intact(reference.key, reference.digest)


class Failing(UrlFolder):
    """Only the first upload goes well, whichever of several threads makes it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._uploads = itertools.count()

    def upload(self, source: Path, name: str) -> None:
        if next(self._uploads):
            raise StoreError("it is not there any more.")
        super().upload(source, name)


def test_an_artifact_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    store = FsspecStore(Failing(URL), DirectoryStore(tmp_path / "home"))
    with pytest.raises(StoreError, match="not there any more"):
        put(store, tmp_path / "out", {"a": "A", "b": "BB", "c": "CCC"})
    assert open_store(URL, tmp_path / "other").find("runs/1/step/port") is None


def test_a_record_that_leads_out_counts_as_none(tmp_path: Path, there: fsspec.AbstractFileSystem) -> None:
    there.pipe_file("/bucket/team/keys/k.json", b'{"directory": true, "files": [{"path": "../x", "target": "y"}]}')
    assert open_store(URL, tmp_path / "home").find("k") is None


@pytest.mark.parametrize(
    ("url", "wrong", "remedy"),
    [
        ("foo://bucket", "no protocol foo://", "s3://"),
        ("gs://bucket/x", "package for gs:// is not installed", "pip install 'machiya[gcs]'"),
        ("https://host/x", "can only be read", "s3://"),
    ],
)
def test_a_url_that_can_be_no_store_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, wrong: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)  # as if it were not installed
    with pytest.raises(StoreError, match=wrong) as error:
        open_store(url, tmp_path)
    assert remedy in error.value.remedy


def test_a_path_is_a_directory_store_and_nothing_the_one_below_home(tmp_path: Path) -> None:
    put(open_store("", tmp_path / "home"), tmp_path / "x", {"a": "A"}, "1")
    put(open_store(str(tmp_path / "team"), tmp_path / "home"), tmp_path / "y", {"a": "A"}, "2")
    put(open_store(f"file://{tmp_path}/url", tmp_path / "home"), tmp_path / "z", {"a": "A"}, "3")
    stores = {name: DirectoryStore(tmp_path / name) for name in ("home/store", "team", "url")}
    assert [store.find(key) is not None for store, key in zip(stores.values(), "123", strict=True)] == [True] * 3


def test_secrets_in_a_url_are_not_told() -> None:
    assert UrlFolder("memory://user:secret@bucket/x").url == "memory://bucket/x"
