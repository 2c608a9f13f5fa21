"""Stands in for ``python -m machiya_component NAME run OPERATION ...``, without the kit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(operation: str, *values: str) -> int:
    """Run one operation; the exit code."""
    data = Path(os.environ["MACHIYA_DATA"])
    out = data / "out"
    if operation == "write":  # write TEXT: the artifact `port`, and the parameter `digest`
        (out / "port").mkdir()
        (out / "port" / "text.txt").write_text(values[0])
        (out / "digest").write_text(f"digest of {values[0]}\n")
        sys.stdout.write(f"{values[0]}\n")
    elif operation == "join":  # join: all that came in, one line for each file
        (out / "port").mkdir()
        texts = [path.read_text() for path in sorted((data / "in").rglob("*")) if path.is_file()]
        (out / "port" / "text.txt").write_text("".join(f"{text}\n" for text in texts))
        (out / "digest").write_text("joined")
    elif operation == "count":  # count FILE TEXT: add a line to a file outside, so that runs can be counted
        with Path(values[0]).open("a") as file:
            file.write(f"{values[1]}\n")
        return main("write", values[1])
    elif operation == "exit":
        sys.stderr.write("it went wrong: do this\n")
        return int(values[0])
    elif operation == "fail-after":  # fail-after TEXT: fails when it has written all
        main("write", values[0])
        return 70
    elif operation == "later":  # later N ATTEMPT: fails in the attempts before the N-th, which is 0 for the first
        return main("write", "in the end") if int(values[1]) >= int(values[0]) else 75
    elif operation == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif operation == "sleep":
        time.sleep(float(values[0]))
        return main("write", "slept")
    elif operation == "span":  # span FILE: a plus at the beginning, a minus at the end
        for mark in "+-":
            with Path(values[0]).open("a") as file:
                file.write(mark)
            time.sleep(0.05)
        return main("write", "span")
    elif operation == "stubborn":  # does not end at SIGTERM
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(values[0]).touch()
        time.sleep(600)
    elif operation == "flood":
        for _ in range(int(values[0])):
            sys.stdout.write("x" * 1023 + "\n")
        sys.stdout.write("the end\n")
        return main("write", "flooded")
    elif operation == "work":  # work MIB SECONDS: uses memory, and a processor
        room = bytearray(int(values[0]) << 20)
        room[::4096] = b"x" * len(room[::4096])
        end = time.process_time() + float(values[1])
        while time.process_time() < end:
            pass
        return main("write", "worked")
    elif operation == "leave":  # leaves a process behind, and tells its number
        left = subprocess.Popen(["sleep", "600"])
        Path(values[0]).write_text(str(left.pid))
        return main("write", "left")
    elif operation == "spoil":  # tries to change what came in
        for path in (data / "in").rglob("*.txt"):
            path.unlink()
            path.write_text("spoilt")
        return main("write", "tried")
    elif operation == "scribble":  # writes into what came in, whatever its mode says
        for path in (data / "in").rglob("*.txt"):
            path.chmod(0o644)
            path.write_text("scribbled over")
        return main("write", "tried")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[3:]))
