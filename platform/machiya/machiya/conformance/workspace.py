"""The folders that a suite's containers see: inputs from the samples, and a fresh place for every run's outputs."""

import itertools
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from machiya.conformance.calls import Inputs
from machiya.conformance.damage import do_damage
from machiya.containers import Bind, ContainerEngine, RunRequest
from machiya.errors import OutputError
from machiya_component.contract import Contract

COMPONENT_FOLDER = "/component"
"""Where every image has its component.yaml and its samples."""


class Workspace:
    """A folder of its own for one run of the suite. Its paths appear in the commands that failures show."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.component = self.root / "component"
        """A copy of the image's `/component`."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def inputs(self, contract: Contract, inputs: Inputs) -> Path:
        """The folder to mount as `/data/in`; made once, and never written to by a container."""
        folder = self.root / "inputs" / inputs.slug
        with self._lock:
            if not folder.exists():
                self._fill(folder, contract, inputs)
        return folder

    def _fill(self, folder: Path, contract: Contract, inputs: Inputs) -> None:
        operation = contract.operations[inputs.operation]
        partial = folder.with_name(f".{folder.name}")
        partial.mkdir(parents=True)
        for port, path in operation.samples[inputs.sample].inputs.items():
            if port == inputs.port and inputs.damage == "absent":
                continue
            shutil.copytree(self.component / path, partial / port)
            if port == inputs.port and inputs.damage is not None:
                do_damage(partial / port, operation.inputs[port], inputs.damage)
        partial.rename(folder)

    def output(self, slug: str) -> Path:
        """A new folder to mount as `/data/out`, which every user may write to: an image's user is not ours."""
        with self._lock:
            folder = self.root / "outputs" / f"{next(self._numbers):03}-{slug}"
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        return folder

    def has_runs(self) -> bool:
        """Whether anything was run with it."""
        return (self.root / "outputs").exists()

    def remove(self, engine: ContainerEngine, images: Sequence[str]) -> None:
        """Remove the folder and all in it.

        Files of other users can only be removed by root. Where that is not us, a container of the first image that has
        `rm` does it. Raises OutputError when something is left.
        """
        shutil.rmtree(self.root, ignore_errors=True)
        for image in images if self.root.exists() else ():
            remove_as_root(engine, image, self.root)
        shutil.rmtree(self.root, ignore_errors=True)
        if self.root.exists():
            raise OutputError(f"{self.root} could not be removed.", f"Remove it by hand: sudo rm -rf {self.root}")


def remove_as_root(engine: ContainerEngine, image: str, root: Path) -> None:
    """Empty a folder from inside a container, whoever owns what is in it; nothing happens if the image has no `rm`."""
    inside = [f"/workspace/{name}" for name in sorted(one.name for one in root.iterdir())]
    request = RunRequest(
        image, inside, entrypoint=("rm", "-rf"), user="0:0", binds=[Bind(root, "/workspace")], network="none"
    )
    if engine.exists(image):
        engine.run(request, timeout=60)
