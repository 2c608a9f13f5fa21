"""What git knows of the files of a workflow. Nothing here changes a repository."""

import getpass
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from machiya.errors import MachiyaError


@dataclass(frozen=True)
class Commit:
    """One commit; ``time`` is that of the author, as ISO 8601 has it."""

    hash: str
    time: str
    author: str
    subject: str

    @property
    def short(self) -> str:
        """The beginning of the hash."""
        return self.hash[:10]


def in_repository(folder: Path) -> bool:
    """Whether a folder is part of a repository."""
    return _git(folder, "rev-parse", "--is-inside-work-tree").strip() == "true"


def who(folder: Path) -> str:
    """The name of whoever works here: git's, else that of the account. What would end a waiver is left out of it."""
    name = _git(folder, "config", "user.name").strip() or _account()
    return " ".join("".join(" " if one in ":;#\r\n" else one for one in name).split()) or "somebody"


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def differences(folder: Path, paths: Iterable[Path]) -> str:
    """`git diff` of these files, those that git does not know yet included; empty outside of a repository."""
    if not in_repository(folder):
        return ""
    found = []
    for path in paths:
        known = _git(folder, "ls-files", "--", str(path.absolute()))
        if known:
            found.append(_git(folder, "diff", "--no-ext-diff", "--no-color", "HEAD", "--", str(path.absolute())))
        elif path.exists():
            relative = os.path.relpath(path.absolute(), folder.absolute())
            found.append(_git(folder, "diff", "--no-ext-diff", "--no-color", "--no-index", "/dev/null", relative))
    return "".join(found)


def commits_of(file: Path) -> list[Commit]:
    """The commits that changed a file, the newest first; none outside of a repository."""
    form = "%H%x1f%aI%x1f%an%x1f%s"
    lines = _git(file.parent, "log", f"--format={form}", "--", file.name).splitlines()
    return [Commit(*line.split("\x1f")) for line in lines]


def texts_of(file: Path) -> Iterator[tuple[Commit, str]]:
    """Each commit that changed a file, the newest first, with the file's text after it; empty where it was removed."""
    for commit in commits_of(file):
        yield commit, _git(file.parent, "show", f"{commit.hash}:./{file.name}")


def remote_of(folder: Path) -> str:
    """Where the repository comes from; empty if nobody knows."""
    return _git(folder, "remote", "get-url", "origin").strip()


def _git(folder: Path, *arguments: str) -> str:
    """What git prints; empty where there is no repository, or nothing of what is asked for."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise MachiyaError("git is not installed.", "Install it: pins are kept in a git repository.") from error
    wanted = (0, 1) if "--no-index" in arguments else (0,)
    return done.stdout.decode("utf-8", "replace") if done.returncode in wanted else ""
