"""Probes. They say what was found a moment ago, never what was once true."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from machiya_viewer.web.site import Site

_NEVER_CACHED = {"cache-control": "no-store"}


def healthz(request: Request) -> JSONResponse:
    """200 with what is loaded while every table can be read; else 503 with the table, the file and the reason."""
    site: Site = request.app.state.site
    states = site.health.check()
    tables = {
        state.port: {"files": state.files, "rows": state.rows, **({"problem": state.problem} if state.problem else {})}
        for state in states
    }
    well = not any(state.problem for state in states)
    body = {"status": "ok" if well else "unavailable", "viewer": site.maker, "tables": tables}
    return JSONResponse(body, 200 if well else 503, _NEVER_CACHED)


def readyz(request: Request) -> JSONResponse:
    """200 once pages are answered at once; else 503 with the reason."""
    site: Site = request.app.state.site
    reason = site.not_ready()
    body = {"status": "not ready", "reason": reason} if reason else {"status": "ready"}
    return JSONResponse(body, 503 if reason else 200, _NEVER_CACHED)
