"""Registries for tests: Debian's docker-registry as a process, and a small one with the referrers API."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import bcrypt

from machiya.images import CONTRACT_LABEL, OCI_PREFIX
from machiya.release.registry.referrers import OciRepository
from machiya.release.registry.repository import OCI_MANIFEST, digest_of

PROGRAM = "docker-registry"
USER, PASSWORD = "robot", "correct horse"


def missing_program() -> str | None:
    """Why there is no real registry on this machine; None if it can be started."""
    return None if shutil.which(PROGRAM) else f"there is no program {PROGRAM} (Debian: apt-get install docker-registry)"


@contextmanager
def docker_registry(folder: Path, *, password: bool = False) -> Iterator[str]:
    """A registry on a free port of this machine, as long as the block runs; its host."""
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0"},
    }
    if password:
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
        config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    (folder / "config.json").write_text(json.dumps(config))
    command = [PROGRAM, "serve", str(folder / "config.json")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        drain: threading.Thread | None = None
        try:
            host = _address(process)
            drain = threading.Thread(target=_read_all, args=(process,), daemon=True)
            drain.start()
            yield host
        finally:
            process.kill()
            if drain is not None:
                drain.join()


def _address(process: "subprocess.Popen[str]") -> str:
    """What it says that it listens on."""
    said = []
    for line in process.stderr or ():
        said.append(line)
        if match := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
            return match[1]
    raise AssertionError(f"{PROGRAM} did not start:\n{''.join(said)}")


def _read_all(process: "subprocess.Popen[str]") -> None:
    """A pipe that nobody reads would stop it."""
    for _ in process.stderr or ():
        pass


def put_image(repository: Any, tag: str, *, contract: str = "", commit: str = "c0ffee", salt: str = "") -> str:
    """Write an image without layers; its digest. ``salt`` makes it another."""
    assert isinstance(repository, OciRepository)
    labels = {f"{OCI_PREFIX}revision": commit, f"{OCI_PREFIX}created": "2026-11-22T00:00:00Z"}
    labels |= {CONTRACT_LABEL: contract} if contract else {}
    config = repository.put_blob(json.dumps({"config": {"Labels": labels}, "author": salt}).encode())
    described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.digest, "size": config.size}
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described, "layers": []}
    content = json.dumps(manifest).encode()
    repository.put_manifest(tag, content, OCI_MANIFEST)
    return digest_of(content)


class SmallRegistry:
    """As much of a registry as the client needs, with the referrers API, in memory.

    ``before`` is called with each request and may answer it (True), e.g. with an error. ``seen`` are the requests.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.tags: dict[str, str] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.before: Callable[[Any], bool] = lambda _handler: False
        self.host = ""

    def referrers(self, digest: str) -> list[dict[str, Any]]:
        """Descriptors of the manifests whose subject is a digest."""
        found = []
        for own, (media_type, content) in self.manifests.items():
            manifest = json.loads(content)
            if (manifest.get("subject") or {}).get("digest") == digest:
                entry = {"mediaType": media_type, "digest": own, "size": len(content)}
                more = {"artifactType": manifest.get("artifactType"), "annotations": manifest.get("annotations")}
                found.append({**entry, **more})
        return found


@contextmanager
def small_registry() -> Iterator[SmallRegistry]:
    """The small registry on a free port of this machine, as long as the block runs."""
    state = SmallRegistry()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(state)) as server:
        server.daemon_threads = True
        state.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def _handler(state: SmallRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        knows_subjects = True

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is printed."""

        def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
            if not state.before(self):
                _serve(state, self, body)

        do_GET = do_HEAD = do_PUT = do_POST = handle_any  # noqa: N815 - names of the standard library

    return Handler


def _serve(state: SmallRegistry, handler: Any, body: bytes) -> None:
    """The OCI distribution API, as far as it is used."""
    url = urlsplit(handler.path)
    query = parse_qs(url.query)
    match = re.fullmatch(r"/v2/(.+)/(tags|manifests|blobs|referrers)/(.*)", url.path)
    assert match is not None, handler.path
    _, kind, reference = match.groups()
    if handler.command == "POST":
        handler.answer(202, Location=f"{url.path}upload?state=1")
    elif handler.command == "PUT" and kind == "blobs":
        state.blobs[query["digest"][0]] = body
        handler.answer(201)
    elif handler.command == "PUT":
        digest = digest_of(body)
        state.manifests[digest] = (handler.headers["Content-Type"], body)
        if not reference.startswith("sha256:"):
            state.tags[reference] = digest
        subject = (json.loads(body).get("subject") or {}).get("digest")
        handler.answer(201, **({"OCI_Subject": subject} if subject and handler.knows_subjects else {}))
    elif kind == "tags":
        handler.answer(200, json.dumps({"tags": sorted(state.tags)}).encode())
    elif kind == "referrers":
        handler.answer(200, json.dumps({"schemaVersion": 2, "manifests": state.referrers(reference)}).encode())
    elif kind == "blobs":
        content = state.blobs.get(reference)
        handler.answer(404) if content is None else handler.answer(200, content)
    else:
        found = state.manifests.get(state.tags.get(reference, reference))
        handler.answer(404) if found is None else handler.answer(200, found[1], Content_Type=found[0])
