"""All runs below a root, newest first. What is listed comes from the small ``view.json`` files alone."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from threading import Lock

from machiya_viewer.view.files import Files
from machiya_viewer.view.folding import fold
from machiya_viewer.view.listing import Found, moment, views_below
from machiya_viewer.view.lru import Lru
from machiya_viewer.view.model import HEAD, Facts, View, ViewError
from machiya_viewer.view.reader import ViewReader
from machiya_viewer.view.runs import Pair, Run, RunPage, RunSummary, Seen, VersionOf, summary_of
from machiya_viewer.view.slugs import unique_slugs
from machiya_viewer.view.texts import load

__all__ = ["Catalog", "Pair", "Run", "RunPage", "RunSummary", "VersionOf"]

STALE_SECONDS = 5.0
"""How long a listing is good for: a new run is shown after this time at most."""
MAX_VIEWS = 5_000
"""Views that are listed; beyond, those that were written last are."""
KEPT_HEADS, KEPT_READERS, KEPT_FACTS = 256, 8, 8
READ_TOGETHER = 16
"""Heads that are read at the same time."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is remembered of a view, for the order and names of runs; not ``known`` is one whose head was unreadable."""

    stamp: str
    name: str
    started: str
    known: bool


@dataclass(frozen=True, slots=True)
class _Listed:
    """A run: its name, and its views, the newest last."""

    name: str
    views: tuple[Found, ...]


class Catalog:
    """The runs below a root: a path or any fsspec URL. Thread-safe.

    A new run appears within ``STALE_SECONDS``; a ``view.json`` that did not change is not read again. Held are a name
    and a time a view (of ``MAX_VIEWS`` at most), and the last few heads, facts and footers that were asked for.
    """

    def __init__(self, root: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = root
        self._clock = clock
        self._lock = Lock()
        self._listed: float | None = None
        self._entries: dict[str, _Entry] = {}
        self._runs: dict[str, _Listed] = {}
        self._heads: Lru[View] = Lru(KEPT_HEADS)
        self._readers: Lru[ViewReader] = Lru(KEPT_READERS)
        self._facts: Lru[Facts] = Lru(KEPT_FACTS)

    def runs(self, page: int, size: int) -> RunPage:
        """A page (from 1) of runs, newest first. ``ViewError`` when the root cannot be listed."""
        runs = self._current()
        wanted = list(runs)[(page - 1) * size : page * size]
        return RunPage(tuple(self._summary(slug, runs[slug]) for slug in wanted), len(runs))

    def run(self, slug: str) -> Run | None:
        """A run by its slug; None if there is none."""
        listed = self._current().get(slug)
        if listed is None:
            return None
        return Run(self._summary(slug, listed), self._seen(listed), self._reader, self._facts_of)

    def named(self, name: str) -> Run | None:
        """The newest run of a name, or of one that differs only in width and case; None if there is none."""
        runs, folded = self._current(), fold(name)
        exact = (slug for slug, listed in runs.items() if listed.name == name)
        alike = (slug for slug, listed in runs.items() if fold(listed.name) == folded)
        slug = next(chain(exact, alike), None)
        return None if slug is None else self.run(slug)

    def newest(self) -> Run | None:
        """The newest run; None as long as there is none."""
        slug = next(iter(self._current()), None)
        return None if slug is None else self.run(slug)

    def _current(self) -> dict[str, _Listed]:
        """Slug -> views, newest first. While one thread lists, the others go on with what was known before."""
        now = self._clock()
        if self._listed is not None and now - self._listed < STALE_SECONDS:
            return self._runs
        if self._lock.acquire(blocking=self._listed is None):
            try:
                if self._listed is None or now - self._listed >= STALE_SECONDS:
                    self._list()
                    self._listed = now
            finally:
                self._lock.release()
        return self._runs

    def _list(self) -> None:
        found = sorted(views_below(self.root), key=lambda one: (one.written, one.path))[-MAX_VIEWS:]
        with ThreadPoolExecutor(READ_TOGETHER) as pool:  # of a store far away, every head takes its time
            self._entries = dict(zip((one.path for one in found), pool.map(self._entry, found), strict=True))
        by_run: dict[str, list[Found]] = {}
        for one in sorted(found, key=self._age):
            by_run.setdefault(one.run, []).append(one)
        # The oldest run first: a new one leaves the slugs of others alone.
        runs = sorted(by_run.values(), key=lambda views: self._age(views[-1]))
        listed = [_Listed(self._entries[views[-1].path].name, tuple(views)) for views in runs]
        slugs = unique_slugs((run.name for run in listed), "run")
        self._runs = dict(reversed(list(zip(slugs, listed, strict=True))))

    def _entry(self, one: Found) -> _Entry:
        before = self._entries.get(one.path)
        if before is not None and before.known and before.stamp == one.stamp:
            return before
        head = self._head(one)
        if isinstance(head, ViewError):
            return _Entry(one.stamp, one.run or "view", one.written, known=False)
        return _Entry(one.stamp, head.run or one.run or "view", moment(head.started) or one.written, known=True)

    def _age(self, one: Found) -> tuple[str, str]:
        """When a view was made; the path where that is the same."""
        return self._entries[one.path].started, one.path

    def _summary(self, slug: str, listed: _Listed) -> RunSummary:
        problems = [head for one in listed.views if isinstance(head := self._head(one), ViewError)]
        return summary_of(slug, listed.name, self._seen(listed), problems)

    def _seen(self, listed: _Listed) -> tuple[Seen, ...]:
        """The views whose heads can be read, the newest last."""
        heads = [(one, self._head(one)) for one in listed.views]
        return tuple(
            Seen(one.path, one.stamp, head, self._files(one.path)) for one, head in heads if isinstance(head, View)
        )

    def _head(self, one: Found) -> View | ViewError:
        """The head of a view, or why it cannot be read; that is not kept, as it may be so for a moment only."""
        try:
            return self._heads.get((one.path, one.stamp), lambda: load(self._files(one.path).read(HEAD), View, HEAD))
        except ViewError as error:
            return ViewError(f"{one.path}/{error.file}".lstrip("/"), error.column, error.reason)
        except Exception as error:  # whatever is wrong with one view, the others are listed
            return ViewError(f"{one.path}/{HEAD}".lstrip("/"), "", f"cannot be understood ({type(error).__name__})")

    def _reader(self, view: Seen) -> ViewReader:
        files = self._files(view.path)
        return self._readers.get((view.path, view.stamp), lambda: ViewReader(files, view.head))

    def _files(self, path: str) -> Files:
        return Files(self.root).below(path)

    def _facts_of(self, view: Seen) -> Facts:
        return self._facts.get((view.path, view.stamp), lambda: self._reader(view).facts())
