"""All runs below a root, newest first. What is listed comes from the small ``view.json`` files alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from machiya_viewer.view.model import Facts, Version, View, ViewError
from machiya_viewer.view.reader import ViewReader


@dataclass(frozen=True)
class RunSummary:
    """A run in the list. ``versions``: slug -> version; ``outcome`` is the worst of its views: fail, unknown, pass, "".

    ``comparison`` is the pair of slugs its newest comparison is about, None without one. ``problems``: views of the run
    that cannot be read.
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
    one version the first that has it (``base.index`` says where). It is None where no step compared the pair ("not yet
    computed"); the lists can still be read: ``base.reader``, ``candidate.reader``. ``reversed`` tells that a view
    compares the pair the other way round.
    """

    base: VersionOf
    candidate: VersionOf | None
    reader: ViewReader | None
    reversed: bool = False


class Run:
    """One run: its views, and the versions that any of them has."""

    def __init__(self, summary: RunSummary) -> None:
        self.summary = summary

    @property
    def views(self) -> tuple[View, ...]:
        """The heads of its views."""
        raise NotImplementedError

    @property
    def versions(self) -> Mapping[str, Version]:
        """Slug -> version, over all views."""
        raise NotImplementedError

    def pair(self, base_slug: str, candidate_slug: str) -> Pair | None:
        """A comparison; None when the run lacks one of the versions."""
        raise NotImplementedError

    def single(self, slug: str) -> Pair | None:
        """One version alone; None when the run lacks it."""
        raise NotImplementedError

    def facts(self, reader: ViewReader) -> Facts:
        """The facts of a view, kept by the catalog (the last few that were asked for)."""
        raise NotImplementedError


class Catalog:
    """The runs below a root: a path or any fsspec URL. Thread-safe; memory does not grow with the number of runs."""

    def __init__(self, root: str) -> None:
        self.root = root

    def runs(self, page: int, size: int) -> RunPage:
        """A page (from 1) of runs, newest first. ``ViewError`` when the root cannot be listed."""
        raise NotImplementedError

    def run(self, slug: str) -> Run | None:
        """A run by its slug; None if there is none."""
        raise NotImplementedError
