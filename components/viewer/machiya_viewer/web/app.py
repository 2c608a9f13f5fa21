"""The ASGI application: routes, and what becomes of everything that goes wrong."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from threading import Thread

from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from machiya_viewer.i18n import message
from machiya_viewer.rendering import compile_everything
from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.files import Files
from machiya_viewer.view.memory import keep_for_good
from machiya_viewer.view.model import ViewError
from machiya_viewer.web import comparison, probes, runs
from machiya_viewer.web.asked import Asked
from machiya_viewer.web.headers import App, StrictHeaders
from machiya_viewer.web.limits import BadAddressError
from machiya_viewer.web.measures import Measures
from machiya_viewer.web.proxies import Network, Proxies
from machiya_viewer.web.site import Site
from machiya_viewer.web.states import StateError, unreadable
from machiya_viewer.web.static import static

# Pages that are made at the same time where reading means waiting for a network. Where files are at hand, more threads
# than processors would only hold more row groups in memory.
REMOTE_THREADS = 8
GZIP_LEVEL = 6
PAIR = "/r/{run}/{pair}"


class AnyText(PathConvertor):
    """The rest of a path, whatever is in it: ids may hold line ends."""

    regex = "(?s:.*)"


register_url_convertor("text", AnyText())


def make_app(site: Site, trusted: Sequence[Network] = (), root: str = "") -> App:
    """The application over one site, below a root path; ``trusted`` are the proxies whose headers are believed."""
    measures = Measures()
    app = Starlette(
        routes=[
            Route("/", runs.home),
            Route("/search", runs.search),
            Route("/go", runs.go),
            Route("/help", runs.help_page),
            Route("/healthz", probes.healthz),
            Route("/livez", probes.livez),
            Route("/readyz", probes.readyz),
            Route("/metrics", measures.metrics),
            Route("/static/{name}", static),
            Route("/r/{run}", runs.run),
            Route(PAIR, comparison.overview),
            Route(f"{PAIR}/users", comparison.users),
            Route(f"{PAIR}/user/{{id:text}}", comparison.user),
            Route(f"{PAIR}/item/{{id:text}}", comparison.item),
            Route(f"{PAIR}/quality", comparison.quality),
            Route(f"{PAIR}/gate", comparison.gate),
        ],
        exception_handlers={
            HTTPException: _refused,
            BadAddressError: _bad_address,
            StateError: _state,
            ViewError: _unreadable,
            Exception: _failed,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.site = site
    packed = GZipMiddleware(app, minimum_size=500, compresslevel=GZIP_LEVEL)
    return Proxies(StrictHeaders(measures.around(packed)), trusted, root)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    from anyio.to_thread import current_default_thread_limiter
    from machiya_component.machine import available_cpus

    is_local = Files(app.state.site.catalog.root).is_local
    current_default_thread_limiter().total_tokens = max(2, available_cpus()) if is_local else REMOTE_THREADS
    Thread(target=_warm_up, args=(app.state.site.catalog,), name="warm-up", daemon=True).start()
    yield


def _warm_up(catalog: Catalog) -> None:
    """What the first pages would wait for."""
    compile_everything()
    probes.look(catalog)
    keep_for_good()


def _state(request: Request, error: Exception) -> Response:
    assert isinstance(error, StateError)
    return Asked(request).page("pages/state.html", error.status, here=error.here, state=error)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _state(request, StateError(404, message("Not found"), [message("There is no such page.")]))
    said = message("Addresses can only be read here: use GET.") if error.status_code == 405 else error.detail
    response = _state(request, StateError(error.status_code, message("This cannot be done"), [said]))
    response.headers.update(error.headers or {})
    return response


def _bad_address(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadAddressError)
    return _state(request, StateError(400, message("This address cannot be understood"), [error.said]))


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, ViewError)
    return _state(request, unreadable(error))


def _failed(request: Request, _error: Exception) -> Response:
    said = message("Something is wrong with the viewer"), [message("The log has the details.")]
    return _state(request, StateError(500, *said))
