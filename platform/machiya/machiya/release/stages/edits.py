"""Changes of files: computed first, then written beside and renamed, so that no file is ever half written.

The pins come last but for what nobody needs any more, so that whoever is interrupted runs the same command again.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from machiya.errors import OutputError
from machiya.pins import PINS_FILE


@dataclass(frozen=True)
class Edit:
    """A file with its text before and after; None: it is not there."""

    path: Path
    before: str | None
    after: str | None

    @property
    def is_change(self) -> bool:
        """Whether anything is to be written or removed."""
        return self.before != self.after

    @property
    def what(self) -> str:
        """What becomes of the file, for people."""
        if not self.is_change:
            return "up to date"
        if self.after is None:
            return "removed"
        return "new" if self.before is None else "changed"


def read_text(path: Path) -> str | None:
    """The text of a file with its own line endings; None where it is not there."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None


def edit_to(path: Path, text: str | None) -> Edit:
    """The edit that gives a file this text; None removes it."""
    return Edit(path, read_text(path), text)


def write(edits: Sequence[Edit]) -> None:
    """Make all changes: new texts, then the pins, then what is removed.

    Raises:
        OutputError: a file cannot be written, or was changed by others since it was read; what is written is whole.
    """
    for edit in sorted((edit for edit in edits if edit.is_change), key=_turn):
        _check_unchanged(edit)
        try:
            _apply(edit)
        except OSError as error:
            message = f"{edit.path} cannot be written: {error.strerror or error}."
            raise OutputError(message, "Make it writable, then run the same command again: it goes on.") from error


def _turn(edit: Edit) -> int:
    if edit.after is None:
        return 2
    return 1 if edit.path.name == PINS_FILE else 0


def _check_unchanged(edit: Edit) -> None:
    if read_text(edit.path) != edit.before:
        message = f"{edit.path} was changed by somebody else while this ran."
        raise OutputError(message, "Look at it (git diff), then run the same command again.")


def _apply(edit: Edit) -> None:
    if edit.after is None:
        edit.path.unlink(missing_ok=True)
        return
    target = edit.path.resolve()  # the file itself, where it is a link
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("wb") as file:
            file.write(edit.after.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o7777)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
