"""Digests of code that is not released: in the keys of the cache they take the place of an image's digest.

Of a folder, what decides what the component does: everything but its tests, sample data, documents and by-products. Of
what runs without a container, also the kit and the versions of the libraries that the component asks for.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

KIT = "machiya_component"
GROUP = "machiya.components"

_LEFT_OUT = {"__pycache__", "build", "dist", "node_modules", "sample", "tests", "venv", "wheels"}
_SUFFIXES_LEFT_OUT = (".md", ".pyc", ".egg-info", ".whl")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def folder_digest(folder: Path) -> str:
    """``sha256:<hex>`` over the names and contents of the files of a component's folder that decide what it does."""
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _counts(name)]
        yield from (Path(root, name) for name in names if _counts(name) and Path(root, name).is_file())


def _counts(name: str) -> bool:
    return not name.startswith(".") and name not in _LEFT_OUT and not name.endswith(_SUFFIXES_LEFT_OUT)


def process_digest(component: str, folder: Path | None = None) -> str | None:
    """The digest of what runs when a component is run in this environment, from `folder` if there is one.

    None where no such component is installed and no folder is given.
    """
    installed = component_distribution(component)
    source = folder or (_editable_folder(installed) if installed is not None else None)
    if source is not None:
        code = folder_digest(source)
    elif installed is not None:
        code = _package_digest(component)
    else:
        return None
    lines = [f"code={code}", f"kit={_kit_digest()}", *_libraries(installed)]
    return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def built_digest(folder: Path, base: str) -> str:
    """The digest of what runs when an image is built of a component's folder, on the base image of this id.

    Its libraries are those of the lock in the folder.
    """
    lines = [f"code={folder_digest(folder)}", f"kit={_kit_digest()}", f"base={base}"]
    return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def component_distribution(component: str) -> Distribution | None:
    """The installed distribution that provides a component; None if none does."""
    for entry in entry_points(group=GROUP, name=component):
        return entry.dist
    return None


def _editable_folder(installed: Distribution) -> Path | None:
    """The folder of a distribution that is installed in place."""
    import json

    origin: Mapping[str, object] = json.loads(installed.read_text("direct_url.json") or "{}")
    info = origin.get("dir_info")
    if not isinstance(info, dict) or not info.get("editable"):
        return None
    folder = Path(unquote(urlsplit(str(origin.get("url", ""))).path))
    return folder if folder.is_dir() else None


def _package_digest(component: str) -> str:
    """Of the package that the entry point names: its folder in site-packages."""
    for entry in entry_points(group=GROUP, name=component):
        return folder_digest(_package_folder(entry.module.partition(".")[0]))
    raise PackageNotFoundError(component)


def _kit_digest() -> str:
    return folder_digest(_package_folder(KIT))


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PackageNotFoundError(package)
    return Path(next(iter(spec.submodule_search_locations)))


def _libraries(installed: Distribution | None) -> list[str]:
    """The versions of the libraries that a component asks for, as they are installed."""
    found = set()
    for requirement in (installed.requires or ()) if installed is not None else ():
        match = _REQUIREMENT.match(requirement)
        if match is not None:
            try:
                found.add(f"{match[0].lower()}={distribution(match[0]).version}")
            except PackageNotFoundError:
                continue
    return sorted(found)
