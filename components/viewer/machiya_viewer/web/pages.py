"""Pages of the web application: read the address, ask for the view, fill the template."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from machiya_viewer import pages
from machiya_viewer.links import SiteLinks
from machiya_viewer.rendering import asset, render
from machiya_viewer.web.limits import MAX_K, MAX_PAGE, choice, identifier, whole_number, words
from machiya_viewer.web.site import Site

MOST_CHANGED = 15
HISTORY = 30


def overview(request: Request) -> HTMLResponse:
    """``/``: everything about the results as a whole."""
    site = _site(request)
    page = pages.overview(site.dataset, site.title, site.k, MOST_CHANGED)
    return _page(request, "pages/overview.html", page=page)


def users(request: Request) -> HTMLResponse:
    """``/users``: a sorted, filtered, paged list."""
    site, query = _site(request), request.query_params
    asked = pages.UserQuery(
        text=words(query, "q"),
        sort=choice(query, "sort", pages.sorts(site.dataset)),
        segment=words(query, "segment"),
        page=whole_number(query, "page", 1, MAX_PAGE),
    )
    return _page(request, "pages/users.html", list=pages.user_list(site.dataset, asked))


def user(request: Request) -> HTMLResponse:
    """``/user/{id}``: history beside the lists."""
    site = _site(request)
    user_id = _id(request)
    k = whole_number(request.query_params, "k", site.k, MAX_K)
    view = pages.user_page(site.dataset, user_id, k, HISTORY)
    if view is None:
        raise HTTPException(404, f"No result and no interaction has the user {user_id!r}.")
    return _page(request, "pages/user.html", view=view, k=k)


def item(request: Request) -> HTMLResponse:
    """``/item/{id}``: who gets it, at which ranks."""
    site = _site(request)
    item_id = _id(request)
    view = pages.item_page(site.dataset, item_id)
    if view is None:
        raise HTTPException(404, f"No result, no interaction and no row of the item table has the item {item_id!r}.")
    return _page(request, "pages/item.html", view=view)


def style(_request: Request) -> Response:
    """``/style.css``."""
    return _asset("style.css", "text/css")


def favicon(_request: Request) -> Response:
    """``/favicon.svg``."""
    return _asset("favicon.svg", "image/svg+xml")


def error_page(request: Request, status: int, heading: str, message: str) -> HTMLResponse:
    """A page that says what is wrong and where to go on."""
    return _page(request, "pages/error.html", status, heading=heading, message=message)


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _id(request: Request) -> str:
    """The id in the path, or for ids that a path cannot hold (see ``SiteLinks``) in the query."""
    text: str = request.path_params["id"]
    return identifier(text or request.query_params.get("id", ""))


def _page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    site = _site(request)
    links = SiteLinks(request.scope.get("root_path", ""))
    html = render(template, links=links, site=site, names=pages.names_of(site.dataset), **context)
    return HTMLResponse(html, status)


def _asset(name: str, media_type: str) -> Response:
    return Response(asset(name), media_type=media_type, headers={"cache-control": "public, max-age=300"})
