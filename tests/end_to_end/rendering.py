"""Small workflows of the components of this repository."""

import shutil
from pathlib import Path

from machiya.dsl import load_workflow
from machiya.manifest.render import render
from machiya.pins import load_pins

CONTRACTS = Path(__file__).parents[2] / "workflows" / "recommend" / "contracts"


def render_in(folder: Path, workflow: str, *components: str) -> str:
    """The manifest that such a workflow file becomes at `development`, with these components pinned."""
    shutil.copytree(CONTRACTS, folder / "contracts")
    (folder / "workflow.py").write_text(workflow)
    pins = "".join(f"  {name}: 1.0.0\n" for name in components)
    (folder / "pins.yaml").write_text(f"registry: machiya\ndevelopment:\n{pins}")
    return render(load_workflow(folder, "development"), load_pins(folder))
