"""Measures for Prometheus: how many answers, how fast. By page, never by address, since addresses hold ids."""

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from machiya_viewer.view.model import ViewError
from machiya_viewer.web.headers import App, Message, Receive, Scope, Send
from machiya_viewer.web.site import Site

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures:
    """The measures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        kinds = ("page", "method", "status")
        self.answers = Counter("viewer_answers", "Answers by page and status", kinds, registry=self.registry)
        self.seconds = Histogram(
            "viewer_answer_seconds", "Time until an answer is sent", ("page",), registry=self.registry, buckets=BUCKETS
        )
        self.running = Gauge("viewer_requests_running", "Requests that are being answered", registry=self.registry)
        self.runs = Gauge("viewer_runs", "Runs that are listed", registry=self.registry)
        self.newest = Gauge(
            "viewer_newest_interaction_timestamp_seconds", "Last interaction of the newest run", registry=self.registry
        )

    def around(self, app: App) -> App:
        """An ASGI application around another that counts its answers."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            status = ["500"]

            async def send_counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status[0] = str(message["status"])
                await send(message)

            started = perf_counter()
            with self.running.track_inprogress():
                try:
                    await app(scope, receive, send_counted)
                finally:
                    self._count(scope, status[0], perf_counter() - started)

        return measured

    def _count(self, scope: Scope, status: str, seconds: float) -> None:
        page = getattr(scope.get("endpoint"), "__name__", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.answers.labels(page, method, status).inc()
        self.seconds.labels(page).observe(seconds)

    def metrics(self, request: Request) -> Response:
        """``/metrics``."""
        site: Site = request.app.state.site
        try:
            found = site.catalog.runs(1, 1)
        except ViewError:
            self.runs.set(0)
        else:
            self.runs.set(found.total)
            for run in found.runs:
                self.newest.set(run.last_time.timestamp() if run.last_time else float("nan"))
        return Response(
            generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"}
        )
