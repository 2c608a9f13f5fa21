"""The store and the memo on a real S3 server: what is there, what goes wrong there, and a whole run."""

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import fsspec
import pytest
import requests
from moto.server import ThreadedMotoServer

from machiya.engines.local.api import Result, Setup, resubmit, retry, run_workflow
from machiya.engines.local.argo.interpreter.nodes import ArtifactValue, Outputs
from machiya.engines.local.cache import Memo, MemoEntry, open_memo
from machiya.engines.local.events import Entry, PodLaunched
from machiya.engines.local.state import RunState
from machiya.engines.local.store import ArtifactStore, StoreError, open_store

URL = "s3://machiya/team"
Make = Callable[..., str]


class Server:
    """An S3 server on this machine. What it holds is forgotten by the next one, not by a stop."""

    def __init__(self) -> None:
        self._port = 0
        self.start()
        requests.post(f"{self.address}/moto-api/reset", timeout=60).raise_for_status()

    def start(self) -> None:
        """At the same address as before."""
        self._server: Any = ThreadedMotoServer(ip_address="127.0.0.1", port=self._port, verbose=False)
        self._server.start()
        self._port = self._server.get_host_and_port()[1]

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """From now on nobody answers."""
        self._server.stop()

    def files(self) -> fsspec.AbstractFileSystem:
        """What is there, around the store."""
        return fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, and the environment that names it."""
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)
    for name in ("HTTP_PROXY", "http_proxy", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    for name, value in {
        "AWS_ENDPOINT_URL": server.address,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    server.files().mkdir("machiya")
    yield server
    server.stop()


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def tree(path: Path) -> dict[str, bytes]:
    return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}


FILES = {"a.txt": b"A", "sub/ü [1].txt": b"B", "large.bin": bytes(range(256)) * (20 << 12), "empty": b""}


@pytest.mark.usefixtures("server")
def test_what_one_machine_puts_another_gets(tmp_path: Path) -> None:
    one, other = open_store(URL, tmp_path / "one"), open_store(URL, tmp_path / "other")
    reference = one.put(folder(tmp_path / "out", FILES), "runs/1/step/port")
    assert other.find("runs/1/step/port") == reference
    assert other.intact(reference.key, reference.digest)
    assert other.verify(reference.key, reference.digest)
    other.link(reference.key, tmp_path / "in")
    assert tree(tmp_path / "in") == FILES
    assert other.find("runs/1/step") is not None
    assert other.find("runs/1/ste") is None


def overwrite(files: fsspec.AbstractFileSystem, name: str) -> None:
    files.pipe_file(name, b"X")


def delete(files: fsspec.AbstractFileSystem, name: str) -> None:
    files.rm_file(name)


@pytest.mark.parametrize("harm", [overwrite, delete])
def test_what_was_altered_or_deleted_there_is_noticed(
    server: Server, tmp_path: Path, harm: Callable[[fsspec.AbstractFileSystem, str], None]
) -> None:
    files: Any = server.files()
    store = open_store(URL, tmp_path / "home")
    reference = store.put(folder(tmp_path / "out", FILES), "k")
    assert store.verify("k", reference.digest)
    name = next(name for name, info in files.find("machiya", detail=True).items() if info["size"] == 1)
    harm(files, name)
    assert not store.verify("k", reference.digest)
    assert not files.exists(name)
    store.put(folder(tmp_path / "again", FILES), "k")
    assert store.verify("k", reference.digest)


@pytest.mark.usefixtures("server")
def test_a_memo_there_is_shared(tmp_path: Path) -> None:
    one, other = open_memo(URL, tmp_path / "one"), open_memo(URL, tmp_path / "other")
    entry = MemoEntry(Outputs({"o": "1"}, {"a": ArtifactValue("k", digest="d")}), 5.0, "run", "node")
    one.save("cache", "key-1", entry)
    assert (other.lookup("cache", "key-1"), other.lookup("cache", "key-2")) == (entry, None)
    assert list(other.entries()) == [("cache", "key-1", entry)]
    other.forget("cache", "key-1")
    assert one.lookup("cache", "key-1") is None


def use(store: ArtifactStore, memo: Memo, tmp_path: Path) -> list[Callable[[], object]]:
    """Every way to use a store and a memo."""
    return [
        lambda: store.put(folder(tmp_path / "new", {"a": b"new"}), "new"),
        lambda: store.add(folder(tmp_path / "own", {"a": b"own"}), "own"),
        lambda: store.find("k"),
        lambda: store.link("k", tmp_path / "in"),
        lambda: store.verify("k", ""),
        lambda: store.intact("k", ""),
        lambda: store.sweep(lambda _: True, 0.0),
        lambda: memo.lookup("cache", "key"),
        lambda: memo.save("cache", "key", MemoEntry(Outputs(), 5.0, "run", "node")),
        lambda: list(memo.entries()),
    ]


def test_a_server_that_stops_answering_is_told_whatever_is_done(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": {"retries": {"total_max_attempts": 1}}})
    store, memo = open_store(URL, tmp_path / "home"), open_memo(URL, tmp_path / "home")
    store.put(folder(tmp_path / "out", {"a": b"A"}), "k")
    server.stop()
    for work in use(store, memo, tmp_path):
        with pytest.raises(StoreError, match=f"^{URL} cannot be reached: .*{server.address}") as error:
            work()
        assert error.value.exit_code == 74
        assert "network" in error.value.remedy


@pytest.mark.usefixtures("server")
def test_a_server_that_never_answers_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = {"read_timeout": 0.2, "retries": {"total_max_attempts": 1}}
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": once})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match=r"cannot be reached: .*timeout"):
            open_store(URL, tmp_path)


@pytest.mark.usefixtures("server")
def test_a_bucket_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="s3://elsewhere/x: there is no bucket 'elsewhere'") as error:
        open_store("s3://elsewhere/x", tmp_path)
    assert "Create it" in error.value.remedy


@pytest.mark.usefixtures("server")
def test_missing_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            without.delenv(name)
        with pytest.raises(StoreError, match="there are no credentials") as error:
            open_store(URL, tmp_path)
    assert "AWS_ACCESS_KEY_ID" in error.value.remedy


class Refusal(BaseHTTPRequestHandler):
    """Answers as S3 does to an unknown key."""

    def do_GET(self) -> None:
        body = b"<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist.</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nobody reads it."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a server that knows nobody."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("server")
def test_refused_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusing: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", refusing)
    with pytest.raises(StoreError, match=f"^{URL} refuses this: InvalidAccessKeyId: The key") as error:
        open_store(URL, tmp_path)
    assert "AWS_ACCESS_KEY_ID" in error.value.remedy


def on_s3(setup: Setup) -> Setup:
    return replace(setup, store=open_store(URL, setup.home), memo=open_memo(URL, setup.home))


def outputs(result: Result) -> dict[str, tuple[str, bool]]:
    """The digest of each step's artifact, and whether it was remembered."""
    steps = (node for node in result.state.nodes.values() if node.outputs.artifacts)
    return {node.display_name: (node.outputs.artifacts["port"].digest, node.memo_hit) for node in steps}


@pytest.mark.usefixtures("server")
def test_a_whole_run_and_the_same_again_here_and_on_another_machine(
    setup: Setup, make: Make, task: Make, tmp_path: Path
) -> None:
    manifest = make(task("first", "write", "hello") + task("last", "join", takes="first"))
    memoize = 'memoize: {key: "k-{{inputs.parameters.operation}}", cache: {configMap: {name: c}}}'
    manifest = manifest.replace("    outputs:", f"    {memoize}\n    outputs:", 1)
    first = run_workflow(manifest, on_s3(setup))
    again = resubmit(first.run, on_s3(setup))
    other = run_workflow(manifest, on_s3(replace(setup, home=tmp_path / "other")))
    assert [result.phase for result in (first, again, other)] == ["Succeeded"] * 3
    assert {hit for _, hit in outputs(first).values()} == {False}
    assert outputs(again) == outputs(other) == {name: (digest, True) for name, (digest, _) in outputs(first).items()}


def test_a_run_whose_store_goes_away_says_so_and_is_continued_when_it_is_back(
    server: Server, setup: Setup, make: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": {"retries": {"total_max_attempts": 1}}})

    def stop(entry: Entry, _: RunState) -> None:
        if isinstance(entry.event, PodLaunched):
            server.stop()

    manifest = make(task("first", "write", "hello") + task("last", "join", takes="first"))
    broken = run_workflow(manifest, replace(on_s3(setup), observers=[stop]))
    message = next(node.message for node in broken.state.nodes.values() if node.display_name == "first")
    assert broken.phase == "Error"
    assert f"could not be kept: {URL} cannot be reached" in message
    server.start()
    continued = retry(broken.run, on_s3(setup))
    assert (continued.phase, continued.state.sessions) == ("Succeeded", 2)
