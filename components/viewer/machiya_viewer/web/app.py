"""The ASGI application: routes, and what becomes of everything that goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from machiya_viewer.data import UnreadableError
from machiya_viewer.web import pages, probes
from machiya_viewer.web.headers import StrictHeaders
from machiya_viewer.web.limits import BadAddressError
from machiya_viewer.web.site import Site


def make_app(site: Site) -> StrictHeaders:
    """The application over one site. Its aggregates are computed in the background once it starts."""
    app = Starlette(
        routes=[
            Route("/", pages.overview),
            Route("/users", pages.users),
            Route("/user/{id:path}", pages.user),
            Route("/item/{id:path}", pages.item),
            Route("/style.css", pages.style),
            Route("/favicon.svg", pages.favicon),
            Route("/healthz", probes.healthz),
            Route("/readyz", probes.readyz),
        ],
        exception_handlers={
            HTTPException: _refused,
            BadAddressError: _bad_address,
            UnreadableError: _unreadable,
            Exception: _failed,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.site = site
    return StrictHeaders(app)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    Thread(target=app.state.site.warm, name="warm", daemon=True).start()
    yield


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        message = error.detail if error.detail != "Not Found" else "There is no such page."
        return pages.error_page(request, 404, "Not found", message)
    response = pages.error_page(request, error.status_code, "This cannot be done", error.detail)
    response.headers.update(error.headers or {})
    return response


def _bad_address(request: Request, error: Exception) -> Response:
    return pages.error_page(request, 400, "This address cannot be understood", str(error))


def _unreadable(request: Request, error: Exception) -> Response:
    return pages.error_page(request, 503, "The data cannot be read", f"{error}.")


def _failed(request: Request, _error: Exception) -> Response:
    return pages.error_page(request, 500, "Something is wrong with the viewer", "The log has the details.")
