"""What becomes of a result: it is published, or a later run is published already."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from machiya_publish.checks import Limits, change_of_rows, check, is_superseded, replaced_by
from machiya_publish.pointer import Pointer


@dataclass(frozen=True)
class Decision:
    """The outcome in words and numbers; ``pointer`` is what is published from now on, None if that does not change."""

    outcome: str
    detail: str
    metrics: Mapping[str, float]
    pointer: Pointer | None
    level: int = logging.INFO


def decide(made: Pointer, current: Pointer | None, limits: Limits) -> Decision:
    """Decide about a result, where `current` is published.

    Raises:
        DataError: the result is below one of the limits.
    """
    numbers = {"rows": float(made.rows)} | ({} if made.coverage is None else {"coverage": made.coverage})
    if current is not None and is_superseded(made, current):
        detail = (
            f"{current.run} is published, which started at {current.started}, after this run ({made.started}). "
            "To publish this one's data all the same, resubmit it as a new run"
        )
        return Decision("not published", detail, numbers | {"published": 0.0}, None, logging.WARNING)
    replaced = replaced_by(made, current)
    check(made, current, limits)
    before = current.earlier if current is not None and replaced is None else None
    pointer = replace(made, earlier=replaced.as_before if replaced is not None else before)
    change = change_of_rows(made.rows, replaced)
    numbers |= {"published": 1.0} | ({} if change is None else {"change": change})
    return Decision("published", _told(pointer), numbers, pointer)


def _told(pointer: Pointer) -> str:
    covered = f", {pointer.coverage:.2%} of the users" if pointer.coverage is not None else ""
    instead = f", in the place of {pointer.earlier.run}" if pointer.earlier is not None else ""
    return f"{pointer.result} with {pointer.rows:,} rows{covered}{instead}: {pointer.key}"
