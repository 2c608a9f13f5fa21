"""Paths that a manifest or a program gives: none may lead out of the folder of its step."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from machiya.engines.local.argo.interpreter.commands import PodSpec
from machiya.engines.local.launchers.protocol import LaunchError
from machiya.errors import OutputError


def climbs(path: str) -> bool:
    """Whether a path has a part ``..``."""
    return ".." in PurePosixPath(path).parts


def check_paths(spec: PodSpec) -> None:
    """Look at all paths of a step once their tags are replaced, before anything is done with them.

    Raises:
        LaunchError: one climbs out of its folder, or is absolute where it must not be.
    """
    for what, path, relative in _paths(spec):
        if climbs(path) or (relative and path.startswith("/")):
            kind = "a relative path" if relative else "a path"
            raise LaunchError(f"the {what} {path!r} climbs out of its folder.", f"Give {kind} without `..`.")


def _paths(spec: PodSpec) -> Iterator[tuple[str, str, bool]]:
    """What it is, the path, and whether it must be relative."""
    for artifact in spec.inputs:
        yield "path", artifact.path, False
        yield "key", artifact.value.key, True
        yield "subPath", artifact.value.sub_path.strip("/"), True
    for output in spec.output_artifacts:
        yield "path", output.path, False
        yield "key", output.key, True
    for parameter in spec.output_parameters:
        yield "path", parameter.path, False
    for mount in spec.mounts:
        yield "mountPath", mount.path, False
        yield "subPath", mount.sub_path, True
        yield "volume", mount.name, True


def inside(path: Path, folder: Path) -> Path:
    """Where a path leads that a program wrote: links are followed, as long as they stay in `folder`.

    Raises:
        OutputError: one leads out.
    """
    real = path.resolve()
    if real.is_relative_to(folder.resolve()):
        return real
    link = next((one for one in (path, *path.parents) if one.is_symlink()), path)
    raise OutputError(f"the link {link.name} leads out of the step's folder.", "Write a file or a folder instead.")
