"""What goes wrong in containers, and what then (see test_failures.py and others in platform/machiya/tests/engine)."""

import hashlib
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from machiya.containers import ContainerEngine
from machiya.engines.local.api import Result, Setup, run_workflow
from machiya.engines.local.argo.interpreter.nodes import Node
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.docker import RUN_LABEL, DockerLauncher
from machiya.errors import MachiyaError

pytestmark = pytest.mark.engine

BUSYBOX = "machiya-test/busybox"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@pytest.fixture
def setup(tmp_path: Path, docker_launcher: DockerLauncher) -> Setup:
    return Setup(tmp_path / "home", docker_launcher, capacity=Capacity(4, 4 << 30), grace=0.2, handle_signals=False)


def manifest(*containers: str, template: str = "") -> str:
    """Templates of a container each, of which the first is run, with the image busybox where they name none."""
    templates = "".join(
        f"""
  - name: step{number}
    metadata: {{labels: {{machiya/component: tool{number}}}}}
{template}
    container: {{{container if "image:" in container else f"image: busybox, {container}"}}}
"""
        for number, container in enumerate(containers)
    )
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: docker-}}
spec:
  entrypoint: step0
  templates:{templates}"""


def shell(text: str, more: str = "") -> str:
    """A container that runs a shell script."""
    return f"command: [sh, -c], args: [{json.dumps(text)}]{more}"


VOLUME = ", volumeMounts: [{name: out, mountPath: /data/out}]"


def outputs(path: str) -> str:
    return f"""    volumes: [{{name: out, emptyDir: {{}}}}]
    outputs: {{artifacts: [{{name: port, path: {path}}}]}}"""


def only(result: Result) -> Node:
    (node,) = result.state.nodes.values()
    return node


def log_of(setup: Setup, result: Result) -> str:
    return next((setup.home / "runs" / result.run / "steps").glob("*/log.txt")).read_text()


def kept(setup: Setup) -> list[Path]:
    return list((setup.home / "store" / "keys").rglob("*.json"))


# A pin whose image is gone


class Registry(ThreadingHTTPServer):
    """A registry of images with one repository, which may forget what it had."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Repository)
        self.contents: dict[str, tuple[str, bytes]] = {}

    @property
    def repository(self) -> str:
        return f"localhost:{self.server_port}/acme/tool"

    def add(self, kind: str, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.contents[digest] = (kind, data)
        return {"mediaType": kind, "size": len(data), "digest": digest}

    def push(self, image: str) -> str:
        """Take an image of the engine in; the digest that it is pinned by."""
        saved = subprocess.run(["docker", "save", image], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(saved)) as archive:

            def read(name: str) -> bytes:
                file = archive.extractfile(name)
                assert file is not None
                return file.read()

            (listed,) = json.loads(read("manifest.json"))
            config = self.add(CONFIG, read(listed["Config"]))
            layers = [self.add(LAYER, read(name)) for name in listed["Layers"]]
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        return str(self.add(MANIFEST, json.dumps(document).encode())["digest"])


class Repository(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        if self.path == "/v2/":
            return self._answer(200, "application/json", b"{}")
        kind, data = self.server.contents.get(self.path.rpartition("/")[2], ("", b""))
        if not kind:
            error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            return self._answer(404, "application/json", json.dumps(error).encode())
        return self._answer(200, kind, data)

    do_HEAD = do_GET  # noqa: N815 - the base class looks for this name

    def _answer(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(data).hexdigest()}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_every_image_that_is_gone_is_told_with_its_line_before_anything_starts(
    setup: Setup, registry: Registry
) -> None:
    gone = f"{registry.repository}:1.0.0@sha256:{'0' * 64}"
    text = manifest(
        f"image: '{gone}'",
        "image: localhost:1/acme/tool:1.0.0",
        "image: machiya-test-never-built/tool2:1.0.0",
        "image: '{{inputs.parameters.image}}'",
        "command: [sh]",
        f"image: '{gone}'",
    )
    with pytest.raises(ManifestError) as error:
        run_workflow(text, setup, file="w.yaml")
    findings = error.value.findings
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "name: step" in line]
    assert [(one.file, one.line) for one in findings] == [("w.yaml", line) for line in lines[:3]]
    assert "manifest unknown" in findings[0].message
    assert "pin a version whose image is there" in findings[0].remedy
    assert "connection refused" in findings[1].message
    assert findings[2].message.endswith("is not on this machine, and its version is not released.")
    assert "machiya build components/tool2" in findings[2].remedy
    assert "--launcher process" in findings[2].remedy
    assert (error.value.exit_code, setup.home.exists()) == (65, False)


def test_an_image_that_is_pinned_by_its_digest_is_fetched_before_the_run(
    setup: Setup, registry: Registry, container_engine: ContainerEngine, stand_ins: dict[str, str]
) -> None:
    image = f"{registry.repository}:1.0.0@{registry.push(stand_ins['busybox'])}"
    told: list[str] = []
    launcher = DockerLauncher(container_engine, on_pull=told.append)
    try:
        text = manifest(f"image: '{image}', {shell('echo fetched')}")
        result = run_workflow(text, replace(setup, launcher=launcher))
        assert (result.phase, log_of(setup, result), told) == ("Succeeded", "fetched\n", [image])
    finally:
        with suppress(MachiyaError):
            container_engine.remove_image(image.replace(":1.0.0@", "@"))


def test_an_image_that_is_known_late_is_looked_for_when_it_is_needed(setup: Setup) -> None:
    text = manifest("image: '{{workflow.parameters.image}}'").replace(
        "entrypoint: step0", "entrypoint: step0\n  arguments: {parameters: [{name: image, value: 'localhost:1/x:1'}]}"
    )
    result = run_workflow(text, setup)
    assert only(result).phase == "Error"
    assert only(result).message.startswith("the image localhost:1/x:1 is not on this machine, and cannot be fetched")


# Programs that go wrong


def test_a_container_that_does_not_end_when_it_is_told_to_is_killed(
    setup: Setup, container_engine: ContainerEngine
) -> None:
    hang = shell("trap '' TERM; while true; do sleep 1; done")
    result = run_workflow(manifest(hang, template="    activeDeadlineSeconds: 1"), setup)
    message = "Pod was active on the node longer than the specified deadline"
    assert (only(result).phase, only(result).message) == ("Failed", message)
    assert result.state.facts is not None
    assert container_engine.remove_labelled(RUN_LABEL, result.state.facts.uid) == 0


def test_a_container_that_dies_in_the_middle_of_its_output_is_failed_and_nothing_stays(setup: Setup) -> None:
    text = shell("mkdir /data/out/port; echo half > /data/out/.port.new; kill -9 $$", VOLUME)
    result = run_workflow(manifest(text, template=outputs("/data/out/port/whole")), setup)
    assert (only(result).phase, only(result).message) == ("Failed", "Error (exit code 137)")
    assert kept(setup) == []
    assert [path.name for path in (setup.home / "runs" / result.run / "steps").glob("*/*")] == ["log.txt"]


def test_the_log_of_a_container_that_needs_too_much_memory_says_so(setup: Setup) -> None:
    result = run_workflow(manifest(shell("tail /dev/zero", ", resources: {limits: {memory: 16Mi}}")), setup)
    assert only(result).message == "OOMKilled (exit code 137)"
    assert log_of(setup, result).endswith("machiya: killed by the kernel: it reached its limit of memory.\n")


def test_a_container_that_fills_the_disk_fails_and_gives_the_room_back(setup: Setup, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        small = replace(setup, home=disk / "home")
        fill = shell("cat /dev/zero > /data/out/large || exit 75", VOLUME)
        result = run_workflow(manifest(fill, template=outputs("/data/out/port")), small)
        assert (only(result).phase, only(result).message) == ("Failed", "Error (exit code 75)")
        assert "No space left on device" in log_of(small, result)
        assert sum(path.stat().st_size for path in disk.rglob("*") if path.is_file()) < 1 << 20
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_flood_of_logs_from_a_container_is_bounded(setup: Setup) -> None:
    result = run_workflow(manifest(shell("yes | head -c 100000000; echo the end")), setup)
    assert result.phase == "Succeeded"
    log = log_of(setup, result)
    assert len(log) < 17 << 20
    assert log.startswith("y\ny\n")
    assert log.endswith("y\nthe end\n")


LINKS = {
    "on a volume": ("ln -s /etc /data/out/port", "/data/out/port"),
    "on the way, on a volume": ("ln -s /etc /data/out/port", "/data/out/port/passwd"),
    "in a folder, on a volume": ("mkdir /data/out/port; ln -s /etc /data/out/port/a", "/data/out/port"),
    "in the container": ("ln -s /etc /port", "/port"),
    "in a folder, in the container": ("mkdir /port; ln -s ../etc/passwd /port/a", "/port"),
}


@pytest.mark.parametrize(("text", "path"), LINKS.values(), ids=LINKS)
def test_a_link_that_leads_out_of_an_output_is_refused(setup: Setup, text: str, path: str) -> None:
    """Else the next step, or the machine, would read what the link names over there."""
    result = run_workflow(manifest(shell(text, VOLUME), template=outputs(path)), setup)
    assert (only(result).phase, kept(setup)) == ("Error", [])
    assert only(result).message.startswith("the output 'port' could not be kept: the link ")
