"""Files that a stopped operation finds again when it is called again in the same way."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

CHECKPOINT_FOLDER = "_checkpoint"


class Checkpoint:
    """A folder bound to one call: component version, operation, parameters and input digests.

    A call that differs in any of these finds nothing, so nobody resumes from somebody else's state.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, name: str, write: Callable[[Path], Any]) -> None:
        """Let ``write`` fill a file, then put it in place of the earlier one at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".partial-{name}"
        write(partial)
        partial.replace(self.folder / name)

    def load(self, name: str) -> Path | None:
        """The file saved under this name, or ``None``."""
        path = self.folder / name
        return path if path.exists() else None

    def adopt(self, earlier: Path) -> None:
        """Take over what an attempt on another machine saved: `earlier` is its folder of checkpoints, of all calls.

        What this machine saved itself is newer. A checkpoint that cannot be read is as good as none.
        """
        source = earlier / self.folder.name
        if self.folder.exists() or not source.is_dir():
            return
        partial = self.folder.with_name(f".partial-{self.folder.name}")
        try:
            for path in (one for one in sorted(source.rglob("*")) if one.is_file()):
                copy = partial / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            partial.rename(self.folder)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)

    def clear(self) -> None:
        """Forget everything; called when the operation is done."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def checkpoint_of(
    out: Path, component: str, version: str, operation: str, parameters: Mapping[str, Any], inputs: Mapping[str, str]
) -> Checkpoint:
    """The checkpoint of one call, below the folder that its outputs go to."""
    call = json.dumps([component, version, operation, dict(parameters), dict(inputs)], sort_keys=True)
    return Checkpoint(out / CHECKPOINT_FOLDER / hashlib.sha256(call.encode()).hexdigest()[:16])
