"""The seam to the container engine, against the engine itself."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.errors import NotFound

from machiya import containers
from machiya.conformance.workspace import remove_as_root
from machiya.containers import Bind, BuildRequest, ContainerEngine, RunRequest
from machiya.errors import BuildError, NotFoundError
from machiya.images.build import choose_base

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine() -> Iterator[ContainerEngine]:
    with containers.connect() as engine:
        yield engine


@pytest.fixture(scope="module")
def shell(engine: ContainerEngine) -> RunRequest:
    """A request to which only the script is added."""
    base, _ = choose_base(engine, None)
    return RunRequest(base, entrypoint=("sh", "-c"))


def run(engine: ContainerEngine, request: RunRequest, script: str, timeout: float = 60) -> containers.RunResult:
    return engine.run(replace(request, command=(script,)), timeout)


def test_code_and_both_streams_come_back_apart(engine: ContainerEngine, shell: RunRequest) -> None:
    result = run(engine, shell, "echo out; echo first >&2; echo 'last ü' >&2; echo >&2; exit 65")
    assert (result.exit_code, result.stdout, result.last_line) == (65, "out\n", "last ü")
    assert not result.timed_out
    assert result.seconds < 60


def test_a_run_past_its_time_is_ended_and_says_so(engine: ContainerEngine, shell: RunRequest) -> None:
    result = run(engine, shell, "echo started; exec sleep 600", timeout=2)
    assert (result.exit_code, result.timed_out) == (None, True)
    assert result.stdout == "started\n"


def test_environment_user_root_and_network_are_as_asked(engine: ContainerEngine, shell: RunRequest) -> None:
    request = replace(shell, environment={"WORD": "a b"}, user="1234:99", read_only=True, tmpfs=("/tmp",))
    result = run(engine, request, 'echo "$WORD"; id -u; touch /tmp/x && echo tmp; touch /x; ls /sys/class/net')
    assert result.stdout.split("\n") == ["a b", "1234", "tmp", "lo", ""]
    assert "Read-only file system" in result.stderr


def test_folders_are_shared_as_asked(engine: ContainerEngine, shell: RunRequest, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "word").write_text("hello")
    binds = (Bind(tmp_path / "in", "/data/in", read_only=True), Bind(tmp_path / "out", "/data/out"))
    result = run(engine, replace(shell, binds=binds), "cp /data/in/word /data/out/; touch /data/in/x")
    assert (tmp_path / "out" / "word").read_text() == "hello"
    assert "Read-only file system" in result.stderr


def test_memory_is_limited(engine: ContainerEngine, shell: RunRequest) -> None:
    request = replace(shell, memory=32 * 1024 * 1024)
    result = run(engine, request, "exec awk 'BEGIN { s = \"x\"; while (1) s = s s }'")
    assert (result.exit_code, result.out_of_memory) == (137, True)


def test_a_signal_reaches_the_program_and_not_one_that_has_ended(engine: ContainerEngine, shell: RunRequest) -> None:
    script = "trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done"
    with engine.create(replace(shell, command=(script,))) as container:
        container.start()
        assert not container.wait(0.5)
        assert container.running()
        assert container.user_ids() == {0}
        assert container.signal("SIGTERM")
        assert container.wait(30)
        assert not container.signal("SIGTERM")
        container.limit_cpus(0.5)
        assert container.user_ids() == set()
        assert container.result().exit_code == 143


def test_a_program_that_is_not_there_ends_with_127(engine: ContainerEngine, shell: RunRequest) -> None:
    result = engine.run(replace(shell, entrypoint=("no-such-program",)), 60)
    assert result.exit_code == 127
    assert "no-such-program" in result.last_line


def test_what_another_user_owns_is_removed_from_inside(
    engine: ContainerEngine, shell: RunRequest, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir(mode=0o777)
    (tmp_path / "out").chmod(0o777)
    binds = (Bind(tmp_path / "out", "/data/out"),)
    run(engine, replace(shell, user="1234:99", binds=binds), "umask 077; mkdir -p /data/out/a && touch /data/out/a/b")
    assert (tmp_path / "out" / "a" / "b").stat().st_uid == 1234
    remove_as_root(engine, shell.image, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ends", [True, False])
def test_a_container_is_removed_whatever_happens(engine: ContainerEngine, shell: RunRequest, ends: bool) -> None:
    seen = ""

    def work() -> None:
        nonlocal seen
        with engine.create(replace(shell, command=("sleep 600",))) as container:
            seen = container.id
            container.start()
            if not ends:
                raise KeyboardInterrupt

    if ends:
        work()
    else:
        with pytest.raises(KeyboardInterrupt):
            work()
    client = docker.from_env()
    with pytest.raises(NotFound):
        client.containers.get(seen)
    client.close()


def test_closing_the_engine_ends_what_runs(shell: RunRequest) -> None:
    with containers.connect() as engine, engine.create(replace(shell, command=("sleep 600",))) as container:
        container.start()
        engine.close()
        assert container.wait(30)
        assert not container.running()


@pytest.fixture
def image(engine: ContainerEngine, shell: RunRequest, tmp_path: Path) -> Iterator[str]:
    """An image with a folder, a link and a label."""
    (tmp_path / "Dockerfile").write_text(
        f"FROM {shell.image}\nRUN mkdir -p /component/a && echo one > /component/a/b && ln -s /etc /component/link\n"
        'LABEL a.b=c\nUSER 7:8\nENTRYPOINT ["component"]\nCMD ["self-test"]\n'
    )
    tag = f"machiya-test/engine:{os.getpid()}"
    engine.build(BuildRequest(tmp_path, tag), lambda _line: None)
    yield tag
    engine.remove_image(tag)


def test_an_image_says_what_it_is(engine: ContainerEngine, image: str) -> None:
    info = engine.inspect(image)
    assert (info.user, info.entrypoint, info.command) == ("7:8", ("component",), ("self-test",))
    assert info.labels["a.b"] == "c"
    assert info.tags == (image,)
    assert info.id.startswith("sha256:")
    assert info.created.tzinfo is not None
    assert engine.inspect(info.id).id == info.id


def test_files_are_read_out_of_an_image(engine: ContainerEngine, image: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    assert engine.copy_from_image(image, "/component", target)
    assert {path.relative_to(target).as_posix(): path.read_text() for path in target.rglob("*") if path.is_file()} == {
        "a/b": "one\n"
    }
    assert not engine.copy_from_image(image, "/nowhere", target)


def test_a_removed_image_is_gone_and_removing_it_again_is_no_error(engine: ContainerEngine, image: str) -> None:
    engine.remove_image(image)
    assert not engine.exists(image)
    engine.remove_image(image)


@pytest.mark.parametrize("name", ["machiya-test/nobody:1", "Not A Name"])
def test_an_unknown_image_is_not_found(engine: ContainerEngine, name: str) -> None:
    with pytest.raises(NotFoundError, match="no image") as error:
        engine.inspect(name)
    assert "machiya build" in error.value.remedy


def test_a_build_that_fails_gives_its_log(engine: ContainerEngine, shell: RunRequest, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {shell.image}\nRUN echo about to fail && exit 3\n")
    lines: list[str] = []
    with pytest.raises(BuildError, match="returned a non-zero code: 3"):
        engine.build(BuildRequest(tmp_path, "machiya-test/fails"), lines.append)
    assert "about to fail" in lines
