"""One run: its views, the versions that any of them has, and which view compares two of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from machiya_viewer.view.files import Files
from machiya_viewer.view.model import Facts, Version, View, ViewError
from machiya_viewer.view.reader import ViewReader
from machiya_viewer.view.slugs import unique_slugs

_WORST = ("fail", "unknown", "warn", "pass")

Key = tuple[str, str, int]
"""What makes two versions of a run the same: name, digest, and which of a view's equal ones it is."""


@dataclass(frozen=True)
class Seen:
    """A view of a run: where it is below the catalog's root, what changes with it, its head, and its folder."""

    path: str
    stamp: str
    head: View
    files: Files

    def keys(self) -> tuple[Key, ...]:
        """The keys of its versions."""
        named = [(version.name, version.digest) for version in self.head.versions]
        return tuple((*name, named[:index].count(name)) for index, name in enumerate(named))


@dataclass(frozen=True)
class RunSummary:
    """A run in the list. ``versions``: slug -> version.

    ``outcome`` is the worst of its views: fail, unknown, warn, pass, or empty where none has rules.
    ``comparison`` is the pair of slugs its newest comparison is about, None without one. ``users`` is the largest count
    and ``last_time`` the latest of its views. ``problems``: views of the run that cannot be read.
    """

    slug: str
    name: str
    title: str
    workflow: str
    stage: str
    started: str
    versions: Mapping[str, Version]
    users: int
    outcome: str
    last_time: datetime | None
    comparison: tuple[str, str] | None
    problems: tuple[ViewError, ...] = ()


@dataclass(frozen=True)
class RunPage:
    """One page of runs, and how many there are in all."""

    runs: tuple[RunSummary, ...]
    total: int


@dataclass(frozen=True)
class VersionOf:
    """A version where a view has it: ``reader.recommended(index, user_id)`` are its lists."""

    slug: str
    version: Version
    reader: ViewReader
    index: int


@dataclass(frozen=True)
class Pair:
    """One version, or a base and a candidate.

    ``reader`` is the view that has what is computed of them: for a pair the one that compares them in this order, for
    one version the newest that has it (``base.index`` says where). It is None where no step compared the pair ("not yet
    computed"); the lists can still be read: ``base.reader``, ``candidate.reader``. ``reversed`` tells that a view
    compares the pair the other way round.
    """

    base: VersionOf
    candidate: VersionOf | None
    reader: ViewReader | None
    reversed: bool = False


class Run:
    """One run. Its views and versions are those when it was asked for."""

    def __init__(
        self,
        summary: RunSummary,
        views: Sequence[Seen],
        reader: Callable[[Seen], ViewReader],
        facts: Callable[[Seen], Facts],
    ) -> None:
        self.summary = summary
        self._views = tuple(views)
        self._reader, self._facts = reader, facts
        self._keys = dict(zip(summary.versions, _versions(views), strict=True))

    @property
    def views(self) -> tuple[View, ...]:
        """The heads of its views, the newest first."""
        return tuple(view.head for view in reversed(self._views))

    @property
    def versions(self) -> Mapping[str, Version]:
        """Slug -> version, over all views."""
        return self.summary.versions

    def pair(self, base_slug: str, candidate_slug: str) -> Pair | None:
        """A comparison; None when the run lacks one of the versions."""
        if base_slug not in self._keys or candidate_slug not in self._keys:
            return None
        keys = (self._keys[base_slug], self._keys[candidate_slug])
        view = next((view for view in reversed(self._views) if view.keys() == keys), None)
        base, candidate = (self._version(slug, view) for slug in (base_slug, candidate_slug))
        other_way = any(view.keys() == keys[::-1] for view in self._views)
        return Pair(base, candidate, None if view is None else self._reader(view), other_way)

    def single(self, slug: str) -> Pair | None:
        """One version alone; None when the run lacks it."""
        if slug not in self._keys:
            return None
        base = self._version(slug, None)
        return Pair(base, None, base.reader)

    def facts(self, reader: ViewReader) -> Facts:
        """The facts of a view, kept by the catalog (the last few that were asked for)."""
        view = next((view for view in self._views if view.files == reader.files), None)
        return reader.facts() if view is None else self._facts(view)

    def _version(self, slug: str, view: Seen | None) -> VersionOf:
        """A version in a view; without one, in the newest that has it."""
        key = self._keys[slug]
        having = view or next(one for one in reversed(self._views) if one.keys().count(key))
        index = having.keys().index(key)
        return VersionOf(slug, having.head.versions[index], self._reader(having), index)


def summary_of(slug: str, name: str, views: Sequence[Seen], problems: Sequence[ViewError]) -> RunSummary:
    """A run in the list; ``views`` are those that can be read, the newest last."""
    keys = _versions(views)
    slugs = dict(zip(keys, unique_slugs((key[0] for key in keys), "version"), strict=True))
    pairs = [view.keys() for view in views if len(view.keys()) == 2]
    heads = [view.head for view in views]
    newest = heads[-1] if heads else None
    outcomes = {head.outcome for head in heads}
    return RunSummary(
        slug=slug,
        name=name,
        title=newest.title if newest else name,
        workflow=newest.workflow if newest else "",
        stage=newest.stage if newest else "",
        started=newest.started if newest else "",
        versions={slugs[key]: version for key, version in keys.items()},
        users=max((head.users for head in heads), default=0),
        outcome=next((outcome for outcome in _WORST if outcome in outcomes), ""),
        last_time=max((head.last_time for head in heads if head.last_time is not None), default=None),
        comparison=(slugs[pairs[-1][0]], slugs[pairs[-1][1]]) if pairs else None,
        problems=tuple(problems),
    )


def _versions(views: Sequence[Seen]) -> dict[Key, Version]:
    """The versions of all views, as they are met first."""
    found: dict[Key, Version] = {}
    for view in views:
        for key, version in zip(view.keys(), view.head.versions, strict=True):
            found.setdefault(key, version)
    return found
