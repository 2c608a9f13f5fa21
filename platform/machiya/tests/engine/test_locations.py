"""Data from outside: what is taken in under which key, and what cannot be."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest

from machiya.engines.local.locations import LocationError, Source, take_in
from machiya.engines.local.store import DirectoryStore, Reference, StoreError
from machiya_component.artifacts import content_digest


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def take(store: DirectoryStore, tmp_path: Path) -> Callable[[str | Path], Source]:
    """Takes in what is at a location; nothing stays in the scratch folder."""

    def take(location: str | Path) -> Source:
        try:
            return take_in(str(location), store, tmp_path / "scratch")
        finally:
            assert list((tmp_path / "scratch").iterdir()) == []

    return take


Take = Callable[[str | Path], Source]


def folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def tree(store: DirectoryStore, source: Source, target: Path) -> dict[str, str]:
    store.link(source.key, target)
    return {str(one.relative_to(target)): one.read_text() for one in target.rglob("*") if one.is_file()}


def test_a_file_becomes_a_folder_that_holds_it(take: Take, store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n")
    source = take(tmp_path / "log.csv")
    assert tree(store, source, tmp_path / "in") == {"log.csv": "a,b\n"}
    assert (source.location, source.key) == (str(tmp_path / "log.csv"), f"inputs/{source.digest[7:]}")
    assert source.digest == content_digest(tmp_path / "in")


def test_of_a_folder_counts_what_components_see(take: Take, store: DirectoryStore, tmp_path: Path) -> None:
    data = {"b.csv": "b", "2026/a.csv": "a"}
    plain = take(folder(tmp_path / "plain", data))
    beside = {".DS_Store": "x", "_SUCCESS": "", "_artifact.json": "{}", ".git/config": "x", "2026/_tmp/part": "x"}
    other = take(folder(tmp_path / "other", data | beside))
    assert (plain.key, plain.digest) == (other.key, other.digest)
    assert tree(store, other, tmp_path / "in") == data
    assert plain.digest == content_digest(tmp_path / "other")


def test_the_same_content_is_copied_once_and_another_has_another_key(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log.csv").write_text("first")
    first = take(tmp_path / "log.csv")
    monkeypatch.chdir(tmp_path)
    assert take("log.csv") == Source("log.csv", first.key, first.digest)
    assert take(f"file://{tmp_path}/log.csv").key == first.key
    assert len(list((tmp_path / "store/objects").glob("*/*"))) == 1
    (tmp_path / "log.csv").write_text("other")
    assert take("log.csv").key != first.key


def test_what_its_owner_writes_later_does_not_change_it(take: Take, store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("first")
    source = take(tmp_path / "log.csv")
    with (tmp_path / "log.csv").open("a") as log:
        log.write("more")
    assert store.verify(source.key, source.digest)
    assert tree(store, source, tmp_path / "in") == {"log.csv": "first"}


def test_links_are_followed(take: Take, store: DirectoryStore, tmp_path: Path) -> None:
    folder(tmp_path / "real", {"2026/a.csv": "a"})
    (tmp_path / "current").symlink_to("real")
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "linked.csv").symlink_to(tmp_path / "real/2026/a.csv")
    assert tree(store, take(tmp_path / "current"), tmp_path / "in1") == {"2026/a.csv": "a"}
    assert tree(store, take(tmp_path / "farm"), tmp_path / "in2") == {"linked.csv": "a"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("nowhere.csv", "there is no file or folder"),
        ("empty.csv", "is empty"),
        ("empty", "holds no data file"),
        ("hidden", "holds no data file"),
        ("hollow", "is empty"),
        ("_log.csv", "components do not see: '_log.csv' begins with '_'"),
        ("pipe", "neither a file nor a folder"),
        ("pipes", "neither a file nor a folder"),
        ("dangling", "cannot be read: No such file or directory .*nowhere"),
    ],
)
def test_what_cannot_be_taken_in_says_why(take: Take, tmp_path: Path, name: str, wrong: str) -> None:
    folder(tmp_path, {"empty.csv": "", "hidden/.a": "x", "hollow/a.csv": "", "_log.csv": "x", "pipes/a.csv": "x"})
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipes/b")
    folder(tmp_path / "dangling", {"a": "x"})
    (tmp_path / "dangling/b").symlink_to("nowhere")
    with pytest.raises(LocationError, match=wrong) as error:
        take(tmp_path / name)
    assert (error.value.exit_code, bool(error.value.remedy)) == (66, True)


class Rewritten(DirectoryStore):
    """Whenever something is added, its owner has just written to it."""

    def add(self, path: Path, key: str, digest: str = "") -> Reference:
        for file in path.iterdir():
            file.write_text("second")
        return super().add(path, key, digest)


def test_a_file_that_is_rewritten_meanwhile_gets_no_wrong_digest(store: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("first")
    first = take_in(str(tmp_path / "log.csv"), store, tmp_path / "scratch")
    with pytest.raises(StoreError, match="was written to while it was read") as error:
        take_in(str(tmp_path / "log.csv"), Rewritten(tmp_path / "store"), tmp_path / "scratch")
    assert "make a copy" in error.value.remedy
    assert store.verify(first.key, first.digest)


# URLs


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.store.clear()


@pytest.mark.parametrize("location", ["memory://bucket/logs", "memory://bucket/logs/", "memory://bucket/logs/a.csv"])
def test_a_url_is_a_folder_or_a_file(
    take: Take, store: DirectoryStore, tmp_path: Path, memory: fsspec.AbstractFileSystem, location: str
) -> None:
    for name in ("a.csv", "sub/b.csv", "_SUCCESS", ".tmp/c.csv"):
        memory.pipe_file(f"/bucket/logs/{name}", name.encode())
    expected = {"a.csv": "a.csv"} | ({} if location.endswith(".csv") else {"sub/b.csv": "sub/b.csv"})
    source = take(location)
    assert tree(store, source, tmp_path / "in") == expected
    assert take(folder(tmp_path / "same", expected)).key == source.key


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder; some paths are forbidden or broken."""

    def do_GET(self) -> None:
        status = {"forbidden.csv": 403, "broken.csv": 500}.get(self.path.rpartition("/")[2])
        if status is None:
            super().do_GET()
        else:
            self.send_error(status)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nobody reads it."""


@pytest.fixture
def website(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the folder `site`."""
    handler = partial(Quiet, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_of_the_web_is_taken_in_and_its_secrets_are_not_told(
    take: Take, store: DirectoryStore, tmp_path: Path, website: str
) -> None:
    folder(tmp_path / "site", {"my log.csv": "a,b\n"})
    source = take(f"{website}/my%20log.csv?token=secret")
    assert source.location == f"{website}/my%20log.csv"
    assert tree(store, source, tmp_path / "in") == {"my log.csv": "a,b\n"}


@pytest.mark.parametrize(
    ("path", "error", "wrong"),
    [
        ("/nowhere.csv", LocationError, "there is no data file at http://"),
        ("/folder/", LocationError, "names no file"),
        ("/empty.csv", LocationError, "is empty"),
        ("/forbidden.csv", StoreError, "refuses this: 403"),
        ("/broken.csv", StoreError, "failed: .*500"),
    ],
)
def test_what_the_web_does_not_give_is_told(
    take: Take, tmp_path: Path, website: str, path: str, error: type[Exception], wrong: str
) -> None:
    folder(tmp_path / "site", {"empty.csv": ""})
    with pytest.raises(error, match=wrong):
        take(f"{website}{path}")


def test_a_server_that_is_not_there_is_told(take: Take) -> None:
    with pytest.raises(StoreError, match=r"http://127.0.0.1:1/x.csv cannot be reached") as error:
        take("http://127.0.0.1:1/x.csv?token=secret")
    assert error.value.exit_code == 74


@pytest.mark.parametrize(
    ("location", "error", "wrong"),
    [
        ("foo://bucket/x", StoreError, "no protocol foo://"),
        ("memory://bucket/nowhere", LocationError, "no data file"),
        ("memory://bucket/.x", LocationError, "no data file"),
    ],
)
def test_a_url_with_nothing_behind_it_is_told(take: Take, location: str, error: type[Exception], wrong: str) -> None:
    with pytest.raises(error, match=wrong):
        take(location)
