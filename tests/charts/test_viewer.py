"""The viewer that the chart deploys: the real service on a real S3 server, with what the container gets alone."""

import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest
import trustme

from tests.charts.chart import CHART, ROOT, Object, one, pod_templates, render, rendered, values_of

BUCKET, RUN = "acme-machiya", "recommend-2026-11-22"
PAIR = f"/r/{RUN}/recommender-1.0.0..recommender-1.1.0"
SAMPLE = ROOT / "components" / "viewer" / "sample" / "view"
SECRETS = {"id": "AKIDOFTHESECRET", "secret": "never-shown"}
"""Keys of the Secret that the value set `everything` names."""


class Store:
    """An S3 server on this machine, with the view of one run where runs leave it; remembers how it was asked."""

    def __init__(self, folder: Path, secure: bool) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.asked: list[tuple[str, str]] = []
        self.authority = folder / "ca.crt"
        application, context = DomainDispatcherApplication(create_backend_app), None
        if secure:
            authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost").configure_cert(context)
            authority.cert_pem.write_to_path(str(self.authority))

        def noted(environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
            self.asked.append((environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION", "")))
            answer: Iterable[bytes] = application(environ, respond)
            return answer

        self.server = make_server("127.0.0.1", 0, noted, threaded=True, ssl_context=context)
        self.endpoint = f"localhost:{self.server.server_port}"
        self.url = f"{'https' if secure else 'http'}://{self.endpoint}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self._fill(str(self.authority) if secure else True)

    def _fill(self, verify: str | bool) -> None:
        import boto3

        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=self.url, verify=verify, **keys)
        client.create_bucket(Bucket=BUCKET)
        for file in sorted(SAMPLE.iterdir()):
            client.upload_file(str(file), BUCKET, f"shown/viewer/views/{RUN}/report/{file.name}")
        client.close()
        self.asked.clear()

    def values(self, **viewer: Any) -> Object:
        """Values of somebody whose store this is, everything else of the viewer as in the value set `everything`."""
        values = values_of("everything")
        values["store"]["s3"] |= {"bucket": BUCKET, "endpoint": self.endpoint, "insecure": self.url.startswith("http:")}
        values["viewer"] |= {"runs": "", **viewer}
        if not self.authority.exists():
            values["store"]["s3"].pop("caSecret")
        return values


@pytest.fixture(scope="module", params=["http", "https"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("store"), request.param == "https")
    yield store
    store.server.shutdown()
    store.server.server_close()


@contextmanager
def started(pod: Object, folder: Path, files: dict[str, Path]) -> Iterator[str]:
    """The address of the service, run by the arguments and in the environment of the container, and in no other.

    `files` are those of mounted Secrets by their place in the container.
    """
    (container,) = pod["containers"]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    own = {"MACHIYA_PORT": str(port), "MACHIYA_DATA": str(folder / "data"), "TMPDIR": str(folder), "HOME": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "machiya_component", "viewer", *container["args"]],
        env=own | environment(container, files),
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        # Whatever hangs ends, and with it the test.
        alarm = threading.Timer(300, service.kill)
        alarm.start()
        try:
            assert service.stderr is not None
            said = []
            for line in service.stderr:
                said.append(line)
                if "serving on port" in line:
                    break
            else:
                pytest.fail(f"ended without serving: {''.join(said)}")
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()
            service.communicate()
            alarm.cancel()


def environment(container: Object, files: dict[str, Path]) -> dict[str, str]:
    """Its variables, as the kubelet would fill them in."""
    found = {}
    for variable in container.get("env", []):
        value = variable.get("value")
        if value is None:
            value = SECRETS[variable["valueFrom"]["secretKeyRef"]["key"]]
        found[variable["name"]] = str(files[value]) if value in files else value
    return found


def viewer_of(objects: list[Object]) -> Object:
    """The pod of the viewer."""
    spec: Object = pod_templates(objects)["Deployment/machiya-viewer"]["spec"]
    return spec


def fetched(url: str) -> tuple[int, str]:
    with build_opener(ProxyHandler({})).open(url, timeout=300) as answer:
        return answer.status, answer.read().decode()


def test_the_container_shows_the_runs_of_the_bucket(store: Store, tmp_path: Path) -> None:
    objects = render(store.values())
    with started(viewer_of(objects), tmp_path, {"/etc/store-ca/ca.crt": store.authority}) as address:
        for path in ("/livez", "/healthz", "/readyz", "/metrics"):
            assert fetched(f"{address}{path}")[0] == 200
        status, front = fetched(f"{address}/viewer/")
        assert (status, RUN in front) == (200, True)
        assert "Jobs &amp; &#34;more&#34;" in front
        # Links lead to where the ingress has the viewer, and these are pages.
        assert set(re.findall(r'href="(/[^/"]+)', front)) == {"/viewer"}
        assert fetched(f"{address}/viewer{PAIR}")[0] == 200
        assert_helm_test_passes(objects, address)
    # By the path, since a server in a cluster has no name for each bucket; as who the Secret says, in the region.
    assert store.asked
    for path, authorization in store.asked:
        assert path.startswith(f"/{BUCKET}")
        assert re.search(rf"Credential={SECRETS['id']}/\d+/tokyo/s3/", authorization)
    assert not (tmp_path / "data").exists(), "the root file system of the container cannot be written to"


def assert_helm_test_passes(objects: list[Object], address: str) -> None:
    """`helm test` succeeds against a viewer at this address, and fails where none answers."""
    ask = one(objects, "Pod", "machiya-test-viewer")["spec"]["containers"][0]
    assert ask["image"] == viewer_of(objects)["containers"][0]["image"]
    python, option, program = ask["command"]
    assert (python, option) == ("python3", "-c")
    ports = one(objects, "Service", "machiya-viewer")["spec"]["ports"]
    assert ("http://machiya-viewer" in program, [port["port"] for port in ports]) == (True, [80])
    for place, code in ((address, 0), ("http://127.0.0.1:1", 1)):
        command = [sys.executable, "-c", program.replace("http://machiya-viewer", place)]
        told = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=300)
        assert told.returncode == code, told.stderr


@pytest.mark.parametrize("store", ["https"], indirect=True)
def test_a_store_with_a_certificate_of_somebody_else_is_not_read(store: Store, tmp_path: Path) -> None:
    """Only the certificate of the value `caSecret` makes the difference."""
    pod = viewer_of(render(store.values()))
    nobody = tmp_path / "nobody.crt"
    trustme.CA().cert_pem.write_to_path(str(nobody))
    with started(pod, tmp_path, {"/etc/store-ca/ca.crt": nobody}) as address, pytest.raises(OSError, match="503"):
        fetched(f"{address}/readyz")


def test_views_are_looked_for_where_workflows_put_them() -> None:
    keys = set()
    for file in ROOT.glob("workflows/*/rendered/*.yaml"):
        keys |= set(re.findall(r"key: (shown/viewer/\S+)", file.read_text()))
    assert keys
    for name, url in (
        ("production-s3", "s3://acme-machiya/"),
        ("gcs", "gs://acme-machiya/"),
        ("tryout", "s3://machiya/"),
    ):
        args = viewer_of(rendered(name))["containers"][0]["args"]
        assert args[:3] == ["run", "serve", "--runs"]
        prefix = args[3].removeprefix(url)
        for key in keys:
            run, step = key.removeprefix(f"{prefix}/").split("/")
            assert (run, bool(step)) == ("{{workflow.name}}", True)


def test_nothing_stands_beside_the_viewer_and_the_image_starts_as_itself() -> None:
    for name in ("production-s3", "gcs", "tryout", "everything"):
        pod = viewer_of(rendered(name))
        (container,) = pod["containers"]
        assert ("initContainers" in pod, "command" in container) == (False, False)
    assert [path.name for path in (CHART / "files").iterdir()] == ["dashboard.json"]


IDENTITY = "by the identity of its service account"


@pytest.mark.parametrize(
    ("store", "runs", "credentials"),
    [
        ({"kind": "s3", "s3": {"bucket": "b"}}, "", IDENTITY),
        ({"kind": "s3", "s3": {"bucket": "b", "secret": {"name": "key"}}}, "", "key"),
        ({"kind": "s3", "s3": {"bucket": "b", "secret": {"name": "key"}}}, "s3://other/views", "key"),
        ({"kind": "s3", "s3": {"bucket": "b", "secret": {"name": "key"}}}, "gs://other/views", IDENTITY),
        ({"kind": "gcs", "gcs": {"bucket": "b"}}, "", IDENTITY),
        ({"kind": "gcs", "gcs": {"bucket": "b", "secret": {"name": "key"}}}, "", "key"),
        ({"kind": "none"}, "s3://other/views", IDENTITY),
        ({"kind": "none"}, "abfs://other@acme.dfs.core.windows.net/views", ""),
    ],
)
def test_the_viewer_has_the_credentials_of_the_store_that_it_reads(store: Object, runs: str, credentials: str) -> None:
    objects = render({"store": store, "viewer": {"enabled": True, "runs": runs}})
    pod = viewer_of(objects)
    (container,) = pod["containers"]
    given = {v["valueFrom"]["secretKeyRef"]["name"] for v in container.get("env", []) if "valueFrom" in v}
    given |= {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    assert given == ({credentials} - {IDENTITY, ""})
    rules = one(objects, "NetworkPolicy", "machiya-viewer")["spec"]["egress"]
    # Who it is, a pod hears from the node; nothing is asked of it where there are credentials.
    assert any("to" in rule for rule in rules) == (credentials == IDENTITY)


def test_a_key_of_google_is_a_file_that_its_variable_names() -> None:
    values = {"store": {"kind": "gcs", "gcs": {"bucket": "b", "secret": {"name": "key", "key": "sa.json"}}}}
    pod = viewer_of(render({**values, "viewer": {"enabled": True}}))
    (container,) = pod["containers"]
    (volume,) = [volume for volume in pod["volumes"] if "secret" in volume]
    (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == volume["name"]]
    (item,) = volume["secret"]["items"]
    assert (item["key"], mount["readOnly"]) == ("sa.json", True)
    assert container["env"] == [
        {"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": f"{mount['mountPath']}/{item['path']}"}
    ]
