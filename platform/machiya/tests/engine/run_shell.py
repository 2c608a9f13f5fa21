"""Continues a run of shell scripts in a process of its own, and prints its peak of memory.

run_shell.py HOME RUN [GROUP]: with a control group, it becomes a member of that first.
"""

import re
import sys
from pathlib import Path

from machiya.engines.local.api import Setup, execute
from machiya.engines.local.launchers.process import ProcessLauncher
from machiya.engines.local.runs import open_run

PROGRAM = ("sh", "-c", 'cd "$MACHIYA_DATA/out" && eval "$3"', "step")
"""A launcher's program: the component's name, `run`, and the script are its arguments."""


def peak_memory() -> int:
    """Bytes at most; of this program alone, while getrusage counts what the process was before it, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


if __name__ == "__main__":
    if len(sys.argv) > 3:
        Path(sys.argv[3], "cgroup.procs").write_text("0")
    launcher = ProcessLauncher(program=PROGRAM, version_of=lambda _: "1.0.0")
    setup = Setup(Path(sys.argv[1]), launcher, grace=600)
    result = execute(open_run(setup.home, sys.argv[2]), setup)
    sys.stdout.write(f"{peak_memory()}\n")
    sys.exit(0 if result.succeeded else 1)
