"""What is visible in a folder of outputs, and whether it is whole."""

import json
import threading
from pathlib import Path

import pytest

from machiya.conformance.watch import OutputWatch, incompleteness, partial_outputs
from machiya_component.artifacts import SIDECAR, content_digest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def write_output(folder: Path) -> None:
    """A whole output of one file."""
    import hashlib

    folder.mkdir(parents=True)
    content = b'{"rows": 1}'
    (folder / "metrics.json").write_bytes(content)
    file = {"path": "metrics.json", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    producer = {"component": "tally", "version": "1.0.0", "operation": "count"}
    sidecar = {"type": "metrics", "files": [file], "digest": content_digest(folder), "producer": producer}
    (folder / SIDECAR).write_text(json.dumps(sidecar))


def test_a_whole_output_lacks_nothing(out: Path) -> None:
    write_output(out / "size")
    assert incompleteness(out / "size") == ""
    assert partial_outputs(out) == []


def test_what_is_hidden_is_no_output(out: Path) -> None:
    (out / ".partial" / "size").mkdir(parents=True)
    (out / "_checkpoint").mkdir()
    assert partial_outputs(out) == []


def test_an_output_without_its_sidecar_is_partial(out: Path) -> None:
    write_output(out / "size")
    (out / "size" / SIDECAR).unlink()
    assert partial_outputs(out) == [f"size: it has no {SIDECAR}"]


def test_a_file_that_is_listed_and_not_there_is_missed(out: Path) -> None:
    write_output(out / "size")
    (out / "size" / "metrics.json").unlink()
    assert partial_outputs(out) == ["size: it has no metrics.json"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{", "metrics.json has 1 of 11 bytes"), ('{"rows": 2}', f"metrics.json is not what {SIDECAR} says (sha256)")],
)
def test_a_file_that_is_not_the_one_described_is_seen(out: Path, content: str, problem: str) -> None:
    write_output(out / "size")
    (out / "size" / "metrics.json").write_text(content)
    assert partial_outputs(out) == [f"size: {problem}"]


def test_a_sidecar_that_is_half_written_makes_an_output_partial(out: Path) -> None:
    write_output(out / "size")
    (out / "size" / SIDECAR).write_text('{"type": "met')
    [problem] = partial_outputs(out)
    assert problem.startswith("size: ")
    assert SIDECAR in problem


def test_a_file_in_place_of_a_folder_is_no_output(out: Path) -> None:
    (out / "size").write_text("")
    assert partial_outputs(out) == ["size: it is a file; an output is a folder"]


def test_the_watch_sees_what_was_partial_when_it_appeared_though_it_is_whole_now(out: Path) -> None:
    with OutputWatch(out) as watch:
        (out / "size").mkdir()
        seen = threading.Event()
        while not seen.is_set():  # until the watch has looked
            if watch.seen:
                seen.set()
        (out / "size").rmdir()
        write_output(out / "size")
    assert partial_outputs(out) == []
    assert watch.seen == [f"size: when it appeared, it has no {SIDECAR}"]


def test_the_watch_is_content_with_a_rename(out: Path) -> None:
    with OutputWatch(out) as watch:
        write_output(out / ".partial" / "size")
        (out / ".partial" / "size").rename(out / "size")
    assert watch.seen == []


def test_the_watch_looks_a_last_time_when_the_run_is_over(out: Path) -> None:
    with OutputWatch(out) as watch:
        (out / "late").mkdir()
    assert watch.seen == [f"late: when it appeared, it has no {SIDECAR}"]
