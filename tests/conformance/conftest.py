"""The two good components as images, and the broken variants of them: one self-contained file for each."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from machiya import containers, images
from machiya.conformance import Verdict, Workspace, run_suite, select
from machiya.containers import BuildRequest, ContainerEngine

HERE = Path(__file__).parent
USER = "10001:10001"
"""The user of the good components."""
PLACES = {
    "component": "/usr/local/bin/component",
    "component.yaml": "/component/component.yaml",
    "contract.json": "/component/contract.json",
}
"""Where the files of a component are in its image."""


@dataclass(frozen=True)
class Broken:
    """A broken variant: the check that must catch it, and words that its message must hold.

    ``change`` edits files of the component in its image, ``layer`` adds lines to its Dockerfile, ``user`` replaces the
    user, ``folder`` edits the folder after the image was built, and ``timeout`` limits each run (seconds).
    """

    name: str
    check: str
    of: str
    why: str
    says: tuple[str, ...]
    change: tuple[dict[str, Any], ...] = ()
    folder: tuple[dict[str, Any], ...] = ()
    layer: str = ""
    user: str = USER
    timeout: float = 20


def broken_cases() -> list[Broken]:
    """All files in broken/."""
    return [
        Broken(name=path.stem, **YAML(typ="safe").load(path.read_text(encoding="utf-8")))
        for path in sorted((HERE / "broken").glob("*.yaml"))
    ]


def edit(folder: Path, changes: tuple[dict[str, Any], ...]) -> list[str]:
    """Apply changes to the files of a folder; the names of the files. Text that is to be replaced must be there."""
    for change in changes:
        path = folder / change["file"]
        if change.get("delete"):
            path.unlink()
            continue
        text = path.read_text(encoding="utf-8")
        assert change["replace"] in text, f"{change['file']} does not hold {change['replace']!r}"
        path.write_text(text.replace(change["replace"], change["by"]), encoding="utf-8")
    return list(dict.fromkeys(change["file"] for change in changes))


class Laboratory:
    """Builds the good components once, breaks them, and checks the outcome. Images carry the process's number."""

    def __init__(self, engine: ContainerEngine) -> None:
        self.engine = engine
        self._good: dict[str, str] = {}

    def good(self, name: str) -> str:
        """The image of a good component; its tag."""
        if name not in self._good:
            tag = f"machiya-test/{name}:{os.getpid()}"
            self._good[name] = images.build(self.folder(name), self.engine, tag=tag).tag
        return self._good[name]

    def cases(self) -> list[Broken]:
        """All broken variants."""
        return broken_cases()

    def folder(self, name: str) -> Path:
        """The folder of a good component."""
        return HERE / "components" / name

    def edited(self, case: Broken, target: Path) -> Path:
        """A copy of the component's folder, with the changes that a case makes to the folder alone."""
        folder = shutil.copytree(self.folder(case.of), target / case.of)
        edit(folder, case.folder)
        return folder

    @contextmanager
    def broken(self, case: Broken, target: Path) -> Iterator[str]:
        """The image of a broken variant, as long as the block runs."""
        folder = self.edited(case, target)
        copies = [f"COPY {file} {PLACES[file]}" for file in edit(folder, case.change)]
        layer = ["USER root", case.layer] if case.layer else []
        user = [f"USER {case.user}"] if layer or case.user != USER else []
        lines = [f"FROM {self.good(case.of)}", *copies, *layer, *user]
        (folder / "Dockerfile").write_text("\n".join(lines), encoding="utf-8")
        tag = f"machiya-test/{case.of}-{case.name}:{os.getpid()}"
        self.engine.build(BuildRequest(folder, tag), lambda _line: None)
        try:
            yield tag
        finally:
            self.engine.remove_image(tag)

    def check(self, image: str, root: Path, *ids: str, folder: Path | None = None, timeout: float = 20) -> Verdict:
        """Run checks on an image."""
        workspace = Workspace(root / "workspace")
        return run_suite(self.engine, image, workspace, folder=folder, checks=select(ids), timeout=timeout)

    def close(self) -> None:
        """Remove the images of the good components."""
        for tag in self._good.values():
            self.engine.remove_image(tag)


@pytest.fixture(scope="session")
def laboratory() -> Iterator[Laboratory]:
    """A laboratory on the container engine; only tests marked `engine` may ask for it."""
    with containers.connect() as engine:
        laboratory = Laboratory(engine)
        yield laboratory
        laboratory.close()


@pytest.fixture(scope="session")
def cases() -> list[Broken]:
    """All broken variants."""
    return broken_cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each broken variant, where a test asks for a `case`."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", broken_cases(), ids=lambda case: case.name)
