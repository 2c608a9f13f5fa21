"""Programs of Debian that these tests need; Prometheus' own tool among them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def need(program: str, package: str) -> None:
    """Skip the test where a program of Debian's is not installed, or fail it where nothing may be skipped."""
    if shutil.which(program) is None:
        reason = f"{program} is not there. On Debian: apt-get install {package}"
        if os.environ.get("MACHIYA_REQUIRE_ENGINE"):
            pytest.fail(reason)
        pytest.skip(reason)


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it; see `need` for where it is not there."""
    need("promtool", "prometheus")
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300)
