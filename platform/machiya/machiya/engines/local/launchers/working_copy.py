"""A component's folder that is run as it is, whatever is installed under its name."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machiya.engines.local.launchers.protocol import LaunchError

GROUP = "machiya.components"
_FILE = "pyproject.toml"


@dataclass(frozen=True)
class WorkingCopy:
    """A source tree, and what its pyproject.toml says of it."""

    folder: Path
    distribution: str
    version: str
    entry_points: Mapping[str, Mapping[str, str]]

    def python_path(self, scratch: Path) -> str:
        """What PYTHONPATH is to begin with, so that Python finds code and entry points as if it were installed.

        The metadata that an installation would write is written to `scratch`: the folder itself stays as it is.
        """
        name = re.sub(r"[-_.]+", "_", self.distribution).lower()
        info = scratch / f"{name}-{self.version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        metadata = f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: {self.version}\n"
        (info / "METADATA").write_text(metadata, "utf-8")
        lines = []
        for group, entries in self.entry_points.items():
            lines += [f"[{group}]", *(f"{entry} = {target}" for entry, target in entries.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")
        code = [path for path in (self.folder, self.folder / "src") if path.is_dir()]
        return os.pathsep.join(str(path) for path in (scratch, *code))


def read_working_copy(component: str, folder: Path) -> WorkingCopy:
    """The working copy of a component.

    Raises:
        LaunchError: the folder is not there, or has no entry point of the component's name.
    """
    folder = folder.resolve()
    project = _project(component, folder)
    entry_points = project.get("entry-points", {})
    if component not in entry_points.get(GROUP, {}):
        raise LaunchError(
            f"{folder / _FILE} has no component {component!r}.",
            f'Add it: [project.entry-points."{GROUP}"] {component} = "PACKAGE.component:component"',
        )
    distribution = project.get("name", f"machiya-{component}")
    return WorkingCopy(folder, distribution, project.get("version", "0"), entry_points)


def _project(component: str, folder: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads((folder / _FILE).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = f"Name the folder of the component: --with {component}=FOLDER"
        raise LaunchError(f"{folder} is no working copy of a component: it has no {_FILE}.", remedy) from error
    except (OSError, ValueError) as error:
        raise LaunchError(f"{folder / _FILE} cannot be read: {error}", "Correct it.") from error
    project = data.get("project")
    return project if isinstance(project, dict) else {}
