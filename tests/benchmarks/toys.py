"""Programs of which it is known what they take, for the tests of the harness: without pytest, they start faster."""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path


def sign(path: Path, letter: str) -> int:
    """Leave a letter in a file; return the process."""
    with path.open("a") as file:
        file.write(letter)
    return os.getpid()


def memory(count: int) -> bytearray:
    """So many bytes, all touched."""
    return bytearray(b"x") * count


def length(*texts: bytes) -> int:
    """How many bytes there are."""
    return sum(len(text) for text in texts)


def own_memory(size: int) -> int:
    """Hold so many bytes for a while."""
    return len(memory(size))


def childs_memory(size: int) -> int:
    """Let a child hold them."""
    return subprocess.run([sys.executable, "-c", f"bytearray(b'x') * {size}"], check=True).returncode


def busy(seconds: float) -> None:
    """Use so much processor time."""
    started = time.process_time()
    while time.process_time() - started < seconds:
        pass


@cache
def busy_once(seconds: float) -> None:
    """Use so much processor time, the first time only."""
    busy(seconds)


def busy_child(seconds: float) -> None:
    """Let a child use it."""
    child = os.fork()
    if child == 0:
        busy(seconds)
        os._exit(0)
    os.waitpid(child, 0)


def fail() -> None:
    """Go wrong."""
    raise ValueError("the reason of it")


def variable(name: str) -> str | None:
    """What the environment says."""
    return os.environ.get(name)


if __name__ == "__main__":
    from tests.benchmarks.harness import Case, execute

    sys.stdout.write(f"{execute('length', Case(length, (b'abc',))).value}\n")
