"""A component's folder, built and checked from outside."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from machiya.conformance import Verdict

Conformance = Callable[..., Verdict]


@pytest.fixture
def conformance(tmp_path: Path) -> Conformance:
    """`conformance(FOLDER, *IDS)`: the verdict on the image of a folder, on all checks or those named.

    The image has a name of its own, so that none that a person has built is replaced, and is removed afterwards.
    """
    from machiya import containers, images
    from machiya.conformance import Workspace, run_suite, select

    def check(folder: Path, *ids: str) -> Verdict:
        tag = f"machiya-test/{folder.name}:{uuid4().hex[:12]}"
        with containers.connect() as engine:
            images.build(folder, engine, tag=tag)
            try:
                workspace = Workspace(tmp_path / "workspace")
                return run_suite(engine, tag, workspace, folder=folder, checks=select(ids), timeout=120)
            finally:
                engine.remove_image(tag)

    return check
