"""Where the data from outside is: what was given, else the defaults of the workflow file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from machiya.dsl import ExternalArtifact
from machiya.dsl.load import WORKFLOWS_FOLDER
from machiya.errors import ArgumentsError


def choose_locations(folder: Path, artifacts: Sequence[ExternalArtifact], given: Mapping[str, str]) -> dict[str, str]:
    """By external artifact, its location; empty for an optional one that is absent.

    Defaults belong together: where data of one's own is given, optional data that is not given is absent. The item
    table of the sample knows no item of another log.

    Raises:
        ArgumentsError: one that has to be there has no location.
    """
    own = any(artifact.name in given for artifact in artifacts)
    locations = {
        artifact.name: given[artifact.name]
        if artifact.name in given
        else ("" if own and artifact.optional else _default(folder, artifact))
        for artifact in artifacts
    }
    for artifact in artifacts:
        if not locations[artifact.name] and not artifact.optional:
            raise ArgumentsError(
                f"{artifact.name} is not given: {artifact.description[:1].lower()}{artifact.description[1:]}.",
                f"Give a file, a folder or a URL: -p {artifact.name}=FILE",
            )
    return locations


def _default(folder: Path, artifact: ExternalArtifact) -> str:
    """The default of an external artifact; a relative path counts from the project that holds ``workflows/``."""
    default, workflows = artifact.default or "", folder.resolve().parent
    if not default or "://" in default or workflows.name != WORKFLOWS_FOLDER or workflows.parent == Path.cwd():
        return default
    return str(workflows.parent / default)
