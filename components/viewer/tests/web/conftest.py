"""Sites over small runs with known answers."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from machiya_viewer.view.catalog import Catalog
from machiya_viewer.view.model import Version
from machiya_viewer.web.app import make_app
from machiya_viewer.web.proxies import networks
from machiya_viewer.web.site import Site

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
"""Two days after the last interaction of ``make_view``."""
OLD, NEW, THIRD = (
    Version("old 1.0", "recommender", "1.0.0", "predict", "r:1.0.0", "sha256:aa", "recommender: 1.0.0@sha256:aa"),
    Version("new 1.1", "recommender", "1.1.0", "predict", "r:1.1.0", "sha256:bb", "recommender: 1.1.0@sha256:bb"),
    Version("third"),
)

MakeView = Callable[..., Any]


def client_of(
    root: Path, *, base: str = "", trusted: Sequence[str] = (), stale_hours: float = 0, hosts: Sequence[str] = ()
) -> TestClient:
    """A browser in front of the runs below a folder, two days after their last interaction."""
    site = Site(Catalog(str(root)), "Jobs", "viewer 1.0.0", stale_hours, frozenset(hosts), lambda: NOW)
    app = make_app(site, networks(trusted), base)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, client=("10.1.2.3", 5000))


@pytest.fixture(name="client_of")
def client_of_fixture() -> Callable[..., TestClient]:
    return client_of


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An empty folder for runs."""
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def monday(runs: Path, make_view: MakeView) -> Path:
    """A run with a comparison of old and new, and a view of a third version alone: ``monday``.

    u1 is in both versions, u2 in the old one only, u3 has only a history, u4 only lists. Item x is not in the item
    table, n has no title, and c is Japanese.
    """
    told = {"run": "monday", "workflow": "recommend", "stage": "production", "started": "2026-11-02T03:00:00Z"}
    titles = {"a": "Nurse", "b": "<b>Chef", "c": "データ分析", "n": None, "h": "Barista"}
    history = {"u1": "hb", "u3": "h"}
    make_view(
        {"u1": "abcn", "u2": "a", "u4": "ab"},
        {"u1": "caxb", "u4": "ba"},
        history=history,
        titles=titles,
        scores=scores(0.30),
        candidate_scores=scores(0.40),
        verdict=verdict("pass", "fail"),
        versions=(OLD, NEW),
        folder=runs / "monday" / "compared",
        **told,
    )
    make_view({"u1": "ba"}, history=history, titles=titles, versions=(THIRD,), folder=runs / "monday" / "third", **told)
    return runs


@pytest.fixture
def client(monday: Path) -> TestClient:
    """A browser in front of ``monday``."""
    return client_of(monday)


def scores(value: float) -> pa.Table:
    """nDCG@3 of everybody, with an interval of 0.02."""
    return pa.table(
        {
            "metric": ["ndcg"],
            "k": [3],
            "segment": ["all"],
            "value": [value],
            "low": [value - 0.01],
            "high": [value + 0.01],
        }
    )


def verdict(*outcomes: str) -> pa.Table:
    """Rules with these outcomes."""
    names = ("min_overlap", "max_changed_share", "min_rbo")[: len(outcomes)]
    return pa.table(
        {"rule": names, "threshold": [0.5] * len(names), "observed": [0.6] * len(names), "outcome": list(outcomes)}
    )


class Given:
    """Handed to tests, since test modules cannot import each other."""

    now = NOW
    verdict, scores = staticmethod(verdict), staticmethod(scores)


@pytest.fixture
def given() -> type[Given]:
    return Given
