"""Pages about runs: the list of them, what one opens with, a stable link for others, search, and help."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from machiya_viewer.view.catalog import Run
from machiya_viewer.views.runs import opening, run_row
from machiya_viewer.web.asked import Asked
from machiya_viewer.web.limits import MAX_NAME_LENGTH, MAX_PAGE, identifier, whole_number, words
from machiya_viewer.web.lookup import find_run, newest, open_pair, open_run, pair_for

PAGE_SIZE = 20
FOUND = 20


def home(request: Request) -> HTMLResponse:
    """``/``: runs, versions, freshness, status, and a search."""
    asked = Asked(request)
    site, number = asked.site, whole_number(asked.query, "page", 1, MAX_PAGE)
    found = site.catalog.runs(number, PAGE_SIZE)
    rows = [run_row(run, site.age(run.last_time), site.is_stale(run.last_time)) for run in found.runs]
    pages = max(1, -(-found.total // PAGE_SIZE))
    return asked.page("pages/home.html", runs=rows, total=found.total, number=number, pages=pages)


def run(request: Request) -> Response:
    """``/r/{run}``: to its newest comparison, or its one version."""
    asked = Asked(request)
    found = open_run(asked, asked.parameters["run"])
    return asked.redirect(asked.links.of_run(found.summary.slug, opening(found.summary)))


def search(request: Request) -> HTMLResponse:
    """``/search?q=&run=&in=``: users whose id starts so, items that match; in the newest run if none is named."""
    asked = Asked(request)
    text = words(asked.query, "q")
    found = _searched(asked)
    if found is None:
        return asked.page("pages/search.html", text=text, users=[], items=[])
    here = open_pair(asked, found, words(asked.query, "in", MAX_NAME_LENGTH) or opening(found.summary))
    users = here.head.users_starting(text, FOUND) if text else []
    items = here.head.items_matching(text, FOUND) if text else []
    return asked.page("pages/search.html", here=here.at("search"), text=text, users=users, items=items)


def _searched(asked: Asked) -> Run | None:
    """The run that is named, else the newest that can be read; None when there is none at all."""
    name = words(asked.query, "run", MAX_NAME_LENGTH)
    if name:
        return open_run(asked, name)
    first = next((one for one in newest(asked) if opening(one)), None)
    return None if first is None else open_run(asked, first.slug)


def go(request: Request) -> Response:
    """``/go?run=&base=&cand=&user=&item=``: the best page there is for values that others put in, or what is missing.

    The Argo UI fills links in without escaping, and leaves a value empty that it does not know.
    """
    asked = Asked(request)
    run, base, candidate = (words(asked.query, name, MAX_NAME_LENGTH).strip() for name in ("run", "base", "cand"))
    user, item = (identifier(asked.query.get(name, "")) for name in ("user", "item"))
    found = find_run(asked, run)
    links = asked.links.within(found.summary.slug, pair_for(asked, found, base, candidate))
    page = links.user(user) if user else links.item(item) if item else None
    return asked.redirect(page or links.overview())


def help_page(request: Request) -> HTMLResponse:
    """``/help``: how to read the pages, and the keys."""
    return Asked(request).page("pages/help.html")
