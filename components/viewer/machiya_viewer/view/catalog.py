"""All runs below a root, newest first. What is listed comes from the small ``view.json`` files alone."""

import time
from collections.abc import Callable, Sequence
from threading import Lock

from machiya_viewer.view.files import Files
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
"""Views that are listed; beyond, those whose folders come last by name are (names mostly begin with a time)."""
KEPT_HEADS, KEPT_READERS, KEPT_FACTS = 256, 8, 8


class _Entry:
    """What is remembered of a view for the order and names of runs: as little as that takes."""

    __slots__ = ("name", "stamp", "started")

    def __init__(self, stamp: str, name: str, started: str) -> None:
        self.stamp, self.name, self.started = stamp, name, started


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
        self._runs: dict[str, tuple[Found, ...]] = {}
        self._heads: Lru[View | ViewError] = Lru(KEPT_HEADS)
        self._readers: Lru[ViewReader] = Lru(KEPT_READERS)
        self._facts: Lru[Facts] = Lru(KEPT_FACTS)

    def runs(self, page: int, size: int) -> RunPage:
        """A page (from 1) of runs, newest first. ``ViewError`` when the root cannot be listed."""
        runs = self._current()
        wanted = list(runs)[(page - 1) * size : page * size]
        return RunPage(tuple(self._summary(slug, runs[slug]) for slug in wanted), len(runs))

    def run(self, slug: str) -> Run | None:
        """A run by its slug; None if there is none."""
        views = self._current().get(slug)
        if views is None:
            return None
        summary, seen = self._summary(slug, views), self._seen(views)
        return Run(summary, seen, self._reader, self._facts_of)

    def newest(self) -> Run | None:
        """The newest run; None as long as there is none."""
        slug = next(iter(self._current()), None)
        return None if slug is None else self.run(slug)

    def _current(self) -> dict[str, tuple[Found, ...]]:
        """Slug -> views, newest first."""
        with self._lock:
            now = self._clock()
            if self._listed is None or now - self._listed >= STALE_SECONDS:
                self._list()
                self._listed = now
            return self._runs

    def _list(self) -> None:
        found = views_below(self.root)[-MAX_VIEWS:]
        self._entries = {one.path: self._entry(one) for one in found}
        by_run: dict[str, list[Found]] = {}
        for one in found:
            by_run.setdefault(one.run, []).append(one)
        runs = sorted(by_run.values(), key=self._age)  # the oldest first: a new run leaves the slugs of others alone
        slugs = unique_slugs((self._entries[views[-1].path].name for views in runs), "run")
        self._runs = {slug: tuple(views) for slug, views in reversed(list(zip(slugs, runs, strict=True)))}

    def _entry(self, one: Found) -> _Entry:
        known = self._entries.get(one.path)
        if known is not None and known.stamp == one.stamp:
            return known
        head = self._head(one)
        told = (head.run, head.started) if isinstance(head, View) else ("", "")
        return _Entry(one.stamp, told[0] or one.run or "view", moment(told[1]) or one.written)

    def _age(self, views: Sequence[Found]) -> tuple[str, str]:
        """When the newest of these views was made; the path where that is the same."""
        return max((self._entries[one.path].started, one.path) for one in views)

    def _summary(self, slug: str, views: Sequence[Found]) -> RunSummary:
        problems = [head for one in views if isinstance(head := self._head(one), ViewError)]
        return summary_of(slug, self._entries[views[-1].path].name, self._seen(views), problems)

    def _seen(self, views: Sequence[Found]) -> tuple[Seen, ...]:
        """The views whose heads can be read, the newest last."""
        heads = [(one, self._head(one)) for one in views]
        seen = [Seen(one.path, one.stamp, head) for one, head in heads if isinstance(head, View)]
        return tuple(sorted(seen, key=lambda one: (self._entries[one.path].started, one.path)))

    def _head(self, one: Found) -> View | ViewError:
        return self._heads.get((one.path, one.stamp), lambda: self._read_head(one))

    def _read_head(self, one: Found) -> View | ViewError:
        try:
            return load(Files(self.root).below(one.path).read(HEAD), View, HEAD)
        except ViewError as error:
            return ViewError(f"{one.path}/{error.file}".lstrip("/"), error.column, error.reason)

    def _reader(self, view: Seen) -> ViewReader:
        files = Files(self.root).below(view.path)
        return self._readers.get((view.path, view.stamp), lambda: ViewReader(files, view.head))

    def _facts_of(self, view: Seen) -> Facts:
        return self._facts.get((view.path, view.stamp), lambda: self._reader(view).facts())
