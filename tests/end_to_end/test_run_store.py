"""The whole workflow on one S3 store, as two people share it."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).parents[2]
MACHIYA = Path(sys.executable).with_name("machiya")
BUCKET = "team"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """That of somebody whose credentials are for a server of this machine, with a bucket."""
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    named = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }
    yield {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | named
    server.stop()


def run(environment: dict[str, str], home: Path) -> tuple[dict[str, Any], Path]:
    """(summary, report) of a run on the store."""
    words = [
        "run",
        "recommend",
        "--launcher",
        "process",
        "--store",
        f"s3://{BUCKET}/machiya",
        "--json",
        "--home",
        str(home),
    ]
    done = subprocess.run([MACHIYA, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary, next(Path(path) for path in summary["results"] if path.endswith("report/report")) / "index.html"


def test_what_one_has_computed_another_has_too(environment: dict[str, str], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKE_BUCKET], env=environment, check=True)
    first, report = run(environment, tmp_path / "one")
    assert first["steps"]["done"] == 15
    # What tells, compares, remembers, reports and publishes never is; the gates are when they have judged the same
    # before, which in the second run, the first with a history, they have not.
    for home, (cached, done) in {"one": (5, 9), "another": (7, 7)}.items():
        again, same = run(environment, tmp_path / home)
        assert (again["steps"]["cached"], again["steps"]["done"]) == (cached, done)
        assert same.read_bytes() == report.read_bytes()


MAKE_BUCKET = f"import fsspec; fsspec.filesystem('s3').mkdir('{BUCKET}')"
