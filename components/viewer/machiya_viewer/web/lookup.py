"""Looks up what an address names: by slug in paths, and more generously where others put the names in."""

from machiya_viewer.i18n import Message, message
from machiya_viewer.view.catalog import Run, RunSummary
from machiya_viewer.view.folding import fold
from machiya_viewer.views.runs import opening, pair_slug
from machiya_viewer.web.asked import Asked
from machiya_viewer.web.opened import SEPARATOR, Here, find_pair
from machiya_viewer.web.states import StateError, not_computed, unknown_run, unknown_version, unreadable_run

NEWEST = 20


def open_run(asked: Asked, slug: str) -> Run:
    """The run with this slug; a ``StateError`` when there is none, or nothing of it can be read."""
    run = asked.site.catalog.run(slug)
    if run is None:
        raise unknown_run(slug, newest(asked), asked.links)
    if not opening(run.summary):
        raise unreadable_run(run.summary)
    return run


def open_pair(asked: Asked, run: Run, text: str) -> Here:
    """``{base}..{candidate}`` or ``{version}`` of a run; a ``StateError`` when it lacks a version."""
    slug, pair = run.summary.slug, find_pair(run, text)
    if pair is None:
        named = text.split(SEPARATOR, 1)
        missing = next((name for name in named if run.single(name) is None), text)
        raise unknown_version(run, missing, asked.links)
    return Here(run, pair, asked.links.within(slug, text), notices=_notices(asked, run.summary))


def open_here(asked: Asked) -> Here:
    """What ``/r/{run}/{pair}/...`` is about."""
    return open_pair(asked, open_run(asked, asked.parameters["run"]), asked.parameters["pair"])


def open_computed(asked: Asked, section: str) -> Here:
    """The same for pages that show what a step computed; a ``StateError`` when no step compared the pair."""
    here = open_here(asked).at(section)
    if here.pair.reader is None:
        raise not_computed(here)
    return here


def newest(asked: Asked) -> list[RunSummary]:
    """The newest runs, to be suggested."""
    return list(asked.site.catalog.runs(1, NEWEST).runs)


def find_run(asked: Asked, name: str) -> Run:
    """A run by its slug or its name; the newest that can be read where none is named."""
    if name:
        found = asked.site.catalog.named(name) or asked.site.catalog.run(name)
        if found is None:
            raise unknown_run(name, newest(asked), asked.links)
        return open_run(asked, found.summary.slug)
    first = next((run for run in newest(asked) if opening(run)), None)
    if first is None:
        raise StateError(404, message("Nothing to show yet"), [message("There is no run yet.")])
    return open_run(asked, first.slug)


def pair_for(asked: Asked, run: Run, base: str, candidate: str) -> str:
    """The best page for the versions that are named: their comparison, one that has the named one, or it alone."""
    slugs = [_version(asked, run, name) if name else "" for name in (base, candidate)]
    named = list(dict.fromkeys(slug for slug in slugs if slug))
    if not named:
        return opening(run.summary)
    if len(named) == 2:
        return pair_slug(*slugs)
    if all(slugs):
        return named[0]
    comparisons = (pair_slug(slugs[0] or other, slugs[1] or other) for other in run.versions if other not in named)
    return next((text for text in comparisons if _is_computed(run, text)), named[0])


def _is_computed(run: Run, text: str) -> bool:
    pair = find_pair(run, text)
    return pair is not None and pair.reader is not None


def _version(asked: Asked, run: Run, name: str) -> str:
    """The slug of a version by its slug, its name, its number, or a pin; a ``StateError`` when the run lacks it."""
    if name in run.versions:
        return name
    number = name.partition("@")[0]
    for slug, version in run.versions.items():
        if name in (version.name, version.pin, f"{version.component} {version.version}"):
            return slug
        if number and number == version.version:
            return slug
    alike = next((slug for slug, version in run.versions.items() if fold(version.name) == fold(name)), None)
    if alike is not None:
        return alike
    raise unknown_version(run, name, asked.links)


def _notices(asked: Asked, run: RunSummary) -> tuple[Message, ...]:
    """What holds for every page of a run: old data, views that cannot be read."""
    said = []
    if run.last_time is not None and asked.site.is_stale(run.last_time):
        last = run.last_time.strftime("%Y-%m-%d %H:%M UTC")
        said.append(message("Stale data: the last interaction is of %(time)s.", time=last))
    parts = (message("A part of this run cannot be read: %(problem)s.", problem=str(one)) for one in run.problems)
    return (*said, *parts)
