"""Logs: which there are, their ends, following them, and what of them may reach a terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from machiya.engines.local.api import prepare_run
from machiya.engines.local.argo.interpreter.nodes import Node, NodeType, Phase
from machiya.engines.local.events import EventLog, RunEnded, SessionStarted, node_event
from machiya.engines.local.runs import RunFolder
from machiya.records.follow import Follower
from machiya.records.logs import CHUNK, harmless, last_lines, log_files, read_log

from .conftest import DEMO, Home

LINES = [f"line {number}" for number in range(20_000)]


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("count", [0, 1, 7, 19_999, 20_000, 30_000])
def test_the_tail_is_the_last_lines(tmp_path: Path, count: int, end: str) -> None:
    path = tmp_path / "log.txt"
    path.write_text("\n".join(LINES) + end)
    tail = b"".join(read_log(path, count)).decode()
    assert tail == ("\n".join(LINES[-count:]) + end if count else "")


@pytest.mark.parametrize("count", [1, 3, 5, 9])
def test_the_end_of_a_long_log_that_still_grows_lies_beside_it(tmp_path: Path, count: int) -> None:
    path = tmp_path / "log.txt"
    path.write_text("one\ntwo\nth")
    (tmp_path / "log.txt.tail-1").write_text("ree\nfour\n")
    (tmp_path / "log.txt.tail-2").write_text("five\nsix\n")
    lines = ["one", "two", "three", "four", "five", "six"]
    assert b"".join(read_log(path, count)).decode().split() == lines[-count:]
    assert b"".join(read_log(path)).decode().split() == lines


def test_a_log_comes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * (3 * CHUNK + 1))
    assert [len(piece) for piece in read_log(path)] == [CHUNK, CHUNK, CHUNK, 1]
    assert sum(len(piece) for piece in read_log(path, 1)) == 3 * CHUNK + 1


def test_a_tail_of_nothing_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("")
    assert list(read_log(path, 5)) == []


def test_control_characters_become_pictures_and_colours_go() -> None:
    assert harmless("a\x1b[31mred\x1b[0m\x1b]0;title\x07\tb\n") == "ared␛]0;title␇\tb\n"
    assert harmless("10%\r20%\r\ndone\x9b2J\x7f") == "10%\n20%\ndone␡2J␡"


def test_every_attempt_has_its_log_in_the_order_of_time(home: Home) -> None:
    record = home.run(code="75")
    step = record.find_steps("check")[0]
    assert len(log_files(record, step)) == 2
    again = home.again(record)
    assert len(log_files(again, again.find_steps("check")[0])) == 4
    assert len(log_files(again, again.find_steps("clean")[0])) == 1
    (attempt,) = log_files(again, again.find_steps("check(1)")[0])[-1:]
    assert attempt == log_files(again, again.find_steps("check")[0])[-1]


def test_the_last_words_of_a_step_are_its_last_line_that_says_something(home: Home) -> None:
    record = home.run(code="65")
    assert last_lines(record, record.failed_steps[0]) == ["the input is empty: look at the log"]
    assert last_lines(record, record.failed_steps[0], 5)[0] == "check begins"


class Written:
    """A run that a test writes, as an engine would."""

    def __init__(self, home: Home) -> None:
        self.folder = prepare_run(DEMO, home.setup)
        self._write(SessionStarted(1, "host"))

    def _write(self, event: SessionStarted | RunEnded) -> None:
        with EventLog(self.folder.events) as log:
            log.append(event, 1.0)

    def node(self, name: str, phase: Phase) -> None:
        node = Node(f"id-{name}", f"{self.folder.name}.{name}", name, NodeType.POD, phase, started=1.0)
        with EventLog(self.folder.events) as log:
            log.append(node_event(node), 1.0)

    def say(self, name: str, text: str) -> None:
        path = self.folder.log(f"id-{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)

    def end(self) -> None:
        self._write(RunEnded("Succeeded"))


def followed(folder: RunFolder, turns: list[Callable[[], None]], step: str = "", tail: int | None = None) -> str:
    """What a follower gives while one thing after another happens; it must end with the last."""
    happens: Iterator[Callable[[], None]] = iter(turns)

    def pause(_: float) -> None:
        next(happens)()

    with folder.lock():
        pieces = Follower(folder, step, tail=tail, pause=pause).pieces()
        text = "".join(f"[{one.name}]{piece.decode()}" for one, piece in pieces)
    assert next(happens, None) is None, "it ended too early"
    return text


def test_following_gives_what_is_written_until_the_run_has_ended(home: Home) -> None:
    run = Written(home)
    run.node("a", Phase.RUNNING)
    run.say("a", "one ")

    def other() -> None:
        run.say("b", "three")
        run.node("b", Phase.SUCCEEDED)

    def last() -> None:
        run.say("a", "four")
        run.node("a", Phase.SUCCEEDED)

    turns: list[Callable[[], None]] = [lambda: run.say("a", "two"), lambda: None, other, last, run.end]
    assert followed(run.folder, turns) == "[a]one [a]two[b]three[a]four"


def test_following_a_step_ends_with_the_step(home: Home) -> None:
    run = Written(home)
    run.node("a", Phase.RUNNING)
    run.say("a", "old\nolder\n")
    run.node("b", Phase.RUNNING)
    turns: list[Callable[[], None]] = [lambda: run.say("a", "new"), lambda: run.node("a", Phase.FAILED)]
    assert followed(run.folder, turns, "a", tail=1) == "[a]older\n[a]new"


def test_following_ends_when_the_engine_is_gone(home: Home) -> None:
    run = Written(home)
    run.node("a", Phase.RUNNING)
    run.say("a", "one")
    pieces = Follower(run.folder, pause=lambda _: pytest.fail("it waits for an engine that is gone")).pieces()
    assert [piece for _, piece in pieces] == [b"one"]
