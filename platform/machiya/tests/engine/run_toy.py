"""Continues a run of toy programs in a process of its own, for tests that kill it: run_toy.py HOME RUN [MOMENT].

MOMENT is when it kills itself: after an artifact is in the store, before or after outputs are remembered.
"""

import os
import signal
import sys
from pathlib import Path

from machiya.engines.local.api import Setup, execute
from machiya.engines.local.cache import DirectoryMemo, MemoEntry
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.runs import open_run
from machiya.engines.local.store import DirectoryStore
from machiya.engines.local.store.protocol import Reference

TOY = Path(__file__).with_name("toy.py")


def die() -> None:
    """At once, as if the power had failed."""
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore(DirectoryStore):
    """Dies when the first artifact is in, before anybody knows."""

    def put(self, path: Path, key: str) -> Reference:
        """Never returns."""
        reference = super().put(path, key)
        die()
        return reference


class DeadlyMemo(DirectoryMemo):
    """Dies before or after the first outputs are remembered."""

    late = False

    def save(self, cache: str, key: str, entry: MemoEntry) -> None:
        """Never returns."""
        if self.late:
            super().save(cache, key, entry)
        die()


class LateMemo(DeadlyMemo):
    """After."""

    late = True


def main(home: Path, run: str, moment: str = "") -> int:
    """Work on the run."""
    launcher = ProcessLauncher(program=(sys.executable, "-I", "-S", str(TOY)), version_of=lambda _: "1.0.0")
    store = DeadlyStore(home / "store") if moment == "after-put" else None
    memo = {"before-save": DeadlyMemo, "after-save": LateMemo}.get(moment, DirectoryMemo)(home / "cache")
    setup = Setup(home, launcher, store=store, memo=memo, capacity=Capacity(8, 8 << 30, steps=2))
    return 0 if execute(open_run(home, run), setup).succeeded else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
