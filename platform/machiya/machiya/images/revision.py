"""What git says of a folder: the commit it is at, when that was made, and where it comes from."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True)
class Revision:
    """``commit`` is empty outside git, and ends in ``-dirty`` when files of the folder differ from it.

    ``time`` is the commit's (UTC), and None when there is no commit that says it all. ``remote`` may be empty.
    """

    commit: str = ""
    time: datetime | None = None
    remote: str = ""


def revision_of(folder: Path) -> Revision:
    """The last commit that changed the folder: other work in the same repository does not change it."""
    head = _git(folder, "log", "-1", "--format=%H %cI", "--", ".") or _git(folder, "log", "-1", "--format=%H %cI")
    if not head:
        return Revision()
    commit, time = head.split(" ", 1)
    remote = without_credentials(_git(folder, "remote", "get-url", "origin"))
    if _git(folder, "status", "--porcelain", "--", "."):
        return Revision(f"{commit}-dirty", None, remote)
    return Revision(commit, datetime.fromisoformat(time).astimezone(UTC), remote)


def without_credentials(url: str) -> str:
    """``https://user:token@host/path`` without the part that must not get into an image's labels."""
    parts = urlsplit(url)
    if not parts.scheme or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(folder: Path, *arguments: str) -> str:
    """What git prints; empty when it fails: not a repository, no commit, no remote, or git is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
