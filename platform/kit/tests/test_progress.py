"""Progress: JSON lines where there is no terminal, not more than one a second, and always the last."""

import io
import json

from machiya_component.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_are_spaced_and_the_last_one_always_comes() -> None:
    stream, clock = io.StringIO(), Clock()

    with Progress(10, "iterations", stream, clock) as progress:
        for _ in range(10):
            progress.advance(loss=0.5)
            clock.now += 0.3

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["done"] for line in lines] == [1, 5, 9, 10]
    assert lines[-1] == {"progress": "iterations", "done": 10, "total": 10, "loss": 0.5}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()

    with Progress(2, "iterations", stream) as progress:
        progress.advance(2, loss=0.25)

    assert "iterations: 100%" in stream.getvalue()
    assert "loss=0.25" in stream.getvalue()
