"""How the viewer comes by its tables: the chart's scripts, with the real rclone, on a folder and on an S3 server."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.charts.chart import CHART, NAMESPACE, ROOT, one, pod_templates, render, rendered, values_of
from tests.charts.programs import need

FETCH, SERVE = CHART / "files" / "fetch.sh", CHART / "files" / "serve.sh"
INPUTS = """
recommendations published recommend/production/recommendations required
items key shared/items required
scores published recommend/production/scores optional
"""


@pytest.fixture(autouse=True, scope="module")
def _rclone() -> None:
    need("rclone", "rclone")


@dataclass
class Pod:
    """A store, the folder that the containers of the viewer share, and what they are set up with."""

    store: Path
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        own = {"FOLDER": str(self.folder), "STORE": str(self.store), "INPUTS": INPUTS, "POLL_SECONDS": "0.05"}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), **own, **self.settings, **more}

    def put(self, key: str, text: str = "data") -> None:
        file = self.store / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def publish(self, result: str, run: str, **more: object) -> None:
        """Put the result of a run, and let the pointer name it, as a run does at its end."""
        key = f"runs/{run}/predict/{result}"
        self.put(f"{key}/part-0.parquet", run)
        pointer = {
            "apiVersion": "machiya/v1",
            "earlier": {"run": "r0", "key": "runs/r0/predict/recommendations", "digest": "0", "started": "x"},
            "kind": "Published",
            "run": run,
            "key": key,
            "rows": 12,
            "coverage": None,
            **more,
        }
        self.put(f"published/recommend/production/{result}.json", json.dumps(pointer, indent=2))

    def fetch(self, what: str = "once", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(FETCH), what],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @contextmanager
    def running(self, script: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """A script that runs until it is told to end, or the test ends; what it says can be read from its stdout."""
        with subprocess.Popen(
            ["sh", str(script), *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            # Whatever hangs ends, and with it the test.
            alarm = threading.Timer(120, os.killpg, (process.pid, signal.SIGKILL))
            alarm.start()
            try:
                yield process
            finally:
                alarm.cancel()
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def current(self) -> dict[str, str]:
        """What the viewer sees: content by name."""
        folder = self.folder / (self.folder / "current").read_text() / "in"
        return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}

    def sets(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.is_dir()}


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    """A store with the table that has a fixed place, and nothing published."""
    pod = Pod(tmp_path / "store", tmp_path / "shared")
    pod.folder.mkdir()
    pod.put("shared/items/items.parquet", "items")
    return pod


def heard(process: subprocess.Popen[str], text: str) -> str:
    """The next line that has this text; fails if the process ends before."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return line
    pytest.fail(f"ended without saying {text!r}: {''.join(said)}")


def test_what_is_published_is_there_as_a_whole(pod: Pod) -> None:
    pod.publish("recommendations", "r1")
    assert pod.fetch().returncode == 0
    assert pod.current() == {"recommendations/part-0.parquet": "r1", "items/items.parquet": "items"}
    assert (pod.folder / (pod.folder / "current").read_text() / "out").is_dir()


def test_a_pointer_on_one_line_and_in_another_order_means_the_same(pod: Pod) -> None:
    pod.publish("recommendations", "r1")
    file = pod.store / "published/recommend/production/recommendations.json"
    pointer = json.loads(file.read_text())
    file.write_text(json.dumps({name: pointer[name] for name in ("key", "earlier", "run")}, separators=(",", ":")))
    assert pod.fetch().returncode == 0
    assert pod.current()["recommendations/part-0.parquet"] == "r1"


def test_shards_keep_their_folders(pod: Pod) -> None:
    pod.publish("recommendations", "r1")
    pod.put("runs/r1/predict/recommendations/00001/part-0.parquet", "second")
    assert pod.fetch().returncode == 0
    assert pod.current()["recommendations/00001/part-0.parquet"] == "second"


def test_it_waits_until_something_is_published(pod: Pod) -> None:
    with pod.running(FETCH, "once") as fetch:
        heard(fetch, "nothing is published at published/recommend/production/recommendations.json yet")
        pod.put("runs/r1/predict/recommendations/part-0.parquet", "r1")
        pod.publish("recommendations", "r1")
        heard(fetch, "brought")
        assert fetch.wait() == 0
    assert pod.current()["recommendations/part-0.parquet"] == "r1"


def test_it_takes_over_what_is_newer_and_lets_go_of_what_is_old(pod: Pod) -> None:
    pod.publish("recommendations", "r1")
    pod.fetch()
    with pod.running(FETCH, "watch") as watch:
        before = ""
        for run in ("r2", "r3"):
            before = (pod.folder / "current").read_text()
            pod.publish("recommendations", run)
            heard(watch, f"runs/{run}/predict")
            assert pod.current()["recommendations/part-0.parquet"] == run
        pod.publish("scores", "r3")
        heard(watch, "scores")
        watch.terminate()
        assert watch.wait() == 143
    assert before not in pod.sets()
    assert len(pod.sets()) == 2
    assert pod.current()["scores/part-0.parquet"] == "r3"


@pytest.mark.parametrize("key", ["../../etc", "/etc", "", 'a b"'])
def test_a_pointer_that_names_no_place_in_the_store_is_not_followed(pod: Pod, key: str) -> None:
    pod.publish("recommendations", "r1", key=key)
    with pod.running(FETCH, "once") as fetch:
        heard(fetch, "names no usable key for recommendations")
    assert not (pod.folder / "current").exists()


def test_half_a_set_is_no_set(pod: Pod) -> None:
    pod.publish("recommendations", "r1")
    pod.fetch()
    shutil.rmtree(pod.store / "shared")
    pod.publish("recommendations", "r2")
    with pod.running(FETCH, "watch") as watch:
        heard(watch, "kept what is there")
    assert pod.current() == {"recommendations/part-0.parquet": "r1", "items/items.parquet": "items"}


def test_the_pod_of_the_chart_reads_a_real_s3_server(pod: Pod) -> None:
    """With the variables that the chart sets, but for the address and the credentials."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        settings = chart_environment("tryout")
        address = f"http://{host}:{port}"
        settings |= {"RCLONE_CONFIG_STORE_ENDPOINT": address, "STORE": f"store:{settings['BUCKET']}"}
        settings |= dict.fromkeys(
            ("RCLONE_CONFIG_STORE_ACCESS_KEY_ID", "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY"), "test"
        )
        client = boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        client.create_bucket(Bucket=settings["BUCKET"])
        pod.publish("recommendations", "r1")
        for file in pod.store.rglob("*"):
            if file.is_file():
                client.upload_file(str(file), settings["BUCKET"], str(file.relative_to(pod.store)))
        pod.settings = settings
        told = pod.fetch(INPUTS=INPUTS)
        assert told.returncode == 0, told.stderr
        assert pod.current() == {"recommendations/part-0.parquet": "r1", "items/items.parquet": "items"}
    finally:
        server.stop()


def test_inputs_are_written_as_the_script_reads_them() -> None:
    inputs = one(rendered("production-s3"), "ConfigMap", "machiya-viewer")["data"]["inputs"].splitlines()
    assert sorted(inputs) == [
        "interactions published recommend/production/interactions required",
        "items published recommend/production/items required",
        "recommendations published recommend/production/recommendations required",
        "scores published recommend/production/scores optional",
    ]
    assert "items key shared/items required" in one(rendered("gcs"), "ConfigMap", "machiya-viewer")["data"]["inputs"]


def test_pointers_are_looked_for_where_workflows_put_them() -> None:
    """`published/WORKFLOW/STAGE/RESULT.json`, as a key of the manifests."""
    keys = set()
    for file in ROOT.glob("workflows/*/rendered/*.yaml"):
        keys |= set(re.findall(r"key: (published/\S+)", file.read_text()))
    assert keys
    for key in keys:
        workflow, stage, result = key.removeprefix("published/").removesuffix(".json").split("/")
        values = values_of("production-s3")
        values["viewer"]["inputs"]["recommendations"] = {"published": f"{workflow}/{stage}/{result}"}
        inputs = one(render(values), "ConfigMap", "machiya-viewer")["data"]["inputs"]
        assert f"recommendations published {key.removeprefix('published/').removesuffix('.json')} required" in inputs


def test_scripts_get_into_the_pod_as_they_are() -> None:
    data = one(rendered("production-s3"), "ConfigMap", "machiya-viewer")["data"]
    assert (data["fetch.sh"].strip(), data["serve.sh"].strip()) == (
        FETCH.read_text().strip(),
        SERVE.read_text().strip(),
    )


STAND_IN = """#!/bin/sh
trap 'echo stopped; exit 143' TERM
echo "serves $(basename "$MACHIYA_DATA") $*"
[ ! -e "$FOLDER/fails" ] || exit 65
while :; do sleep 60 & wait $!; done
"""


@pytest.fixture
def stand_in(pod: Pod, tmp_path: Path) -> Pod:
    """A pod with a program `component` that says what it serves."""
    program = tmp_path / "bin" / "component"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    pod.settings = {"PATH": f"{program.parent}:{os.environ['PATH']}", "CHECK_SECONDS": "0.05"}
    make_current(pod, "one")
    return pod


def make_current(pod: Pod, name: str) -> None:
    (pod.folder / ".current").write_text(name)
    (pod.folder / ".current").rename(pod.folder / "current")


def test_the_viewer_begins_anew_on_what_is_newer_and_ends_when_told_to(stand_in: Pod) -> None:
    with stand_in.running(SERVE, "--title", "Jobs of today") as serve:
        heard(serve, "serves one run serve --title Jobs of today")
        make_current(stand_in, "two")
        heard(serve, "stopped")
        heard(serve, "serves two run serve")
        serve.terminate()
        heard(serve, "stopped")
        assert serve.wait() == 143


def test_a_viewer_that_ends_by_itself_is_not_hidden(stand_in: Pod) -> None:
    (stand_in.folder / "fails").touch()
    with stand_in.running(SERVE) as serve:
        heard(serve, "serves one")
        assert serve.wait() == 65


def chart_environment(name: str) -> dict[str, str]:
    """Variables of the container that fetches, without those from Secrets and ConfigMaps."""
    template = pod_templates(rendered(name))["Deployment/machiya-viewer"]
    variables = template["spec"]["initContainers"][0]["env"]
    assert NAMESPACE in str(variables)
    return {variable["name"]: variable["value"] for variable in variables if "value" in variable}
