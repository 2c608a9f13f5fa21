"""A small project for tests: the workflow `letters` with three steps, of two components that are released."""

import json
from pathlib import Path
from typing import Any

STAGE = "production"
LOG_DIGEST = "sha256:" + "e" * 64

_WORKFLOW = """\
from machiya.dsl import Workflow

workflow = Workflow("letters", summary="Counts letters", owner="search", schedule="0 3 * * *", timezone="Asia/Tokyo")
reader, counter = workflow.components("reader", "counter")
log = workflow.artifact("log", "The raw log", default="raw/log")
factor = workflow.parameter("factor", 1, "By what the number is multiplied", minimum=1)
read = reader.read(log=log)
count = counter.count(text=read.text, factor=factor)
total = counter.add(number=count.number).named("total")
workflow.result(total.sum)
"""


def digest_of(version: str) -> str:
    """That of the images of a version."""
    return f"sha256:{version.replace('.', '0'):0<64}"


def write_project(root: Path) -> Path:
    """Its folder, rendered."""
    folder = root / "workflows" / "letters"
    (folder / "contracts").mkdir(parents=True)
    (folder / "workflow.py").write_text(_WORKFLOW)
    pin(folder, reader="1.0.0", counter="1.0.0")
    return folder


def pin(folder: Path, **versions: str) -> None:
    """Pin released versions, keep their contracts, and render."""
    from machiya.manifest.render import rendered
    from machiya.pins import load_pins

    lines = [f"  {name}: {version}@{digest_of(version)}\n" for name, version in versions.items()]
    (folder / "pins.yaml").write_text(f"registry: ghcr.io/acme\n{STAGE}:\n{''.join(lines)}")
    for name, version in versions.items():
        (folder / "contracts" / f"{name}-{version}.json").write_text(json.dumps(contract(name, version)))
    manifest = rendered(folder, load_pins(folder), STAGE)
    manifest.path.parent.mkdir(exist_ok=True)
    manifest.path.write_text(manifest.text)


def write_component(folder: Path) -> None:
    """A working copy of the component `counter`."""
    for port in ("text", "number"):
        (folder / "sample" / port).mkdir(parents=True)
        (folder / "sample" / port / "one").write_text("1")
    (folder / "component.yaml").write_text(json.dumps(contract("counter", "1.0.0")))


def contract(name: str, version: str) -> dict[str, Any]:
    """The contract of a component's version."""
    files = {"type": "files"}
    operations: dict[str, Any] = {
        "reader": {"read": {"summary": "Reads a log.", "inputs": {"log": files}, "outputs": {"text": files}}},
        "counter": {
            "count": {
                "summary": "Counts the letters.",
                "parameters": {"factor": {"type": "integer", "default": 1, "description": "A factor"}},
                "inputs": {"text": files},
                "outputs": {"number": files},
            },
            "add": {"summary": "Adds numbers.", "inputs": {"number": files}, "outputs": {"sum": files}},
        },
    }[name]
    for operation in operations.values():
        inputs = {port: f"sample/{port}" for port in operation["inputs"]}
        operation["samples"] = {"small": {"inputs": inputs}}
    return {
        "apiVersion": "machiya/v1",
        "name": name,
        "version": version,
        "summary": f"The component {name}",
        "owner": "search",
        "operations": operations,
    }
