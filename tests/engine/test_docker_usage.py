"""What containers used."""

from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, run_workflow
from machiya.engines.local.capacity import Capacity
from machiya.engines.local.launchers.docker import DockerLauncher

pytestmark = pytest.mark.engine

MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: used-}
spec:
  entrypoint: main
  templates:
  - name: main
    script:
      image: busybox
      command: [sh]
      source: |
        i=0
        while [ $i -lt 300000 ]; do i=$((i+1)); done
        sleep 0.5
"""


def test_what_a_container_used_is_kept_with_its_step(tmp_path: Path, docker_launcher: DockerLauncher) -> None:
    setup = Setup(tmp_path / "home", docker_launcher, capacity=Capacity(4, 4 << 30), grace=2, handle_signals=False)
    (node,) = run_workflow(MANIFEST, setup).state.nodes.values()
    assert node.usage is not None
    assert node.usage.cpu_seconds is not None
    assert node.usage.cpu_seconds > 0.05
    assert node.usage.peak_memory is not None
    assert 0 < node.usage.peak_memory < 64 << 20
