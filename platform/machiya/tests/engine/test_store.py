"""The directory store: contents once, read-only, linked; keys, prefixes, digests."""

import hashlib
from pathlib import Path

import pytest

from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs
from machiya.engines.local.cache import DirectoryMemo, MemoEntry
from machiya.engines.local.store import DirectoryStore, StoreError


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def tree(path: Path) -> dict[str, str]:
    return {str(one.relative_to(path)): one.read_text() for one in path.rglob("*") if one.is_file()}


def test_a_folder_comes_out_as_it_went_in_and_is_moved_not_copied(store: DirectoryStore, tmp_path: Path) -> None:
    source = folder(tmp_path / "out", {"a.txt": "A", "sub/b.txt": "B"})
    (source / "empty").mkdir()
    inode = (source / "a.txt").stat().st_ino
    reference = store.put(source, "runs/1/step/port")
    assert (reference.directory, reference.size) == (True, 2)
    assert store.link("runs/1/step/port", tmp_path / "in") == reference
    assert tree(tmp_path / "in") == {"a.txt": "A", "sub/b.txt": "B"}
    assert (tmp_path / "in" / "empty").is_dir()
    assert (tmp_path / "in" / "a.txt").stat().st_ino == inode


def test_a_single_file_and_a_part_of_a_folder(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    assert not store.put(tmp_path / "one", "one").directory
    store.link("one", tmp_path / "in" / "renamed")
    assert (tmp_path / "in" / "renamed").read_text() == "1"
    store.put(folder(tmp_path / "out", {"a/b": "B", "a/c/d": "D"}), "many")
    store.link("many", tmp_path / "file", "a/b")
    store.link("many", tmp_path / "part", "a")
    assert (tmp_path / "file").read_text() == "B"
    assert tree(tmp_path / "part") == {"b": "B", "c/d": "D"}


def test_what_is_stored_cannot_be_written_to(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(folder(tmp_path / "out", {"a": "A"}), "k")
    store.link("k", tmp_path / "in")
    assert (tmp_path / "in" / "a").stat().st_mode & 0o222 == 0


def test_equal_contents_are_kept_once_and_have_one_digest(store: DirectoryStore, tmp_path: Path) -> None:
    first = store.put(folder(tmp_path / "x", {"a": "A", "b": "A"}), "k/1")
    second = store.put(folder(tmp_path / "y", {"b": "A", "a": "A"}), "k/2")
    assert first.digest == second.digest
    assert len([path for path in (tmp_path / "store" / "objects").rglob("*") if path.is_file()]) == 1


def test_the_digest_is_that_of_what_sha256sum_prints(store: DirectoryStore, tmp_path: Path) -> None:
    reference = store.put(folder(tmp_path / "x", {"b": "B", "a": "A"}), "k")
    lines = "".join(f"{hashlib.sha256(name.upper().encode()).hexdigest()}  {name}\n" for name in "ab")
    assert reference.digest == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def test_a_key_that_others_begin_with_is_a_folder_of_those(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(folder(tmp_path / "x", {"p": "0"}), "runs/1/predict/out/00")
    store.put(folder(tmp_path / "y", {"p": "1"}), "runs/1/predict/out/01")
    found = store.find("runs/1/predict/out/")
    assert found is not None
    assert found.directory
    store.link("runs/1/predict/out", tmp_path / "in")
    assert tree(tmp_path / "in") == {"00/p": "0", "01/p": "1"}
    assert store.find("runs/1/predict/o") is None


def test_a_key_that_is_put_again_is_replaced(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(folder(tmp_path / "x", {"a": "old"}), "k")
    store.put(folder(tmp_path / "y", {"b": "new"}), "k")
    store.link("k", tmp_path / "in")
    assert tree(tmp_path / "in") == {"b": "new"}


def test_verification_finds_what_is_gone_and_what_was_altered(store: DirectoryStore, tmp_path: Path) -> None:
    reference = store.put(folder(tmp_path / "x", {"a": "A"}), "k")
    assert store.verify("k", reference.digest)
    assert not store.verify("k", "sha256:other")
    assert not store.verify("absent", reference.digest)
    content = next(path for path in (tmp_path / "store" / "objects").rglob("*") if path.is_file())
    content.chmod(0o644)
    content.write_text("X")
    assert not store.verify("k", reference.digest)
    content.unlink()
    assert not store.verify("k", reference.digest)
    with pytest.raises(StoreError, match="gone"):
        store.link("k", tmp_path / "in")


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", ""])
def test_keys_do_not_climb_out(store: DirectoryStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError, match="no key"):
        store.put(folder(tmp_path / "x", {"a": "A"}), key)


def test_links_may_stay_inside_and_not_lead_out(store: DirectoryStore, tmp_path: Path) -> None:
    source = folder(tmp_path / "x", {"a": "A"})
    (source / "link").symlink_to("a")
    store.put(source, "k")
    store.link("k", tmp_path / "in")
    assert (tmp_path / "in" / "link").readlink() == Path("a")
    bad = folder(tmp_path / "y", {"a": "A"})
    (bad / "link").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match="leads out"):
        store.put(bad, "k")


def test_memory_keeps_outputs_and_a_key_is_held_by_one(tmp_path: Path) -> None:
    memo = DirectoryMemo(tmp_path)
    outputs = Outputs({"o": "1"}, {"a": ArtifactValue("k", digest="d")}, "r", 0)
    assert memo.lookup("cache", "key") is None
    memo.save("cache", "key", MemoEntry(outputs, 5.0, "run", "node"))
    assert memo.lookup("cache", "key") == MemoEntry(outputs, 5.0, "run", "node")
    assert memo.lookup("other", "key") is None
    lock = memo.try_lock("cache", "key")
    assert lock is not None
    assert memo.try_lock("cache", "key") is None
    lock.release()
    again = memo.try_lock("cache", "key")
    assert again is not None
    again.release()
