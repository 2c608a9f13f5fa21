"""Probes. They say what was found a moment ago, never what was once true."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse

from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.model import UserQuery, ViewError
from machiya_viewer.views.runs import opening
from machiya_viewer.web.opened import find_pair
from machiya_viewer.web.site import Site

LOOKED_AT = 3
_NEVER_CACHED = {"cache-control": "no-store"}


@dataclass(frozen=True)
class Health:
    """How many runs there are, the name of the newest that can be read, and what is wrong with newer ones."""

    runs: int
    newest: str
    problems: tuple[str, ...]

    @property
    def well(self) -> bool:
        """There is nothing yet, or there is something that can be shown."""
        return bool(self.newest) or not self.problems


def look(catalog: Catalog) -> Health:
    """List the root, and read a little of every file of the newest run; of the next one where that fails."""
    problems: list[str] = []
    try:
        found = catalog.runs(1, LOOKED_AT)
    except ViewError as error:
        return Health(0, "", (str(error),))
    for summary in found.runs:
        problems += map(str, summary.problems)
        if problem := _problem(catalog, summary.slug, opening(summary)):
            problems.append(problem)
        else:
            return Health(found.total, summary.name, tuple(problems))
    return Health(found.total, "", tuple(problems) or (("no run can be read",) if found.total else ()))


def _problem(catalog: Catalog, slug: str, pair_text: str) -> str:
    run = catalog.run(slug)
    pair = find_pair(run, pair_text) if run is not None and pair_text else None
    if pair is None or pair.reader is None:
        return f"{slug}: no view can be read"
    try:
        reader = pair.reader
        reader.facts()
        for row in reader.users(UserQuery(sort="user_id", size=1)).rows:
            reader.history(row.user_id, 1)
            shown = [one.item_id for index in range(len(row.rows)) for one in reader.recommended(index, row.user_id)]
            reader.items(shown[:1])
    except ViewError as error:
        return f"{slug}: {error}"
    except Exception as error:  # a probe tells what is wrong, whatever it is
        return f"{slug}: cannot be read ({type(error).__name__})"
    return ""


async def livez(_request: Request) -> JSONResponse:
    """200 while the process answers. What it reads does not count: a new one would read no more."""
    return JSONResponse({"status": "alive"}, 200, _NEVER_CACHED)


def healthz(request: Request) -> JSONResponse:
    """200 while there is a run that can be shown, or none yet; else 503 with the file and the reason."""
    site: Site = request.app.state.site
    health = look(site.catalog)
    body = {
        "status": "ok" if health.well else "unavailable",
        "viewer": site.maker,
        "runs": health.runs,
        "newest": health.newest,
        "problems": list(health.problems),
    }
    return JSONResponse(body, 200 if health.well else 503, _NEVER_CACHED)


def readyz(request: Request) -> JSONResponse:
    """200 once pages are answered; else 503 with the reason."""
    site: Site = request.app.state.site
    health = look(site.catalog)
    body = {"status": "ready"} if health.well else {"status": "not ready", "reason": "; ".join(health.problems)}
    return JSONResponse(body, 200 if health.well else 503, _NEVER_CACHED)
