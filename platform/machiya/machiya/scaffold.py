"""New components from the template that comes with Machiya."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

from machiya import __version__
from machiya.errors import ArgumentsError, MachiyaError, OutputError

TEMPLATE = Path(__file__).with_name("templates") / "component"
ANSWERS = ".copier-answers.yml"

_LONGEST = 39
_NAME = re.compile(rf"(?=.{{1,{_LONGEST}}}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TAKEN = {"component": "its Python package would be machiya_component, which is the kit's"}


def new_component(name: str, parent: Path, *, summary: str | None = None, owner: str | None = None) -> Path:
    """Make the component `name`, with its sample data, in a new folder of that name below `parent`; return the folder.

    Without `summary` and `owner` the template's defaults stand. Raises ArgumentsError for a name that is not allowed,
    and OutputError if the folder is taken or cannot be written.
    """
    check_name(name)
    folder = parent / name
    _check_free(folder)
    answers = {"name": name, "created": date.today().isoformat()}
    for key, text in (("summary", summary), ("owner", owner)):
        if text:
            answers[key] = " ".join(text.split())
    _render(folder, answers)
    _generate_sample(folder)
    return folder


def check_name(name: str) -> None:
    """Raise ArgumentsError, with a name that would do, unless `name` can name a component written in Python."""
    if name in _TAKEN:
        raise ArgumentsError(f"a component cannot be called {name!r}: {_TAKEN[name]}.", "Say what it does: score-items")
    if not _NAME.fullmatch(name):
        raise ArgumentsError(
            f"{name!r} is not a name for a component.",
            "A name has lower-case letters, digits and single dashes between them, begins with a letter, "
            f"and is {_LONGEST} characters long at most: {suggest_name(name)}",
        )


def suggest_name(text: str) -> str:
    """The name nearest to `text` that follows the rule; an example if nothing of `text` is left."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text.rsplit("/", 1)[-1]).lower())
    name = "-".join(words).lstrip("0123456789-")[:_LONGEST].rstrip("-")
    return name if _NAME.fullmatch(name) and name not in _TAKEN else "score-items"


def _check_free(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OutputError(
            f"{folder} is there already, and is not an empty folder.",
            "Take another name, or another place with --into FOLDER.",
        )


def _render(folder: Path, answers: dict[str, str]) -> None:
    import copier

    version = {"machiya_version": __version__}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        copier.run_copy(str(TEMPLATE), folder, data=answers | version, defaults=True, quiet=True, answers_file=ANSWERS)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}.", "Name a folder that you may write to with --into."
        ) from error


def _generate_sample(folder: Path) -> None:
    """Run the component's own generator, so that its data is what its tests expect."""
    call = subprocess.run(
        [sys.executable, folder / "sample" / "generate.py"], capture_output=True, text=True, check=False
    )
    if call.returncode:
        raise MachiyaError(
            f"the sample data of {folder} could not be made:\n{call.stderr}",
            "This is a bug in Machiya's template; please report it.",
        )
