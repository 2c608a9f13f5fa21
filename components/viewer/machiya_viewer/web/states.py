"""States that have a page of their own: what is missing, why, and where to go on."""

from collections.abc import Iterable

from machiya_viewer.i18n import Message, Words, message
from machiya_viewer.links import SiteLinks
from machiya_viewer.view.catalog import Run, RunSummary
from machiya_viewer.view.model import ViewError
from machiya_viewer.views.runs import pair_slug
from machiya_viewer.web.opened import Here

MAX_SUGGESTIONS = 10
Suggestion = tuple[Words, str]


class StateError(Exception):
    """Ends a request with the page of a state: a status, a heading, sentences, and links to go on with."""

    def __init__(
        self,
        status: int,
        heading: Message,
        said: Iterable[Words],
        suggestions: Iterable[Suggestion] = (),
        here: Here | None = None,
    ) -> None:
        self.status = status
        self.heading = heading
        self.said = tuple(said)
        self.suggestions = tuple(suggestions)
        self.here = here
        super().__init__(str(heading))


def unknown_run(name: str, newest: Iterable[RunSummary], links: SiteLinks) -> StateError:
    """404: nothing here has this name."""
    said = message("There is no run %(run)s here. It may be misspelt, deleted, or not finished yet.", run=name)
    return StateError(
        404, message("Unknown run"), [said], [(run.name, links.of_run(run.slug)) for run in newest][:MAX_SUGGESTIONS]
    )


def unknown_version(run: Run, name: str, links: SiteLinks) -> StateError:
    """404: the run lacks a version."""
    said = message("The run %(run)s has no version %(version)s.", run=run.summary.name, version=name)
    return StateError(404, message("Unknown version"), [said], _ways_of(run, links))


def unreadable_run(run: RunSummary) -> StateError:
    """503: no view of the run can be read."""
    said: list[Words] = [message("The run %(run)s is there, and nothing of it can be read.", run=run.name)]
    return StateError(503, message("This run cannot be read"), [*said, *map(problem_words, run.problems)])


def not_computed(here: Here) -> StateError:
    """409: both versions are there, and no step compared them."""
    names = here.names
    said: list[Words] = [
        message(
            "Aggregates of %(base)s and %(candidate)s are not yet computed: no step of this run compared them.",
            base=names[0],
            candidate=names[1],
        ),
        message("A report step that gets both computes them. The lists of any user can be looked at already."),
    ]
    suggestions = _ways_of(here.run, here.links)
    if here.pair.reversed and here.pair.candidate is not None:
        other = pair_slug(here.pair.candidate.slug, here.pair.base.slug)
        suggestions.insert(0, (f"{names[1]} → {names[0]}", here.links.of_run(here.links.run, other)))
    return StateError(409, message("Not yet computed"), said, suggestions, here)


def unknown_user(here: Here, user_id: str) -> StateError:
    """404: no list and no history."""
    said: Message
    if here.pair.candidate is None:
        said = message("The version has no user %(user)s, and neither have the interactions.", user=user_id)
    else:
        said = message("Neither version has a user %(user)s, and neither have the interactions.", user=user_id)
    near = here.head.users_starting(user_id[: max(1, len(user_id) - 1)], MAX_SUGGESTIONS) if user_id else []
    suggestions = [(one, page) for one in near if (page := here.links.user(one)) is not None]
    return StateError(404, message("Unknown user"), [said], suggestions, here)


def unknown_item(here: Here, item_id: str) -> StateError:
    """404: no row of the item table, no list and no interaction."""
    said = message("No list, no interaction and no row of the item table has the item %(item)s.", item=item_id)
    return StateError(404, message("Unknown item"), [said], here=here)


def unreadable(error: ViewError) -> StateError:
    """503: a file of a view is not as this viewer expects it; names the file and the column."""
    heading = message("The data does not fit") if error.column else message("The data cannot be read")
    how = message("Make the view again with a report step of this viewer's version, or serve a run that is complete.")
    return StateError(503, heading, [problem_words(error), how])


def problem_words(error: ViewError) -> Message:
    """What is wrong with which file, and which column of it."""
    if error.column:
        return message(
            "File %(file)s, column %(column)s: %(reason)s.", file=error.file, column=error.column, reason=error.reason
        )
    return message("File %(file)s: %(reason)s.", file=error.file, reason=error.reason)


def _ways_of(run: Run, links: SiteLinks) -> list[Suggestion]:
    """What a run has to show: its newest comparison, and each version alone."""
    slug = run.summary.slug
    found: list[Suggestion] = []
    if run.summary.comparison is not None:
        names = [run.versions[one].name for one in run.summary.comparison]
        found.append((" → ".join(names), links.of_run(slug, pair_slug(*run.summary.comparison))))
    found += [(version.name, links.of_run(slug, one)) for one, version in run.versions.items()]
    return found[:MAX_SUGGESTIONS]
