"""What can be said of containers without an engine."""

import shlex
import socket
from pathlib import Path

import pytest

from machiya.containers import Bind, RunRequest, RunResult, connect, docker_command, unavailable
from machiya.errors import EngineError


def test_a_request_is_shown_as_a_line_for_a_shell() -> None:
    request = RunRequest(
        image="machiya/tally:1.0.0",
        command=("run", "measure", "--unit", "kilo bytes"),
        environment={"MACHIYA_DATA": "/srv", "API_TOKEN": "secret"},
        binds=(Bind(Path("/tmp/a b"), "/srv/in", read_only=True), Bind(Path("/tmp/out"), "/srv/out")),
        read_only=True,
        tmpfs=("/tmp",),
        user="1:2",
    )
    line = docker_command(request, {"MACHIYA_DATA"})
    assert line == (
        "docker run --rm --network none --read-only --tmpfs /tmp --user 1:2 -e MACHIYA_DATA=/srv "
        "-v '/tmp/a b:/srv/in:ro' -v /tmp/out:/srv/out machiya/tally:1.0.0 run measure --unit 'kilo bytes'"
    )
    assert "kilo bytes" in shlex.split(line)


def test_an_entrypoint_of_several_words_is_split_as_docker_needs_it() -> None:
    request = RunRequest("image", ("/workspace/a",), entrypoint=("rm", "-rf"), network="bridge", publish=8000)
    assert docker_command(request) == (
        "docker run --rm --network bridge -p 127.0.0.1::8000 --entrypoint rm image -rf /workspace/a"
    )


@pytest.mark.parametrize(
    ("stderr", "last"), [("", ""), ("\n \n", ""), ("one\ntwo  \n\n", "two"), ("progress\rdone\n", "done")]
)
def test_the_last_line_is_the_last_that_says_something(stderr: str, last: str) -> None:
    assert RunResult(70, "", stderr, 1.0).last_line == last


def test_without_an_engine_the_reason_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(EngineError, match="there is no Docker socket") as error:
        connect()
    assert "docker info" in error.value.remedy
    assert unavailable() == error.value.message


def test_an_engine_that_does_not_run_is_told_from_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "docker.sock"))  # bound, but nobody listens
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        assert unavailable() == "no container engine answers: nobody listens at the Docker socket."
