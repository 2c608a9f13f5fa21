"""The directory store: contents once, read-only, linked; keys, prefixes, digests."""

import hashlib
import shutil
from pathlib import Path

import pytest

from machiya.engines.local.store import DirectoryStore, StoreError
from machiya.engines.local.store.contents import Contents


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


def contents(store: Path) -> list[Path]:
    return [path for path in (store / "objects").rglob("*") if path.is_file()]


def alter(path: Path, text: str) -> None:
    path.chmod(0o644)
    path.write_text(text)


def test_verification_finds_what_is_gone_and_what_was_altered(store: DirectoryStore, tmp_path: Path) -> None:
    reference = store.put(folder(tmp_path / "x", {"a": "A"}), "k")
    assert store.verify("k", reference.digest)
    assert not store.verify("k", "sha256:other")
    assert not store.verify("absent", reference.digest)
    alter(contents(tmp_path / "store")[0], "X")
    assert not store.verify("k", reference.digest)
    assert contents(tmp_path / "store") == []
    with pytest.raises(StoreError, match="gone"):
        store.link("k", tmp_path / "in")


def test_who_makes_a_damaged_content_again_restores_it(store: DirectoryStore, tmp_path: Path) -> None:
    reference = store.put(folder(tmp_path / "x", {"a": "A", "b": "B"}), "k")
    alter(next(path for path in contents(tmp_path / "store") if path.read_text() == "A"), "X")
    store.verify("k", reference.digest)
    store.put(folder(tmp_path / "y", {"a": "A"}), "other")
    assert store.verify("k", reference.digest)


def test_what_is_intact_has_its_digest_and_all_its_content(store: DirectoryStore, tmp_path: Path) -> None:
    reference = store.put(folder(tmp_path / "x", {"a": "A", "b": "BB"}), "k")
    assert (store.intact("k", reference.digest), store.intact("k", "")) == (True, True)
    assert (store.intact("k", "sha256:other"), store.intact("absent", "")) == (False, False)
    alter(contents(tmp_path / "store")[0], "longer than it was")
    assert not store.intact("k", reference.digest)


def test_what_is_added_stays_its_owners(store: DirectoryStore, tmp_path: Path) -> None:
    source = folder(tmp_path / "own", {"log.csv": "first\n", "sub/other.csv": "x"})
    reference = store.add(source, "inputs/1")
    with (source / "log.csv").open("a") as log:
        log.write("second\n")
    assert store.verify("inputs/1", reference.digest)
    store.link("inputs/1", tmp_path / "in")
    assert tree(tmp_path / "in") == {"log.csv": "first\n", "sub/other.csv": "x"}
    assert (source / "log.csv").read_text() == "first\nsecond\n"
    assert (source / "log.csv").stat().st_nlink == 1


def test_a_single_file_and_its_copy_are_added_once(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").symlink_to("one")
    assert store.add(tmp_path / "one", "1").digest == store.add(tmp_path / "two", "2").digest
    assert len(contents(tmp_path / "store")) == 1


def test_links_in_an_added_folder_are_followed(store: DirectoryStore, tmp_path: Path) -> None:
    folder(tmp_path / "elsewhere", {"a": "A"})
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "linked").symlink_to(tmp_path / "elsewhere")
    store.add(tmp_path / "farm", "k")
    store.link("k", tmp_path / "in")
    assert tree(tmp_path / "in") == {"linked/a": "A"}
    (tmp_path / "farm" / "circle").symlink_to(tmp_path / "farm")
    with pytest.raises(StoreError, match="leads back"):
        store.add(tmp_path / "farm", "k")


class Growing(Contents):
    """Contents whose source grows between being looked at and being copied."""

    def use(self, digest: str, size: int) -> bool:
        for path in self.path("00").parents[2].glob("own/*"):
            path.write_text(path.read_text() + "more")
        return super().use(digest, size)


def test_what_is_written_to_while_it_is_read_is_refused_and_leaves_nothing(
    store: DirectoryStore, tmp_path: Path
) -> None:
    source = folder(tmp_path / "own", {"log.csv": "first"})
    store.contents = Growing(tmp_path / "store")
    with pytest.raises(StoreError, match="was written to while it was read"):
        store.add(source, "k")
    assert (store.find("k"), contents(tmp_path / "store"), list((tmp_path / "store/tmp").iterdir())) == (None, [], [])


def test_a_content_that_somebody_may_write_to_by_another_name_is_copied(store: DirectoryStore, tmp_path: Path) -> None:
    source = folder(tmp_path / "out", {"a": "A"})
    (tmp_path / "other").hardlink_to(source / "a")
    reference = store.put(source, "k")
    (tmp_path / "other").write_text("X")
    assert store.verify("k", reference.digest)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"directory": true, "files": [{"path": "../x", "sha256": "%s"}]}',
        '{"directory": true, "files": [{"path": "x", "sha256": "../../../etc/passwd"}]}',
        '{"directory": true, "files": [{"path": "x", "target": "/etc/passwd"}]}',
        '{"directory": true, "files": [{"path": "a/x", "target": "../../passwd"}]}',
    ],
)
def test_a_record_that_is_damaged_or_leads_out_counts_as_none(store: DirectoryStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "store/keys/k.json").write_text(text.replace("%s", "0" * 64))
    assert (store.find("k"), store.verify("k", ""), store.intact("k", "")) == (None, False, False)
    with pytest.raises(StoreError, match="not in the store"):
        store.link("k", tmp_path / "in")


def test_a_store_that_cannot_be_written_to_says_so(store: DirectoryStore, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "store" / "tmp")
    with pytest.raises(StoreError, match="cannot be kept in") as error:
        store.put(folder(tmp_path / "out", {"a": "A"}), "k")
    assert (error.value.exit_code, "machiya cache gc" in error.value.remedy) == (74, True)


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
