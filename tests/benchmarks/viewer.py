"""The viewer's site over two versions of 50 million rows: how long pages take, how soon it is ready, what it holds.

The service runs as in a container, in a process of its own; clients keep a connection each and ask one page after the
other, each about another user. Times are those of whole answers, compressed as browsers ask for them.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks.harness import BenchmarkError, Row, Scale, at_most
from tests.benchmarks.viewer_data import USERS, make_tables, make_view, user_name

READY_SECONDS, PEAK_MB = 2, 256
ONE_CLIENT_MS, EIGHT_CLIENTS_MS, MOST_CHANGED_MS = 50, 150, 100
REQUESTS, CLIENTS = 1_000, 8
PATIENCE = 60
"""Seconds that the service may take to start, however busy the machine is."""
AS_IN_IMAGE = """
import runpy, sys

class Without:
    @staticmethod
    def find_spec(name, *_):
        if name == "pandas":
            raise ImportError(name)

sys.meta_path.insert(0, Without)
runpy.run_module("machiya_component", run_name="__main__")
"""
"""pyarrow loads pandas where that is installed, as it is here and not in the image: 30 MB and half a second."""
PAGES = {
    "most changed users": "users?sort=rbo",
    "lowest overlap in a segment": "users?sort=overlap&segment=history-20%2B&min_hist=5&page=2",
    "quality": "quality",
    "metrics": "",
}


def rows(scale: Scale) -> list[Row]:
    """Six figures and some that have no target."""
    view = view_made(scale)
    users = int(USERS * scale.share)
    with served(view) as site:
        found = [at_most("viewer", "ready", site.ready, READY_SECONDS, unit="s")]
        found += _user_pages(site, users)
        for name, page in PAGES.items():
            middle = float(np.median(answered(site, [page] * 50)))
            limit = MOST_CHANGED_MS if "users?" in page else ONE_CLIENT_MS
            found.append(at_most("viewer", f"{name}, median", middle, limit, unit="ms"))
        found.append(at_most("viewer", "peak memory", site.peak() / 1e6, PEAK_MB, unit="MB"))
    return found


def view_made(scale: Scale) -> Path:
    """A folder of runs with the one run."""

    def make(folder: Path) -> None:
        make_tables(folder / "tables", int(USERS * scale.share))
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            make_view(folder / "tables", folder / "runs" / "benchmark", Path(scratch))

    return scale.made("viewer", make) / "runs"


@dataclass
class Site:
    """A service that runs: its process, port, seconds until it was ready, and the path of its comparison."""

    process: "subprocess.Popen[bytes]"
    port: int
    ready: float
    comparison: str

    def peak(self) -> int:
        """The most memory that it held, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def served(runs: Path) -> Iterator[Site]:
    """The operation `serve` on these runs, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in").mkdir()
        Path(folder, "out").mkdir()
        Path(folder, "in", "views").symlink_to(runs)
        command = [sys.executable, "-c", AS_IN_IMAGE, "viewer", "run", "serve"]
        environment = {**os.environ, "MACHIYA_DATA": folder, "MACHIYA_PORT": str(port), "MACHIYA_LOG_LEVEL": "WARNING"}
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait(process, port, began)
            ready = time.perf_counter() - began
            yield Site(process, port, ready, _comparison(port))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, began: float) -> None:
    while time.perf_counter() - began < PATIENCE:
        if process.poll() is not None:
            raise BenchmarkError(f"The viewer ended with {process.returncode} instead of starting.")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise BenchmarkError(f"The viewer was not ready after {PATIENCE} s.")


def _comparison(port: int) -> str:
    """Where the run's comparison is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/r/benchmark")
    answer = connection.getresponse()
    where = answer.getheader("location", "")
    if answer.status not in (302, 303, 307) or ".." not in where:
        raise BenchmarkError(f"/r/benchmark leads to {where or answer.status}, not to a comparison.")
    return where


def _user_pages(site: Site, users: int) -> Iterator[Row]:
    rng = np.random.default_rng(3)
    chosen = [f"user/{user_name(int(user))}?k=20" for user in rng.integers(0, users, 2 * REQUESTS)]
    answered(site, chosen[:50])  # imports and templates, as every service has them after a moment
    alone = answered(site, chosen[:REQUESTS])
    with ThreadPoolExecutor(CLIENTS) as clients:
        parts = [chosen[REQUESTS + client :: CLIENTS] for client in range(CLIENTS)]
        together = [took for part in clients.map(partial(answered, site), parts) for took in part]
    for what, found, limit in (("1 client", alone, ONE_CLIENT_MS), (f"{CLIENTS} clients", together, EIGHT_CLIENTS_MS)):
        middle, high = np.quantile(found, [0.5, 0.99])
        yield at_most("viewer", f"user page, {what}, p99", float(high), limit, unit="ms", note=f"p50 {middle:.3g} ms")


def answered(site: Site, pages: Sequence[str]) -> list[float]:
    """Milliseconds of each page, asked one after the other through one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    took = []
    for page in pages:
        began = time.perf_counter()
        path = f"{site.comparison}/{page}" if page else site.comparison
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        content = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or not content:
            raise BenchmarkError(
                f"{path} answers {answer.status}: {json.dumps(content[:200].decode(errors='replace'))}"
            )
    return took
