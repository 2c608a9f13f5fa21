"""The report: one HTML page of a view that stands alone, within a bound on its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

from machiya_viewer import pages
from machiya_viewer.links import ReportLinks, anchor
from machiya_viewer.records import UserRow
from machiya_viewer.rendering import render, style
from machiya_viewer.view.model import Facts, Source, UserQuery
from machiya_viewer.view.reader import ViewReader
from machiya_viewer.views.users import UserView, choose_examples

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class ReportOptions:
    """What the report shows. ``example_users`` come first among the examples."""

    title: str
    k: int
    users: int
    examples: int
    history: int
    example_users: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report(pages.Overview):
    """The overview, examples (as HTML), and where everything comes from."""

    examples: tuple[Markup, ...]
    unknown_examples: tuple[str, ...]
    examples_left_out: int
    sources: tuple[Source, ...]
    maker: str


def write_report(reader: ViewReader, options: ReportOptions) -> str:
    """The page as HTML, at most ``MAX_BYTES`` as UTF-8: examples are left out (and the page says so) until it fits.

    Raises ``OverflowError`` if the page is too large even without examples.
    """
    facts = reader.facts()
    chosen = pages.choose(pages.whole(reader), facts)
    overview = pages.overview(chosen, options.title, options.k, options.users)
    views = pages.examples(reader, _wanted_examples(reader, facts, options), options.k, options.history)
    users = [view.user.user_id for view in views]
    rendered = _examples(views, overview)

    def page(kept: int) -> str:
        report = Report(
            **vars(overview),
            examples=tuple(rendered[:kept]),
            unknown_examples=tuple(user for user in options.example_users if user not in users),
            examples_left_out=len(rendered) - kept,
            sources=facts.inputs,
            maker=reader.head.made_by,
        )
        return render("report.html", page=report, links=ReportLinks(users[:kept]), style=style())

    sizes = list(accumulate((len(example.encode()) for example in rendered), initial=len(page(0).encode())))
    for kept in range(len(rendered), -1, -1):
        if sizes[kept] <= MAX_BYTES and len((html := page(kept)).encode()) <= MAX_BYTES:
            return html
    raise OverflowError(f"the report has {sizes[0]:,} bytes without any example; the limit is {MAX_BYTES:,}")


def _examples(views: Sequence[UserView], overview: pages.Overview) -> list[Markup]:
    """Every example once: how much room it takes decides how many are shown."""
    rich, links = overview.changes.given, ReportLinks([])
    return [
        Markup(
            render("parts/example.html", view=view, names=overview.names, rich=rich, links=links, anchor=anchor(index))
        )
        for index, view in enumerate(views)
    ]


def _wanted_examples(reader: ViewReader, facts: Facts, options: ReportOptions) -> list[str]:
    """The users asked for; then the most changed ones, or with one version users by chance, that does not change."""
    wanted = max(0, options.examples - len(options.example_users))
    if not wanted:
        return list(options.example_users)
    order = facts.sorts[0] if facts.compared else "random"
    first = [user for user in reader.users(UserQuery(order, size=wanted)).rows if any(user.rows)]
    if facts.compared:
        first = [user for user in first if all(user.rows)]
    chosen = choose_examples(_ids(first), _ids(reader.with_fallback(1)), wanted)
    return list(dict.fromkeys([*options.example_users, *chosen]))


def _ids(users: Sequence[UserRow]) -> list[str]:
    return [user.user_id for user in users]
