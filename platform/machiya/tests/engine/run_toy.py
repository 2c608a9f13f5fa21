"""Continues a run of toy programs in a process of its own, for tests that kill it: run_toy.py HOME RUN."""

import sys
from pathlib import Path

from machiya.engines.local.api import Setup, execute
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.runs import open_run

TOY = Path(__file__).with_name("toy.py")

if __name__ == "__main__":
    launcher = ProcessLauncher(program=(sys.executable, "-I", "-S", str(TOY)), version_of=lambda _: "1.0.0")
    setup = Setup(Path(sys.argv[1]), launcher, capacity=Capacity(8, 8 << 30, steps=2))
    result = execute(open_run(setup.home, sys.argv[2]), setup)
    sys.exit(0 if result.succeeded else 1)
