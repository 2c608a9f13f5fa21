"""Pages about a comparison, or about one version: read the address, ask for the view, fill the template."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from machiya_viewer import pages
from machiya_viewer.view.model import UserQuery
from machiya_viewer.views.gate import gate as gate_view
from machiya_viewer.views.metrics import metrics
from machiya_viewer.views.notes import notes, quality_view
from machiya_viewer.views.runs import version_choices
from machiya_viewer.views.users import KINDS
from machiya_viewer.web.asked import Asked
from machiya_viewer.web.limits import MAX_HISTORY, MAX_K, MAX_PAGE, choice, choices, whole_number, words
from machiya_viewer.web.lookup import open_computed, open_here
from machiya_viewer.web.opened import Here
from machiya_viewer.web.states import unknown_item, unknown_user

MOST_CHANGED = 15
HISTORY = 30


def overview(request: Request) -> HTMLResponse:
    """``/r/{run}/{pair}``: everything about the versions as a whole."""
    asked = Asked(request)
    here = open_computed(asked, "overview")
    head, summary = here.head.head, here.run.summary
    page = pages.overview(here.chosen(), head.title, head.k, MOST_CHANGED, asked.site.is_stale(summary.last_time))
    return asked.page("pages/overview.html", here=here, page=page, choices=version_choices(here.run.versions))


def users(request: Request) -> HTMLResponse:
    """``.../users``: a sorted, filtered, paged list."""
    asked = Asked(request)
    here = open_computed(asked, "users")
    chosen = here.chosen()
    query = _user_query(asked, chosen.sorts, whole_number(asked.query, "page", 1, MAX_PAGE))
    return asked.page("pages/users.html", here=here, list=pages.user_list(chosen, query), names=chosen.names)


def user(request: Request) -> HTMLResponse:
    """``.../user/{id}``: history beside the lists. Needs no step that compared the versions."""
    asked = Asked(request)
    here = open_here(asked).at("user")
    user_id, k = asked.id, whole_number(asked.query, "k", here.head.head.k, MAX_K)
    show = choices(asked.query, "show", KINDS)
    view = pages.user_page(here.pair, user_id, k, HISTORY, show)
    if view is None:
        raise unknown_user(here, user_id)
    context = _neighbours(asked, here, user_id)
    return asked.page("pages/user.html", here=here, view=view, names=here.names, k=k, show_only=show, **context)


def item(request: Request) -> HTMLResponse:
    """``.../item/{id}``: who gets it, at which ranks, and what is like it."""
    asked = Asked(request)
    here = open_computed(asked, "item")
    item_id = asked.id
    view = pages.item_page(here.chosen(), item_id)
    if view is None:
        raise unknown_item(here, item_id)
    return asked.page("pages/item.html", here=here, view=view, names=here.names)


def quality(request: Request) -> HTMLResponse:
    """``.../quality``: every check of the data, whether or not it found anything."""
    asked = Asked(request)
    here = open_computed(asked, "quality")
    chosen = here.chosen()
    return asked.page(
        "pages/quality.html",
        here=here,
        quality=quality_view(chosen.facts.quality),
        notes=notes(chosen.facts.summary, chosen.names),
        names=chosen.names,
    )


def gate(request: Request) -> HTMLResponse:
    """``.../gate``: go or no-go."""
    asked = Asked(request)
    here = open_computed(asked, "gate")
    facts, head = here.chosen().facts, here.head.head
    scores = metrics(facts.scores, here.names, head.k, facts.metric_changes)
    stale = asked.site.is_stale(here.run.summary.last_time)
    judged = gate_view(facts.rules, scores, facts.metric_changes, quality_view(facts.quality), stale)
    sides = [side for side in (here.pair.base, here.pair.candidate) if side is not None]
    return asked.page("pages/gate.html", here=here, gate=judged, sides=sides, inputs=facts.inputs, names=here.names)


def _user_query(asked: Asked, sorts: tuple[str, ...], page: int = 1) -> UserQuery:
    return UserQuery(
        sort=choice(asked.query, "sort", sorts),
        segment=words(asked.query, "segment"),
        min_hist=whole_number(asked.query, "min_hist", 0, MAX_HISTORY, minimum=0),
        text=words(asked.query, "q"),
        page=page,
        size=pages.PAGE_SIZE,
    )


def _neighbours(asked: Asked, here: Here, user_id: str) -> dict[str, Any]:
    """Addresses of the users before and after in the order of the list that somebody comes from."""
    if here.pair.reader is None:
        return {"previous": None, "following": None, "question": {}}
    chosen = here.chosen()
    query = _user_query(asked, chosen.sorts)
    question = pages.question(query, chosen.sorts)
    found = here.pair.reader.neighbours(query, user_id)
    kept = {**question, "k": asked.query.get("k"), "show": ",".join(asked.query.getlist("show"))}
    previous, following = (None if one is None else here.links.user(one, kept) for one in found)
    return {"previous": previous, "following": following, "question": question}
