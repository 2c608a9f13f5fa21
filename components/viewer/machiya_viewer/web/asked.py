"""One request: which language, which root path, and how its page is made."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from machiya_viewer.i18n import LANGUAGES, Message
from machiya_viewer.links import SiteLinks
from machiya_viewer.rendering import render
from machiya_viewer.web.languages import accepted, chosen
from machiya_viewer.web.limits import identifier
from machiya_viewer.web.opened import Here
from machiya_viewer.web.site import Site

MAX_REPEATED_QUERY = 2000


class Asked:
    """What somebody asked for, as far as all pages need it. ``query`` is untrusted."""

    def __init__(self, request: Request) -> None:
        self.site: Site = request.app.state.site
        self.query = request.query_params
        self.parameters = request.path_params
        told = chosen(self.query.get("lang", ""))
        self.language = told or accepted(request.headers.get("accept-language", ""))
        self.links = SiteLinks(request.scope.get("root_path", ""), told, hosts=self.site.hosts)
        self.user: str = getattr(request.state, "user", "")

    @property
    def id(self) -> str:
        """The id in the path, or for ids that a path cannot hold (see ``SiteLinks``) in the query."""
        text: str = self.parameters["id"]
        return identifier(text or self.query.get("id", ""))

    def page(
        self, template: str, status: int = 200, here: Here | None = None, notices: tuple[Message, ...] = (), **more: Any
    ) -> HTMLResponse:
        """A page; ``here`` is the comparison it is about, ``notices`` stand above its content."""
        html = render(
            template,
            self.language,
            site=self.site,
            links=here.links if here is not None else self.links,
            here=here,
            notices=notices if here is None else (*here.notices, *notices),
            languages=self._languages(),
            asked_for=self.query.get("q", "") if template == "pages/search.html" else "",
            identity=self.user,
            **more,
        )
        return HTMLResponse(html, status, {"vary": "accept-language", "content-language": self.language})

    def redirect(self, address: str) -> RedirectResponse:
        """To another address of this application."""
        return RedirectResponse(address, 302, {"vary": "accept-language"})

    def _languages(self) -> list[tuple[str, str, str]]:
        """(code, name, address of this page in it) of the other languages."""
        kept = [(name, value) for name, value in self.query.multi_items() if name != "lang"]
        if len(str(self.query)) > MAX_REPEATED_QUERY:
            kept = []
        return [
            (code, name, "?" + urlencode([*kept, ("lang", code)]))
            for code, name in LANGUAGES.items()
            if code != self.language
        ]
