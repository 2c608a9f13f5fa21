"""Whether a result is published: what was counted, against the limits and what is published now."""

from dataclasses import dataclass

from machiya_component import DataError

from machiya_publish.pointer import Pointer


@dataclass(frozen=True)
class Limits:
    """The fewest rows, the lowest coverage (of what is known), and the highest share by which rows may fall."""

    min_rows: int
    min_coverage: float
    max_drop: float


def is_superseded(pointer: Pointer, current: Pointer | None) -> bool:
    """Whether another run that began later is published: an older one that is retried does not take its place."""
    return current is not None and current.run != pointer.run and current.moment > pointer.moment


def replaced_by(pointer: Pointer, current: Pointer | None) -> Pointer | None:
    """What `pointer` is compared with and replaces: nothing if the very run is published already."""
    return None if current is not None and current.run == pointer.run else current


def change_of_rows(rows: int, replaced: Pointer | None) -> float | None:
    """By which share rows grew, or (below 0) fell; None where there was nothing."""
    return rows / replaced.rows - 1 if replaced is not None and replaced.rows else None


def check(pointer: Pointer, current: Pointer | None, limits: Limits) -> None:
    """Compare a result with its limits, where `current` is published.

    Raises:
        DataError: it is below one of them, with every reason.
    """
    found = _reasons(pointer, replaced_by(pointer, current), limits)
    if not found:
        return
    reasons, options = zip(*found, strict=True)
    stays = f"The result of {current.run} stays published." if current is not None else "Nothing is published yet."
    raise DataError(
        f"result: {'; '.join(reasons)}. {stays}",
        f"Look at the steps that made it; if it is right as it is, run again with {' and '.join(options)}.",
    )


def _reasons(pointer: Pointer, replaced: Pointer | None, limits: Limits) -> list[tuple[str, str]]:
    """What is wrong, and the limit that would let it pass."""
    found = []
    if pointer.rows < limits.min_rows:
        needed = f"{pointer.rows:,} rows are fewer than the {limits.min_rows:,} that are needed"
        found.append((needed, f"min_rows={pointer.rows}" if pointer.rows else "rows to publish"))
    change = change_of_rows(pointer.rows, replaced)
    if change is not None and replaced is not None and change < -limits.max_drop:
        fell = (
            f"rows fell by {-change:.1%}, from {replaced.rows:,} to {pointer.rows:,}; {limits.max_drop:.1%} are allowed"
        )
        found.append((fell, "max_drop=1"))
    if pointer.coverage is not None and pointer.coverage < limits.min_coverage:
        covered = f"{pointer.coverage:.2%} of the users have a result; {limits.min_coverage:.2%} are needed"
        found.append((covered, "a lower min_coverage"))
    return found
