"""Runs: the list of them, and how fresh their data is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from machiya_viewer.i18n import Message, Words, message, messages
from machiya_viewer.view.catalog import RunSummary
from machiya_viewer.view.model import Version
from machiya_viewer.views.gate import OUTCOMES

MAX_VERSIONS = 12


@dataclass(frozen=True)
class RunRow:
    """A run in the list. ``pair`` is what it opens with (empty: it cannot be shown), ``outcome`` that of its rules."""

    slug: str
    name: str
    pair: str
    workflow: str
    stage: str
    started: str
    versions: tuple[tuple[str, Version], ...]
    more_versions: int
    users: int
    outcome: str
    outcome_words: Words
    last_time: datetime | None
    age: Message | None
    stale: bool
    problems: tuple[str, ...]


def run_row(run: RunSummary, age: timedelta | None, stale: bool) -> RunRow:
    """One run as shown; ``age`` is that of its data."""
    versions = tuple(run.versions.items())
    return RunRow(
        slug=run.slug,
        name=run.name,
        pair=opening(run),
        workflow=run.workflow,
        stage=run.stage,
        started=shown_start(run.started),
        versions=versions[:MAX_VERSIONS],
        more_versions=max(0, len(versions) - MAX_VERSIONS),
        users=run.users,
        outcome=run.outcome,
        outcome_words=_outcome_words(run.outcome),
        last_time=run.last_time,
        age=None if age is None else age_words(age),
        stale=stale,
        problems=tuple(str(problem) for problem in run.problems),
    )


def _outcome_words(outcome: str) -> Message:
    """Of the rules alone: what else the gate looks at is not in the list."""
    if outcome not in OUTCOMES:
        return message("no rules")
    return message("Rules: %(outcome)s", outcome=OUTCOMES[outcome])


def opening(run: RunSummary) -> str:
    """What a run opens with: its newest comparison, else its first version; empty when no view can be read."""
    if run.comparison is not None:
        return pair_slug(*run.comparison)
    return next(iter(run.versions), "")


def pair_slug(base: str, candidate: str = "") -> str:
    """``{base}..{candidate}``, or just the one version."""
    return f"{base}..{candidate}" if candidate else base


def shown_start(text: str) -> str:
    """``2026-11-29 03:00 UTC`` from RFC 3339; anything else as it is."""
    try:
        time = datetime.fromisoformat(text)
        return text if time.tzinfo is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        return text


def age_words(age: timedelta) -> Message:
    """``3 days ago``, in the largest unit that fits."""
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return message("less than an hour ago")
    if hours < 48:
        return messages("one hour ago", "%(count)s hours ago", hours)
    return messages("one day ago", "%(count)s days ago", hours // 24)


def version_choices(versions: Mapping[str, Version]) -> tuple[tuple[str, str], ...]:
    """(slug, name) of every version of a run."""
    return tuple((slug, version.name) for slug, version in versions.items())
