"""Views in a real S3 server, read as the image reads them: what is there, what is new, and what a store may answer."""

import logging
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.files import reading
from machiya_viewer.view.model import HEAD, ViewError
from machiya_viewer.view.reader import ViewReader, open_view

BUCKET = "machiya"
PREFIX = "shown/viewer/views"
URL = f"s3://{BUCKET}/{PREFIX}"


class Store:
    """A bucket of a server on this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = boto3.client("s3", endpoint_url=address)

    def empty(self) -> None:
        """As new."""
        requests.post(f"{self.address}/moto-api/reset", timeout=60).raise_for_status()
        self.client.create_bucket(Bucket=BUCKET)

    def add(self, view: str, folder: str) -> None:
        """A view as a run leaves it."""
        for file in sorted(Path(folder).iterdir()):
            self.client.upload_file(str(file), BUCKET, f"{PREFIX}/{view}/{file.name}")


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    """One for all tests here: what reads a store is kept while a process lives, and with it the address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    values = {"ENDPOINT_URL": address, "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logging.getLogger("werkzeug"), "disabled", True)
        for name in ("HTTP_PROXY", "http_proxy", "AWS_PROFILE"):
            patched.delenv(name, raising=False)
        for name, value in values.items():
            patched.setenv(f"AWS_{name}", value)
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield Store(address)
    server.stop()


@pytest.fixture
def store(server: Store) -> Store:
    server.empty()
    return server


def test_a_view_in_a_bucket_says_what_it_says_in_a_folder(store: Store, sample_view: ViewReader) -> None:
    store.add("recommend-1/report", sample_view.files.root)
    view = open_view(f"{URL}/recommend-1/report")
    assert view.head == sample_view.head
    assert view.facts() == sample_view.facts()
    assert (listed := view.users_starting("u", 5)) == sample_view.users_starting("u", 5)
    assert view.user(listed[0]) == sample_view.user(listed[0])
    assert view.recommended(0, listed[0]) == sample_view.recommended(0, listed[0])
    assert view.recommended(0, listed[0])


def test_a_new_run_appears_and_others_objects_are_no_runs(store: Store, sample_view: ViewReader) -> None:
    seconds = [0.0]
    store.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/notes.txt", Body=b"hello")
    catalog = Catalog(URL, lambda: seconds[0])
    assert catalog.runs(1, 5).total == 0
    store.add("recommend-1/report", sample_view.files.root)
    seconds[0] = 10
    (run,) = catalog.runs(1, 5).runs
    assert run.users == sample_view.head.users
    found = catalog.run(run.slug)
    assert found is not None
    assert run.comparison is not None
    pair = found.pair(*run.comparison)
    assert pair is not None
    assert pair.reader is not None
    assert pair.reader.facts() == sample_view.facts()


def test_what_a_store_answers_is_told(store: Store, sample_view: ViewReader) -> None:
    with pytest.raises(ViewError, match=r"cannot be listed \(NO_SUCH_BUCKET\)"):
        Catalog("s3://another/views").runs(1, 5)
    with pytest.raises(ViewError, match=r"^view\.json: is gone$"):
        open_view(f"{URL}/recommend-1/report")
    store.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/bad/{HEAD}", Body=b"{")
    with pytest.raises(ViewError, match=r"^view\.json: is not JSON$"):
        open_view(f"{URL}/bad")
    store.add("broken", sample_view.files.root)
    store.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/broken/users.parquet", Body=b"no Parquet")
    with pytest.raises(ViewError, match=r"^users\.parquet: is not readable as Parquet$"):
        open_view(f"{URL}/broken").users_starting("u", 1)


def test_a_store_that_lets_nobody_in_is_not_taken_for_a_broken_file() -> None:
    denied = "When reading information for key 'x' in bucket 'b': AWS Error ACCESS_DENIED during HeadObject operation"
    with (
        pytest.raises(ViewError, match=r"^facts\.json: could not be read \(ACCESS_DENIED\)$"),
        reading("facts.json", remote=True),
    ):
        raise OSError(denied)
