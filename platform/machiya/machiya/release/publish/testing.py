"""The conformance suite on the very image that is pushed, named by its id."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from machiya import images
from machiya.conformance import CHECKS, Check, CheckResult, Verdict, Workspace, run_suite
from machiya.containers import ContainerEngine


def conformance_of(
    engine: ContainerEngine,
    image: str,
    folder: Path,
    *,
    checks: Sequence[Check] = CHECKS,
    on_result: Callable[[CheckResult], None] = lambda _result: None,
) -> Verdict:
    """Run checks on an image; nothing of the runs is kept."""
    workspace = Workspace(Path(tempfile.mkdtemp(prefix="machiya-release-")))
    try:
        return run_suite(engine, image, workspace, folder=folder, checks=checks, on_result=on_result)
    finally:
        workspace.remove(engine, (image, images.LOCAL_BASE, images.DEFAULT_BASE))
