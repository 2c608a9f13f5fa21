"""The kit on its way into an image: a wheel in the build context, while the installed kit is a source folder's."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from machiya.errors import BuildError, OutputError

KIT = "machiya-component"
_PATTERN = "machiya_component-*.whl"


def put_kit_wheel(wheels: Path) -> Path | None:
    """Put a wheel of the installed kit into ``wheels``, replacing older ones; None when an index has that kit.

    A kit installed from a package index is left to that index. A file whose bytes would not change is not touched, so
    that the engine's cache holds. Raises BuildError when it cannot be built, OutputError when it cannot be written.
    """
    source = kit_source()
    if source is None:
        return None
    with tempfile.TemporaryDirectory(prefix="machiya-wheel-") as scratch:
        built = _build_wheel(source, Path(scratch))
        try:
            return _replace(wheels, built)
        except OSError as error:
            raise OutputError(f"the kit's wheel cannot be written: {error}.", f"Make {wheels} writable.") from error


def kit_source() -> Path | None:
    """The folder that the kit is installed from (editable, or `pip install FOLDER`); None when it came as a package."""
    try:
        text = distribution(KIT).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    origin = json.loads(text) if text else {}
    folder = Path(unquote(urlsplit(origin.get("url", "")).path))
    return folder if "dir_info" in origin and (folder / "pyproject.toml").is_file() else None


def _build_wheel(source: Path, target: Path) -> Path:
    """Hatchling writes the same bytes for the same files. Where it is not installed, pip fetches it for the build."""
    if find_spec("hatchling"):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    else:
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(target), str(source)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    built = sorted(target.glob(_PATTERN))
    if done.returncode != 0 or not built:
        raise BuildError(
            f"the kit's wheel could not be built from {source}:\n{(done.stdout + done.stderr).strip()[-2000:]}",
            f"Try it by hand: {' '.join(command[:4])} ... in that folder.",
        )
    return built[-1]


def _replace(wheels: Path, built: Path) -> Path:
    wheels.mkdir(exist_ok=True)
    target = wheels / built.name
    content = built.read_bytes()
    for old in wheels.glob(_PATTERN):
        if old != target:
            old.unlink()
    if not target.is_file() or target.read_bytes() != content:
        partial = target.with_suffix(f".{os.getpid()}.part")
        partial.write_bytes(content)
        partial.replace(target)
    return target
